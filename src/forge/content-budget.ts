import { notBefore, ProductError } from '../errors.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/**
 * Requests that create content, of which GitHub takes 80 in a minute and 500 in an hour of one credential, whatever the
 * repository ("Rate limits for the REST API" in its documentation).
 */
export class ContentBudget {
  readonly #perMinute: number;
  readonly #perHour: number;
  /** When each of the last hour was made, oldest first. */
  readonly #times: number[] = [];

  constructor(perMinute = 80, perHour = 500) {
    this.#perMinute = perMinute;
    this.#perHour = perHour;
  }

  /**
   * Takes one.
   *
   * @param now in milliseconds since 1970
   * @throws ProductError kind `later`, with the time at which there is one again
   */
  take(now: number, doing: string): void {
    while (this.#times[0] !== undefined && this.#times[0] <= now - HOUR_MS) this.#times.shift();
    const until = Math.max(this.#freeAt(this.#perHour, HOUR_MS), this.#freeAt(this.#perMinute, MINUTE_MS));
    if (until <= now) {
      this.#times.push(now);
      return;
    }
    const seconds = Math.ceil((until - now) / 1000);
    const message = `cannot ${doing} now: this credential has used its ${this.#perMinute} writes a minute or ${this.#perHour} an hour; it goes on in ${seconds} s by itself; where that is too slow, let changes wait longer for each other or give some repositories a credential of their own`;
    throw notBefore(until, new ProductError('later', 'BudgetSpent', message));
  }

  /** When the next one fits into a window. */
  #freeAt(limit: number, windowMs: number): number {
    const oldest = this.#times.at(-limit);
    return oldest === undefined || this.#times.length < limit ? 0 : oldest + windowMs;
  }
}
