import { CronTime } from 'cron';

/** A span of time, epoch milliseconds; `to` is not in it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Times at which something applies. */
export interface TimeWindow {
  /** The span that is open at an instant; null: none. */
  readonly at: (now: number) => Span | null;
  /** The next instant after this one at which it opens; null: it never does again. */
  readonly next: (now: number) => number | null;
}

/**
 * A window that opens at every time of a cron expression, by the clock of a time zone, and stays open for a while.
 *
 * @param cron five fields, or six with seconds first
 * @param timeZone name of the IANA database
 * @throws Error that says what is wrong with the expression, or that it never comes
 */
export function recurringWindow(cron: string, timeZone: string, durationMs: number, today: number): TimeWindow {
  const time = new CronTime(cron, timeZone);
  const openingAfter = (instant: number): number => time.getNextDateFrom(new Date(instant), timeZone).toMillis();
  openingAfter(today);
  return {
    at: (now) => {
      const from = openingAfter(now - durationMs);
      return from <= now ? { from, to: from + durationMs } : null;
    },
    next: openingAfter,
  };
}

/** A window that is open once. */
export function singleWindow(from: number, to: number): TimeWindow {
  return {
    at: (now) => (from <= now && now < to ? { from, to } : null),
    next: (now) => (now < from ? from : null),
  };
}
