import type { ProductError } from '../errors.ts';
import { retryDelay } from './retry.ts';
import { NO_WAIT, type Wait } from './wait.ts';

/** What is known of calls to another side for one purpose. */
export interface Calls {
  /** In a row. */
  readonly failures: number;
  /** Of the last one. */
  readonly error: ProductError | null;
  readonly wait: Wait;
}

/** Nothing stands against the next one. */
export const FRESH: Calls = { failures: 0, error: null, wait: NO_WAIT };

/** One more has failed: the next one waits ever longer, and as long as the other side has told. @param now when it began */
export function failedAgain(before: Calls, error: ProductError, now: number): Calls {
  const failures = before.failures + 1;
  const ms = Math.max(retryDelay(error, failures), (error.until ?? now) - now);
  return { failures, error, wait: waitOf(now, ms) };
}

/** @param now epoch milliseconds */
export function waitOf(now: number, ms: number): Wait {
  return { since: now, until: now + ms };
}
