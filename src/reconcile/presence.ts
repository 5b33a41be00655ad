/** What has a key. */
interface Keyed {
  readonly key: string;
}

/** Tells which DSOs are gone since it was asked last; where none came or went, ten thousand are not put into a set for it. */
export class Presence {
  #last: readonly Keyed[] = [];

  /** Keys that were there the last time. @param dsos sorted by key */
  takeGone(dsos: readonly Keyed[]): readonly string[] {
    const last = this.#last;
    this.#last = dsos;
    if (last === dsos || (last.length === dsos.length && last.every(({ key }, index) => key === dsos[index]?.key)))
      return [];
    const present = new Set(dsos.map(({ key }) => key));
    return last.flatMap(({ key }) => (present.has(key) ? [] : key));
  }
}
