import type { Git } from './git.ts';
import { InTurn } from './in-turn.ts';

/** Fetches objects into a mirror, one at a time: two at once would meet at a lock. */
export class Fetches {
  readonly #git: Git;
  readonly #url: string;
  readonly #isPartial: boolean;
  readonly #turns = new InTurn();

  constructor(git: Git, url: string, isPartial: boolean) {
    this.#git = git;
    this.#url = url;
    this.#isPartial = isPartial;
  }

  /** @param what is fetched, in messages; @param how options beside those that all have */
  async run(what: string, refspecs: readonly string[], ...how: readonly string[]): Promise<void> {
    const filter = this.#isPartial ? ['--filter=blob:none'] : [];
    const options = ['fetch', '--progress', '--no-tags', '--no-write-fetch-head', ...how, ...filter];
    await this.#turns.run(() => this.#git.run([...options, this.#url, ...refspecs], what));
  }
}
