import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sumMilli, toMilli } from '../../src/demand/quantity.ts';

const INT64_MAX = 2n ** 63n - 1n;
/** As many as toFixed gives. */
const DIGITS = 100;

/**
 * Milli-units from the decimal digits of the double. `toFixed` with 100 digits is exact for a double of at least 2^-48, and below
 * that 100 digits are enough to know that it rounds to 0. From 1e21 on there are no digits, only whole numbers.
 */
function milliByDigits(value: number): bigint {
  if (value >= 1e21) return INT64_MAX;
  const [whole = '0', fraction = ''] = value.toFixed(DIGITS).split('.');
  const truncated = BigInt(whole + fraction.slice(0, 3));
  const rest = BigInt(fraction.slice(3));
  const half = 5n * 10n ** 96n;
  const isUp = rest > half || (rest === half && truncated % 2n === 1n);
  const milli = isUp ? truncated + 1n : truncated;
  return milli > INT64_MAX ? INT64_MAX : milli;
}

const values = fc.oneof(
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.integer({ min: 0, max: 100_000_000 }).map((ticks) => ticks / 16_000),
  // Exact ties of milli-units: odd multiples of 1/16 are x.xxx5 in the fourth digit.
  fc.integer({ min: 0, max: 1_000_000 }).map((sixteenths) => sixteenths / 16),
  fc.maxSafeNat(),
);

describe('toMilli', () => {
  it('equals rounding half to even on the exact digits', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(toMilli(value)).toBe(milliByDigits(value));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    [0, 0n],
    [Number.MIN_VALUE, 0n],
    [0.0005, 1n],
    [0.0625, 62n],
    [0.1875, 188n],
    [2.0005, 2001n],
    [9e15, 9_000_000_000_000_000_000n],
    [1e300, INT64_MAX],
    [Number.MAX_VALUE, INT64_MAX],
  ])('%d is %d', (value, milli) => {
    expect(toMilli(value)).toBe(milli);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])('refuses %d', (value) => {
    expect(() => toMilli(value)).toThrow(RangeError);
  });
});

describe('sumMilli', () => {
  it('is capped at int64', () => {
    expect(sumMilli([])).toBe(0n);
    expect(sumMilli([1n, 2n])).toBe(3n);
    expect(sumMilli([INT64_MAX, 1n])).toBe(INT64_MAX);
  });
});
