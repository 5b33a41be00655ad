import { namesIn } from '../manifests/layout.ts';
import type { Listing } from './landed.ts';

/** More indexes than this and all are read again in the next tick: what is gone for ever would add up. */
const MAX_KNOWN = 20_000;

/** Names in the indexes of overlays, by blob id: the members of a fleet have few different ones. */
export class KnownIndexes {
  readonly #names = new Map<string, { readonly names: ReadonlySet<string>; readonly isOurs: boolean } | null>();

  /** Forgets all of them where there are too many; not while others read. */
  trim(): void {
    if (this.#names.size > MAX_KNOWN) this.#names.clear();
  }

  /** Those of the ids that were not read yet. */
  unknown(ids: Iterable<string>): readonly string[] {
    return [...new Set(ids)].filter((id) => !this.#names.has(id));
  }

  /** Takes the texts of those that were not known. */
  take(ids: readonly string[], texts: ReadonlyMap<string, string>): void {
    for (const id of ids) {
      const text = texts.get(id);
      const found = text === undefined ? null : namesIn(text);
      if (text !== undefined) this.#names.set(id, found && { ...found, names: new Set(found.names) });
    }
  }

  /** What an index says of a name. @param id null: it is not there */
  listing(id: string | null, name: string): Listing {
    if (id === null) return 'absent';
    const found = this.#names.get(id);
    if (!found) return 'foreign';
    if (!found.names.has(name)) return 'leftOut';
    return found.isOurs ? 'listed' : 'foreign';
  }
}
