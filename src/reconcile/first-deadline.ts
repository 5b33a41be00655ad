import type { DsoOutcome } from './outcome.ts';

/** The first instant after `now` at which something may change by itself. */
export function firstDeadline(outcomes: readonly DsoOutcome[], now: number): number {
  let first = Number.POSITIVE_INFINITY;
  const consider = (instant: number | null | undefined): void => {
    // One that is over was looked at in this very tick: once more at once would be for nothing.
    if (instant != null && instant > now && instant < first) first = instant;
  };
  for (const { decided, staleAt, routing } of outcomes) {
    consider(decided?.deadline);
    consider(staleAt);
    for (const { until } of routing.heldBack.values()) consider(until);
  }
  return first;
}
