import type { ProductError } from '../errors.ts';
import { type Calls, FRESH, failedAgain, waitOf } from './calls.ts';
import { MAX_ATTEMPTS } from './retry.ts';
import { isOver, NO_WAIT } from './wait.ts';
import { type Purpose, pacedUntil, RACED, type Waiting } from './waiting.ts';

/** How often tips are learnt when nothing else happens: foreign commits, hand edits. */
const REFRESH_MS = 60_000;

/**
 * When one remote may be called again, and what stands against it: for each purpose by itself, so that a call that matters
 * less takes nothing from one that matters more. Instants are epoch milliseconds. Pure but for the jitter after a lost race.
 */
export class Backoff {
  readonly #minIntervalMs: number;
  readonly #calls: Record<Purpose, Calls> = { read: FRESH, commit: FRESH, state: FRESH, history: FRESH };
  #isWanted = true;

  /** @param minIntervalMs between two pushes of decisions */
  constructor(minIntervalMs: number) {
    this.#minIntervalMs = minIntervalMs;
  }

  /** Why the remote cannot be read; null: it can. */
  get readError(): ProductError | null {
    return this.#calls.read.error;
  }

  /** Why decisions cannot be pushed; null: nothing stands against it, or there are none. */
  get commitError(): ProductError | null {
    const { error, failures } = this.#calls.commit;
    // A faster writer is no trouble as long as it is not always faster.
    const isTrouble = error?.kind !== 'retry' || failures >= MAX_ATTEMPTS;
    return this.#isWanted && isTrouble ? error : null;
  }

  /** Why the last try to save states failed; null: it did not. */
  get stateError(): ProductError | null {
    return this.#calls.state.error;
  }

  /** Why the history could not be read the last time; null: it could. */
  get historyError(): ProductError | null {
    return this.#calls.history.error;
  }

  /** Whether the history can be asked now. */
  isHistoryDue(now: number): boolean {
    return isOver(this.#calls.history.wait, now);
  }

  /** Whether the tip is to be learnt again. */
  isReadDue(now: number): boolean {
    return isOver(this.#calls.read.wait, now);
  }

  /** Why no decision can be pushed now; null: it can. */
  waitsFor(now: number): Waiting | null {
    const { error, wait } = this.#calls.commit;
    if (isOver(wait, now)) return null;
    if (!error) return pacedUntil(wait.until);
    return error.kind === 'retry' ? RACED : { reason: error.reason, message: error.message };
  }

  /**
   * Why no state is to be saved now; null: it can be. A host that is down or limits us is left alone, and takes decisions
   * first, which carry the states; a branch that refuses decisions may well take states.
   */
  refusesState(now: number): ProductError | null {
    const { read, commit, state } = this.#calls;
    if (read.error) return read.error;
    if (commit.error?.kind === 'later' && (this.#isWanted || !isOver(commit.wait, now))) return commit.error;
    return isOver(state.wait, now) ? null : state.error;
  }

  /** When something is to be done. @param isWaiting decisions are to be pushed */
  nextAt(now: number, isWaiting: boolean): number {
    const { read, commit, history } = this.#calls;
    const asked = history.error ? [read, history] : [read];
    const ends = (isWaiting ? [...asked, commit] : asked).map(({ wait }) => (isOver(wait, now) ? now : wait.until));
    return Math.min(...ends);
  }

  /** Learning the tip has begun. */
  beginRead(now: number): void {
    this.#calls.read = { ...this.#calls.read, wait: waitOf(now, REFRESH_MS) };
  }

  /** A call succeeded. @param now when it began */
  succeed(purpose: Purpose, now: number): void {
    if (purpose === 'read') this.#calls.read = { ...FRESH, wait: this.#calls.read.wait };
    else if (purpose === 'history') this.#calls.history = FRESH;
    else this.#calls.state = FRESH;
    // It has carried the states as well.
    if (purpose === 'commit') this.#calls.commit = { ...FRESH, wait: waitOf(now, this.#minIntervalMs) };
  }

  /** What was pushed last held no decision: the first one is not kept waiting for it. */
  unpace(): void {
    this.#calls.commit = { ...this.#calls.commit, wait: NO_WAIT };
  }

  /** A call failed. @param now when it began */
  fail(purpose: Purpose, error: ProductError, now: number): void {
    const calls = failedAgain(this.#calls[purpose], error, now);
    this.#calls[purpose] = calls;
    // The next try is made on what the branch is then.
    if (purpose === 'commit' || (purpose === 'state' && error.kind === 'retry'))
      this.#calls.read = { ...this.#calls.read, wait: calls.wait };
  }

  /** What is cached cannot be read: the tip is learnt at once. */
  failLocally(error: ProductError): void {
    this.#calls.read = { ...this.#calls.read, error, wait: NO_WAIT };
  }

  /** Whether decisions can be pushed: while there are none, what stands against it is not told, and soon forgotten. */
  want(isWanted: boolean, now: number): void {
    this.#isWanted = isWanted;
    if (!isWanted && isOver(this.#calls.commit.wait, now)) this.#calls.commit = FRESH;
  }
}
