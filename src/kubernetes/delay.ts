import type { ApiFailure } from './failure.ts';

const FIRST_MS = 200;
const MAX_MS = 10_000;
/** A server that says tomorrow is asked before that: what it says may be a mistake, or a proxy's. */
const MAX_TOLD_MS = 60_000;

/** How long to wait before the next try, in milliseconds: as the server said, else doubled each time, with jitter. */
export function delayOf(failure: ApiFailure | null, failures: number): number {
  const told = failure?.retryAfterMs ?? null;
  if (told !== null) return Math.min(MAX_TOLD_MS, Math.max(0, told)) + Math.random() * 1000;
  const delay = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return delay * (0.5 + Math.random() * 0.5);
}
