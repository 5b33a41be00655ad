/** A total that was committed until an instant, epoch milliseconds. */
export interface RecentTotal {
  readonly total: number;
  readonly until: number;
}

/** How far back changes are measured: small steps within it do not add up unseen. */
const RECENT_MS = 3_600_000;

/** Notes that a total is committed no longer. Only those are kept that are the lowest or highest of some time. */
export function withRecent(recent: readonly RecentTotal[], total: number, now: number): readonly RecentTotal[] {
  const kept: RecentTotal[] = [];
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const one of [...recent, { total, until: now }].reverse()) {
    if (one.until <= now - RECENT_MS || (one.total >= lowest && one.total <= highest)) continue;
    kept.unshift(one);
    lowest = Math.min(lowest, one.total);
    highest = Math.max(highest, one.total);
  }
  return kept;
}

/** The lowest and the highest total of the last hour. @param current what is committed now */
export function recentRange(
  recent: readonly RecentTotal[],
  current: number,
  now: number,
): { readonly lowest: number; readonly highest: number } {
  const totals = recent.filter(({ until }) => until > now - RECENT_MS).map(({ total }) => total);
  return { lowest: Math.min(current, ...totals), highest: Math.max(current, ...totals) };
}
