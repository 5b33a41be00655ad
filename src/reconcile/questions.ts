import type { OneCall } from './one-call.ts';
import type { Patience } from './patience.ts';
import type { Repository } from './repository.ts';
import type { Purpose } from './waiting.ts';

/** A branch of which it is asked. */
interface Asked {
  readonly repository: Repository | null;
  readonly isReadable: boolean;
  noteUnreadable(error: unknown, of: Repository): void;
}

/** What is asked of the history of one branch. It may have to be fetched, which takes as long as the remote likes. */
export class Questions {
  readonly #call: OneCall<Purpose | 'history'>;
  readonly #branch: Asked;
  #tip: string | null = null;
  /** What was answered at that tip, by what it is about. */
  #answers = new Map<string, unknown>();

  constructor(call: OneCall<Purpose | 'history'>, branch: Asked) {
    this.#call = call;
    this.#branch = branch;
  }

  /**
   * Asks, by a call of its own that is not waited for longer than the patience.
   *
   * @param about what is asked, in words; what is answered already is not asked again before a tip is learnt
   * @returns null: not known now
   */
  async ask<T>(about: string, question: (repository: Repository) => Promise<T>, patience: Patience): Promise<T | null> {
    for (let isAsked = false; ; isAsked = true) {
      while (this.#call.purpose === 'history') if (!(await this.#call.wait(patience))) return null;
      const { repository, isReadable } = this.#branch;
      if (!repository || !isReadable) return null;
      if (this.#tip !== repository.tip) this.forget(repository.tip);
      const answers = this.#answers;
      // Who asks knows what it is told.
      if (answers.has(about)) return answers.get(about) as T;
      if (this.#call.purpose !== null || isAsked) return null;
      this.#call.start('history', async () => {
        try {
          answers.set(about, await question(repository));
        } catch (error) {
          // Nobody can say what there was: whatever depends on it waits.
          this.#branch.noteUnreadable(error, repository);
        }
      });
    }
  }

  /** Forgets what was answered. */
  forget(tip: string | null = null): void {
    this.#tip = tip;
    this.#answers = new Map();
  }
}
