import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type RecentTotal, recentRange, withRecent } from '../../src/delivery/recent.ts';

const HOUR = 3_600_000;

it('what is kept tells the same lowest and highest as all of it', () => {
  const steps = fc.array(fc.record({ total: fc.nat(20), after: fc.integer({ min: 1, max: HOUR }) }), { minLength: 1 });
  fc.assert(
    fc.property(steps, fc.nat(HOUR), fc.nat(20), (given, later, current) => {
      let now = 0;
      let kept: readonly RecentTotal[] = [];
      const all: RecentTotal[] = [];
      for (const { total, after } of given) {
        now += after;
        kept = withRecent(kept, total, now);
        all.push({ total, until: now });
      }
      const at = now + later;
      expect(recentRange(kept, current, at)).toEqual(recentRange(all, current, at));
    }),
  );
});

it('a total that rises and falls by the pacing for an hour leaves few', () => {
  let kept: readonly RecentTotal[] = [];
  for (let step = 0; step < 360; step += 1) kept = withRecent(kept, step % 7, step * 10_000);
  expect(kept.length).toBeLessThan(14);
});
