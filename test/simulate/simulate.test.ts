import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectiveBehavior } from '../../src/demand/behavior.ts';
import type { Reading } from '../../src/demand/reading.ts';
import type { Sample } from '../../src/simulate/series.ts';
import { type Simulation, simulate } from '../../src/simulate/simulate.ts';
import { specOf } from '../demand/spec-of.ts';

const MEMBERS = [
  { name: 'member-1', weight: 4 },
  { name: 'member-2', weight: 6 },
];

function samplesOf(values: readonly (number | null)[], stepMs = 15_000): readonly Sample[] {
  return values.map((value, index): Sample => {
    const reading: Reading =
      value === null ? { kind: 'missing', reason: 'ValueEmpty', message: 'empty' } : { kind: 'value', value };
    return { at: index * stepMs, readings: new Map([['trigger', reading]]) };
  });
}

function totalsOf(samples: readonly Sample[]): readonly (readonly [number, number])[] {
  const { moments } = simulate({ key: 'shop/web', demand: specOf({}), members: MEMBERS, initialTotal: 0, samples });
  return moments.filter(({ changed }) => changed.includes('total')).map(({ at, total }) => [at, total]);
}

function run(
  values: readonly (number | null)[],
  given: Parameters<typeof specOf>[0] = {},
  initialTotal = 0,
): Simulation {
  return simulate({
    key: 'shop/web',
    demand: specOf(given),
    members: MEMBERS,
    initialTotal,
    samples: samplesOf(values),
  });
}

describe('simulate', () => {
  const value = fc.option(fc.integer({ min: 0, max: 300 }), { nil: null });

  test('every moment follows from the one before and is split in full', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.nat(20), (values, initialTotal) => {
        const { moments, commits } = run(values, { maxReplicaCount: 30 }, initialTotal);
        let total = initialTotal;
        for (const [index, moment] of moments.entries()) {
          expect(moment.changed.includes('total')).toBe(moment.total !== total);
          expect(moment.split.shares.reduce((sum, { replicas }) => sum + replicas, moment.split.unplaced)).toBe(
            moment.total,
          );
          expect(moment.at).toBeGreaterThan(moments[index - 1]?.at ?? -1);
          total = moment.total;
        }
        expect(commits).toBe(moments.filter(({ changed }) => changed.includes('total')).length);
      }),
    );
  });

  test('a limit is named wherever total and raw demand differ', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), (values) => {
        for (const { total, demand, limit } of run(values, { maxReplicaCount: 30 }).moments) {
          if (demand !== null && demand !== total) expect(limit).not.toBe('');
        }
      }),
    );
  });

  test('sampling the same values more often changes no total', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), (values) => {
        const twice = values.flatMap((one) => [one, one]);
        expect(totalsOf(samplesOf(twice, 30_000))).toEqual(totalsOf(samplesOf(values, 60_000)));
      }),
    );
  });

  test('follows deadlines after the last sample', () => {
    const { moments, isCut } = run([50, 0]);
    expect(moments.at(-1)).toMatchObject({ at: 315_001, total: 0, changed: ['limit', 'total', 'replicas'] });
    expect(isCut).toBe(false);
  });

  test('a ramp that does not end soon is cut', () => {
    const behavior = effectiveBehavior(
      { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 1 }] } },
      false,
      false,
    );
    const { isCut } = run([1_000_000], { behavior, maxReplicaCount: 100_000 });
    expect(isCut).toBe(true);
  });
});
