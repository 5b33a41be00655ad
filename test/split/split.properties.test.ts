import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SplitMember, split } from '../../src/split/split.ts';
import { boundsOf, compareSeats, counts, seatBySeat, weightOf } from './seat-by-seat.ts';

interface Case {
  readonly total: number;
  readonly members: readonly SplitMember[];
  readonly key: string;
}

const weight = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 100 }),
  fc.integer({ min: 0, max: 1_000_000 }),
);

function cases(maxTotal: number, priorities = 3): fc.Arbitrary<Case> {
  const bound = fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: maxTotal }));
  const member = fc.record(
    {
      name: fc.oneof(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3, unit: 'binary' })),
      weight,
      min: bound,
      max: bound,
      capacity: bound,
      down: fc.constantFrom(false, false, true),
      priority: fc.integer({ min: 0, max: priorities - 1 }),
    },
    { requiredKeys: ['name', 'weight'] },
  );
  return fc.record({
    total: fc.integer({ min: 0, max: maxTotal }),
    members: fc.uniqueArray(member, { maxLength: 9, selector: ({ name }) => name }),
    key: fc.string({ maxLength: 4 }),
  });
}

/** Members of equal weight, where every seat is a tie. */
const equals = fc
  .tuple(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 3 }), fc.string())
  .map(([total, size, each, key]) => {
    const members = Array.from({ length: size }, (_, index) => ({ name: `member-${index}`, weight: each }));
    return { total, members, key };
  });

function lossesBetween(before: Case, after: Case): readonly string[] {
  const first = counts(before.total, before.members, before.key).replicas;
  const second = counts(after.total, after.members, after.key).replicas;
  const survivors = after.members.filter(({ down = false }) => !down);
  return survivors.map(({ name }) => name).filter((name) => (second[name] ?? 0) < (first[name] ?? 0));
}

describe('split', () => {
  test('equals the definition, seat by seat', () => {
    fc.assert(
      fc.property(fc.oneof(cases(12), cases(60), equals), ({ total, members, key }) => {
        expect(counts(total, members, key)).toEqual(seatBySeat(total, members, key));
      }),
      { numRuns: 4000 },
    );
  });

  test('keeps the seat order at totals too large to count', () => {
    fc.assert(
      fc.property(cases(2 ** 31 - 1, 1), ({ total, members, key }) => {
        const { replicas, unplaced } = counts(total, members, key);
        const active = members.filter((member) => weightOf(member) > 0);
        const held = (member: SplitMember) => replicas[member.name] ?? 0;
        const minimums = members.reduce((sum, member) => sum + boundsOf(member).low, 0);
        const isScarce = minimums > total;
        for (const taker of active) {
          const { low, cap } = boundsOf(taker);
          if (held(taker) >= (isScarce ? low : cap)) continue;
          expect(unplaced).toBe(0);
          for (const giver of active) {
            if (held(giver) <= (isScarce ? 0 : boundsOf(giver).low)) continue;
            const open = { member: taker, number: held(taker) };
            expect(compareSeats({ member: giver, number: held(giver) - 1 }, open, key)).toBeLessThan(0);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('places or reports every replica, within the bounds', () => {
    fc.assert(
      fc.property(fc.oneof(cases(60), cases(2 ** 31 - 1)), ({ total, members, key }) => {
        const { shares, unplaced, minUnmet } = split(total, members, key);
        expect(shares.reduce((sum, { replicas }) => sum + replicas, unplaced)).toBe(total);
        const replicas = new Map(shares.map((share) => [share.name, share.replicas]));
        const hasMinimums = members.reduce((sum, member) => sum + boundsOf(member).low, 0) <= total;
        for (const member of members) {
          const { low, cap } = boundsOf(member);
          const held = replicas.get(member.name) ?? -1;
          expect(held).toBeGreaterThanOrEqual(hasMinimums ? low : 0);
          expect(held).toBeLessThanOrEqual(cap);
          const short = member.down ? 0 : Math.max(0, (member.min ?? 0) - held);
          expect(Object.hasOwn(minUnmet, member.name) ? minUnmet[member.name] : 0).toBe(short);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('takes from no member when the total rises, whatever the tiers', () => {
    fc.assert(
      fc.property(fc.oneof(cases(60), cases(2 ** 31 - 2)), fc.integer({ min: 1, max: 20 }), (before, step) => {
        const total = Math.min(before.total + step, 2 ** 31 - 1);
        expect(lossesBetween(before, { ...before, total })).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  /*
   * It holds across tiers too. What reaches a tier is max(0, total - all minimums - what the higher tiers can take above
   * theirs). A member that goes down lowers the minimums, and the capacity above them, by at most what it had: neither
   * can lower what reaches any tier, and within a tier fewer members share at least as much.
   */
  test('takes from no survivor when a member goes down, whatever the tiers', () => {
    fc.assert(
      fc.property(fc.oneof(cases(60), cases(2 ** 31 - 1)), fc.nat(), (before, pick) => {
        const members = before.members.map((member, index) => {
          return index === pick % before.members.length ? { ...member, down: true } : member;
        });
        expect(lossesBetween(before, { ...before, members })).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test('does not depend on the order of the members', () => {
    const shuffled = cases(60).chain((value) => {
      const { members } = value;
      const order = fc.shuffledSubarray([...members], { minLength: members.length, maxLength: members.length });
      return fc.tuple(fc.constant(value), order);
    });
    fc.assert(
      fc.property(shuffled, ([{ total, members, key }, order]) => {
        expect(split(total, order, key)).toEqual(split(total, members, key));
      }),
    );
  });

  test('gives the reason of a bound only at that bound', () => {
    fc.assert(
      fc.property(cases(60), ({ total, members, key }) => {
        const byName = new Map(members.map((member) => [member.name, member]));
        for (const { name, replicas, reason } of split(total, members, key).shares) {
          const member = byName.get(name);
          if (reason === 'maximum') expect(replicas).toBeLessThanOrEqual(member?.max ?? -1);
          if (reason === 'capacity') expect(replicas).toBeLessThanOrEqual(member?.capacity ?? -1);
          if (reason === 'minimum') expect(replicas).toBeLessThanOrEqual(member?.min ?? -1);
          expect(reason === 'down').toBe(member?.down === true);
          if (reason === 'drained') expect([member?.weight, replicas]).toEqual([0, 0]);
        }
      }),
    );
  });

  /*
   * Within one tier only: raising a bound of a higher tier moves seats between tiers, which the reason `tier` tells.
   */
  test('a maximum is the reason exactly when one more would be used', () => {
    fc.assert(
      fc.property(cases(60, 1), ({ total, members, key }) => {
        for (const { name, replicas, reason } of split(total, members, key).shares) {
          const member = members.find((candidate) => candidate.name === name);
          if (!member || member.down || member.weight === 0 || replicas !== boundsOf(member).cap) continue;
          if (reason === 'minimum') continue;
          const raised = { ...member, max: boundsOf(member).cap + 1, capacity: boundsOf(member).cap + 1 };
          const low = { ...raised, min: boundsOf(member).low };
          const others = members.map((candidate) => (candidate === member ? low : candidate));
          const isBinding = (counts(total, others, key).replicas[name] ?? 0) > replicas;
          expect(reason === 'maximum' || reason === 'capacity').toBe(isBinding);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
