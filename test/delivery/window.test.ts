import { describe, expect, it } from 'vitest';
import { recurringWindow, singleWindow } from '../../src/delivery/window.ts';

const HOUR = 3_600_000;
const TODAY = Date.parse('2026-01-01T00:00:00Z');

function at(text: string): number {
  return Date.parse(text);
}

describe('a recurring window', () => {
  const office = recurringWindow('0 9 * * 1-5', 'Europe/Berlin', 8 * HOUR, TODAY);

  it.each([
    ['2026-11-24T07:59:59.999Z', null, '2026-11-24T08:00:00Z'],
    ['2026-11-24T08:00:00Z', '2026-11-24T08:00:00Z', '2026-11-25T08:00:00Z'],
    ['2026-11-24T15:59:59.999Z', '2026-11-24T08:00:00Z', '2026-11-25T08:00:00Z'],
    ['2026-11-24T16:00:00Z', null, '2026-11-25T08:00:00Z'],
    // A weekend, and summer time.
    ['2026-11-28T10:00:00Z', null, '2026-11-30T08:00:00Z'],
    ['2026-07-01T07:30:00Z', '2026-07-01T07:00:00Z', '2026-07-02T07:00:00Z'],
  ])('at %s: open since %s, opens next %s', (now, from, next) => {
    const span = office.at(at(now));
    expect(span).toEqual(from === null ? null : { from: at(from), to: at(from) + 8 * HOUR });
    expect(office.next(at(now))).toBe(at(next));
  });

  it('opens at the end of the hour that a change of the clock leaves out, and once in the one that comes twice', () => {
    const night = recurringWindow('30 2 * * *', 'Europe/Berlin', HOUR, TODAY);
    expect(night.next(at('2026-03-29T00:00:00Z'))).toBe(at('2026-03-29T01:00:00Z'));
    const first = at('2026-10-25T00:30:00Z');
    expect(night.next(at('2026-10-25T00:00:00Z'))).toBe(first);
    expect(night.next(first)).toBe(at('2026-10-26T01:30:00Z'));
  });

  it.each([
    ['0 0 31 2 *', 'UTC', /no execution date/i],
    ['9 o clock', 'UTC', /o/],
    ['0 9 * * *', 'Europe/Nowhere', /timezone/i],
  ])('that cannot be is refused: %s in %s', (cron, timeZone, message) => {
    expect(() => recurringWindow(cron, timeZone, HOUR, TODAY)).toThrow(message);
  });
});

it('a single window is open from its beginning, and no longer at its end', () => {
  const window = singleWindow(1000, 2000);
  expect([999, 1000, 1999, 2000].map((now) => window.at(now) !== null)).toEqual([false, true, true, false]);
  expect([window.next(999), window.next(1000)]).toEqual([1000, null]);
});
