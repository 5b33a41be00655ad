import { asProductError, type ProductError } from '../errors.ts';
import type { Backoff } from './backoff.ts';
import { OneCall } from './one-call.ts';
import type { Patience } from './patience.ts';
import type { Repository } from './repository.ts';
import { DAMAGED } from './retry.ts';

/** A branch of which it is asked. */
interface Asked {
  readonly repository: Repository | null;
  readonly isReadable: boolean;
  noteUnreadable(error: unknown, of: Repository): void;
}

/** How long to wait for an answer, and when it is asked, in epoch milliseconds. */
export interface Asking {
  readonly patience: Patience;
  readonly now: number;
}

/**
 * What is asked of the history of one branch, one question at a time. It may have to be fetched, which takes as long as the
 * remote likes: neither pushes nor other branches wait for it.
 */
export class Questions {
  readonly #branch: Asked;
  readonly #backoff: Backoff;
  readonly #call = new OneCall<'history'>();
  #tip: string | null = null;
  /** What was answered at that tip, by what it is about. */
  #answers = new Map<string, unknown>();

  constructor(branch: Asked, backoff: Backoff) {
    this.#branch = branch;
    this.#backoff = backoff;
  }

  /** Why it could not be read the last time; null: it could. */
  get error(): ProductError | null {
    return this.#backoff.historyError;
  }

  /**
   * Asks; what takes longer than the patience is there the next time.
   *
   * @param about what is asked, in words: the same words are the same question, and at one tip it has one answer
   * @returns null: not known now
   */
  async ask<T>(
    about: string,
    question: (repository: Repository) => Promise<T>,
    { patience, now }: Asking,
  ): Promise<T | null> {
    for (let isAsked = false; ; isAsked = true) {
      while (this.#call.purpose !== null) if (!(await this.#call.wait(patience))) return null;
      const { repository, isReadable } = this.#branch;
      if (!repository || !isReadable) return null;
      if (this.#tip !== repository.tip) {
        this.#tip = repository.tip;
        this.#answers = new Map();
      }
      const answers = this.#answers;
      // Who asks knows what it is told.
      if (answers.has(about)) return answers.get(about) as T;
      if (isAsked || !this.#backoff.isHistoryDue(now)) return null;
      this.#call.start('history', async () => {
        try {
          answers.set(about, await question(repository));
          this.#backoff.succeed('history', now);
        } catch (thrown) {
          const error = asProductError(thrown);
          if (error.reason === DAMAGED) this.#branch.noteUnreadable(error, repository);
          else this.#backoff.fail('history', error, now);
        }
      });
    }
  }
}
