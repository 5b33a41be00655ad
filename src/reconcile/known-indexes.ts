import { parseIndex } from '../manifests/layout.ts';
import type { Listing } from './landed.ts';

/** More indexes than this and all are read again in the next tick: what is gone for ever would add up. */
const MAX_KNOWN = 20_000;

/** Names in the indexes of overlays, by blob id: the members of a fleet have few different ones. */
export class KnownIndexes {
  readonly #names = new Map<string, ReadonlySet<string> | null>();

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
      const names = text === undefined ? null : parseIndex(text);
      if (text !== undefined) this.#names.set(id, names && new Set(names));
    }
  }

  /** What an index says of a name. @param id null: it is not there */
  listing(id: string | null, name: string): Listing {
    if (id === null) return 'absent';
    const names = this.#names.get(id);
    if (!names) return 'foreign';
    return names.has(name) ? 'listed' : 'leftOut';
  }
}
