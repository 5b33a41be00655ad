import type { Dso } from '../api/effective.ts';
import type { HubDso } from './hub.ts';

/** More different lists than this and sharing begins anew: what is gone for ever would add up. */
const MAX_LISTS = 10_000;

/** Lists of members: most DSOs of a fleet have one of a few, and it is kept once. */
export class MemberLists {
  readonly #lists = new Map<string, NonNullable<Dso['members']>>();

  /** The same DSO with the list that others of a kind have. */
  share(source: HubDso): HubDso {
    const { effective } = source;
    if (effective.kind !== 'dso' || !effective.dso.members) return source;
    const alike = JSON.stringify(effective.dso.members);
    const members = this.#lists.get(alike) ?? effective.dso.members;
    if (this.#lists.size >= MAX_LISTS) this.#lists.clear();
    this.#lists.set(alike, members);
    return { ...source, effective: { ...effective, dso: { ...effective.dso, members } } };
  }
}
