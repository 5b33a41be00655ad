import { parseIndex } from '../manifests/layout.ts';

/** More indexes than this and all are read again: what is gone for ever would add up. */
const MAX_KNOWN = 20_000;

/** Names in the indexes of overlays, by blob id: the members of a fleet have few different ones. */
export class KnownIndexes {
  readonly #names = new Map<string, ReadonlySet<string> | null>();

  /** Those of the ids that were not read yet. */
  unknown(ids: Iterable<string>): readonly string[] {
    const wanted = [...new Set(ids)].filter((id) => !this.#names.has(id));
    if (this.#names.size + wanted.length <= MAX_KNOWN) return wanted;
    this.#names.clear();
    return [...new Set(ids)];
  }

  /** Takes the texts of those that were not known. */
  take(ids: readonly string[], texts: ReadonlyMap<string, string>): void {
    for (const id of ids) {
      const names = parseIndex(texts.get(id) ?? '');
      this.#names.set(id, names && new Set(names));
    }
  }

  /** Whether an index of ours leaves a name out; one that is not ours says nothing. */
  leavesOut(id: string, name: string): boolean {
    return this.#names.get(id)?.has(name) === false;
  }
}
