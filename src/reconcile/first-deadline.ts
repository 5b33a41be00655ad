import type { DsoOutcome } from './outcome.ts';

/** The first instant after `now` at which something may change by itself. */
export function firstDeadline(outcomes: readonly DsoOutcome[], now: number): number {
  let first = Number.POSITIVE_INFINITY;
  // One that is over was looked at in this very tick: once more at once would be for nothing.
  for (const { decided, staleAt, routing } of outcomes)
    for (const instant of [decided?.deadline, staleAt, ...[...routing.heldBack.values()].map(({ until }) => until)])
      if (instant != null && instant > now && instant < first) first = instant;
  return first;
}
