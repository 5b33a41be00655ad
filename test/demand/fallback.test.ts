import { describe, expect, it } from 'vitest';
import { type Fallback, failureCount, fallbackValue } from '../../src/demand/fallback.ts';
import type { DemandSpec } from '../../src/demand/spec.ts';
import { changes } from './observed.ts';
import { specOf } from './spec-of.ts';

const FALLBACK: Fallback = { failureThreshold: 3, replicas: 6, behavior: 'static' };

function specWith(fallback: Fallback, given: Partial<DemandSpec> = {}): DemandSpec {
  return specOf({ fallback, pollingIntervalMs: 10_000, ...given });
}

describe('fallback', () => {
  it('starts with the failure after the threshold, one each polling interval', () => {
    expect(
      changes(2, [
        [0, 10, specWith(FALLBACK)],
        [100, null, specWith(FALLBACK)],
      ]),
    ).toEqual([[130, 6]]);
  });

  it('starts at once with threshold 0', () => {
    const spec = specWith({ ...FALLBACK, failureThreshold: 0 });
    expect(
      changes(2, [
        [0, 10, spec],
        [100, null, spec],
      ]),
    ).toEqual([[100, 6]]);
  });

  it('counts from the first failure of a row, not from the last observation', () => {
    const spec = specWith(FALLBACK);
    expect(
      changes(2, [
        [0, 10, spec],
        [100, null, spec],
        [115, null, spec],
      ]),
    ).toEqual([[130, 6]]);
  });

  it('counts anew after a value', () => {
    const spec = specWith(FALLBACK);
    expect(
      changes(2, [
        [0, 10, spec],
        [100, null, spec],
        [120, 10, spec],
        [125, null, spec],
      ]),
    ).toEqual([[155, 6]]);
  });

  it('activates from 0', () => {
    expect(
      changes(0, [
        [0, 0, specWith(FALLBACK)],
        [100, null, specWith(FALLBACK)],
      ]),
    ).toEqual([[130, 6]]);
  });

  it('lowers like a reading, through the window', () => {
    const spec = specWith({ ...FALLBACK, failureThreshold: 0, replicas: 2 });
    expect(
      changes(8, [
        [0, 40, spec],
        [100, null, spec],
      ]),
    ).toEqual([[400.001, 2]]);
  });

  it('ends with the first value', () => {
    const spec = specWith({ ...FALLBACK, failureThreshold: 0 });
    expect(
      changes(2, [
        [0, null, spec],
        [50, 50, spec],
      ]),
    ).toEqual([
      [0, 6],
      [50, 10],
    ]);
  });

  it('never scales to 0 before it is in effect, even with 0 replicas', () => {
    const spec = specWith({ ...FALLBACK, replicas: 0, failureThreshold: 1000 }, { cooldownMs: 0 });
    expect(
      changes(2, [
        [0, null, spec],
        [5000, 10, spec],
      ]),
    ).toEqual([]);
  });

  it.each([
    ['static', 4, 6],
    ['currentReplicas', 4, 4],
    ['currentReplicasIfHigher', 4, 6],
    ['currentReplicasIfHigher', 8, 8],
    ['currentReplicasIfLower', 4, 4],
  ] as const)('%s from %i stays at %i', (behavior, current, expected) => {
    const spec = specWith({ ...FALLBACK, behavior, failureThreshold: 0 });
    expect(changes(current, [[0, null, spec]]).at(-1)?.[1] ?? current).toBe(expected);
  });

  // toMilli rounds the target and fallbackValue does not, so their quotient is not the current count.
  it.each([
    ['currentReplicas', 0.0014, 0.1],
    ['currentReplicas', 1.0004, 0],
    ['currentReplicasIfHigher', 0.0334, 0.01],
  ] as const)('%s stays where it is with target %d and tolerance %d', (behavior, target, tolerance) => {
    const spec = specWith(
      { ...FALLBACK, behavior, failureThreshold: 0 },
      {
        triggers: [{ id: 'trigger', metricType: 'AverageValue', target, activation: 0 }],
        maxReplicaCount: 1000,
        tolerance: { up: tolerance, down: tolerance },
      },
    );
    expect(changes(10, [[0, null, spec]])).toEqual([]);
  });

  it('builds no value of a Value metric without ready pods', () => {
    const trigger = { metricType: 'Value', target: 10 } as const;
    expect(fallbackValue(FALLBACK, trigger, 4, 5, null)).toBeNull();
    expect(fallbackValue(FALLBACK, trigger, 4, 5, 0)).toBeNull();
    expect(fallbackValue(FALLBACK, trigger, 4, 5, 3)).toBe(20);
  });

  it('counts no failure that lies ahead', () => {
    expect(failureCount(1_000, 0, 30_000)).toBe(1);
    expect(failureCount(0, 29_999, 30_000)).toBe(1);
    expect(failureCount(0, 30_000, 30_000)).toBe(2);
  });
});
