/** One after the other: what would read what another one changes, or meet at its lock. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs after everything that was asked before has ended, well or not. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
