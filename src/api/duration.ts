const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const COUNT = '([0-9]+\\.?[0-9]*|\\.[0-9]+)';
const UNIT = '(ns|us|µs|μs|ms|s|m|h)';

/** A Go duration such as `1m30s`, not negative; also the pattern in the CRD. Go's time.ParseDuration. */
export const DURATION_PATTERN = `^\\+?(0|(${COUNT}${UNIT})+)$`;

/** Milliseconds of a Go duration; null when it is none. */
export function parseDuration(text: string): number | null {
  if (!new RegExp(DURATION_PATTERN).test(text)) return null;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(new RegExp(COUNT + UNIT, 'g'))) {
    sum += Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  }
  return sum;
}
