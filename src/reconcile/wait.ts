/** A wait: when it began and when it ends, epoch milliseconds. */
export interface Wait {
  readonly since: number;
  readonly until: number;
}

/** One that is over. */
export const NO_WAIT: Wait = { since: Number.NEGATIVE_INFINITY, until: Number.NEGATIVE_INFINITY };

/**
 * Whether a wait is over. A clock that shows less than when it began was set back: nobody waits until it has caught up.
 * So none takes longer than twice its length, whatever is done to the clock.
 */
export function isOver({ since, until }: Wait, now: number): boolean {
  return now >= until || now < since;
}
