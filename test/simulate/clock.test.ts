import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clockOf } from '../../src/simulate/clock.ts';

describe('clockOf', () => {
  test.each([
    ['0', 0],
    ['1.5', 1500],
    ['320.001', 320_001],
    ['1.7e9', 1.7e12],
    ['-3', -3000],
  ])('%s seconds', (text, at) => {
    expect(clockOf('0')?.parse(text)).toBe(at);
  });

  test.each(['', 'noon', '1e999', '2026-02-30T00:00:00Z', '2026-01-01', '2026-01-01T00:00:00', '2026-01-01T25:00:00Z'])(
    'no time: %s',
    (text) => {
      expect(clockOf(text)).toBeNull();
    },
  );

  test('prints seconds and RFC 3339 as they were read', () => {
    const seconds = fc.integer({ min: 0, max: 4e12 });
    const zone = fc.constantFrom('Z', '+02:00', '-09:30');
    fc.assert(
      fc.property(seconds, zone, (at, offset) => {
        expect(clockOf('0')?.parse(String(clockOf('0')?.format(at)))).toBe(at);
        const clock = clockOf(`2026-01-31T12:00:00${offset}`);
        const text = String(clock?.format(at));
        expect(text.endsWith(offset)).toBe(true);
        expect(clock?.parse(text)).toBe(at);
      }),
    );
  });
});
