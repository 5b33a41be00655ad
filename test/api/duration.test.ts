import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/api/duration.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['1m', 60_000],
    ['90s', 90_000],
    ['1m30s', 90_000],
    ['1h2m3s4ms', 3_723_004],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1000],
    ['+5s', 5000],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['250μs', 0.25],
    ['1ns', 1e-6],
    ['30s1m', 90_000],
  ])('reads %s as Go does', (text, milliseconds) => {
    expect(parseDuration(text)).toBeCloseTo(milliseconds, 9);
  });

  it.each(['', '1', '5 s', ' 5s', '5s\n', '-1m', '1d', '1M', 's', '.s', '1,5s', '1e3s', '1m30', 'a minute', '٣s'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );
});
