import { describe, expect, it } from 'vitest';
import { advance, observe } from '../../src/demand/advance.ts';
import { effectiveBehavior } from '../../src/demand/behavior.ts';
import type { DemandSpec } from '../../src/demand/spec.ts';
import { seedState } from '../../src/demand/state.ts';
import { changes, observed } from './observed.ts';
import { specOf } from './spec-of.ts';

/** No windows, so that only activation delays anything. */
const AT_ONCE = effectiveBehavior(
  { scaleUp: { stabilizationWindowSeconds: 0 }, scaleDown: { stabilizationWindowSeconds: 0 } },
  false,
  false,
  false,
);

function specWith(given: Partial<DemandSpec>): DemandSpec {
  return specOf({ behavior: AT_ONCE, cooldownMs: 60_000, maxReplicaCount: 10, ...given });
}

describe('activation', () => {
  it('goes from 0 to what is asked in one decision', () => {
    const spec = specWith({});
    expect(
      changes(0, [
        [0, 0, spec],
        [10, 20, spec],
      ]),
    ).toEqual([[10, 4]]);
  });

  it('needs a value above the activation value', () => {
    const spec = specWith({ triggers: [{ id: 'trigger', metricType: 'AverageValue', target: 5, activation: 7 }] });
    expect(
      changes(0, [
        [0, 7, spec],
        [10, 7.5, spec],
      ]),
    ).toEqual([[10, 2]]);
  });

  it('goes to 0 just after the cooldown, from what the HPA left', () => {
    const spec = specWith({});
    expect(
      changes(0, [
        [0, 20, spec],
        [10, 0, spec],
      ]),
    ).toEqual([
      [0, 4],
      [10, 1],
      [70.001, 0],
    ]);
  });

  it('starts the cooldown again with every active reading', () => {
    const spec = specWith({});
    expect(
      changes(1, [
        [0, 0, spec],
        [59, 1, spec],
        [60, 0, spec],
      ]),
    ).toEqual([[120.001, 0]]);
  });

  it('goes to minReplicaCount only where that is 0', () => {
    const spec = specWith({ minReplicaCount: 2 });
    expect(changes(4, [[0, 0, spec]])).toEqual([[0, 2]]);
  });

  it('lifts an inactive workload to minReplicaCount without a cooldown', () => {
    expect(changes(0, [[0, 0, specWith({ minReplicaCount: 3 })]])).toEqual([[0, 3]]);
  });

  it('waits for the initial cooldown while nothing was ever active', () => {
    const spec = specWith({ cooldownMs: 3_600_000, initialCooldownMs: 120_000 });
    const neverActive = { ...seedState(1, 0), lastActiveTime: null };
    const missing = { kind: 'missing', reason: 'Missing', message: 'no value' } as const;
    const first = observe(neverActive, spec, new Map([['trigger', missing]]), 0);
    const read = observe(first.state, spec, new Map([['trigger', { kind: 'value', value: 0 }]]), 1_000);
    expect(advance(read.state, spec, 120_000).state.total).toBe(1);
    expect(advance(read.state, spec, 120_001).state.total).toBe(0);
  });

  it('goes between idle and minReplicaCount', () => {
    const spec = specWith({ minReplicaCount: 3, idleReplicaCount: 0 });
    expect(
      changes(0, [
        [0, 0, spec],
        [10, 1, spec],
        [20, 0, spec],
      ]),
    ).toEqual([
      [10, 3],
      [80.001, 0],
    ]);
  });

  it('never goes to 0 while scaling in is paused', () => {
    const paused = specWith({ isScaleInPaused: true, behavior: effectiveBehavior(null, true, false) });
    expect(changes(4, [[0, 0, paused]])).toEqual([]);
    expect(
      changes(4, [
        [0, 0, paused],
        [1000, 0, specWith({})],
      ]),
    ).toEqual([[1000, 0]]);
  });

  it('never leaves 0 while scaling out is paused', () => {
    const paused = specWith({ isScaleOutPaused: true, behavior: effectiveBehavior(null, false, true) });
    expect(changes(0, [[0, 20, paused]])).toEqual([]);
    expect(
      changes(0, [
        [0, 20, paused],
        [30, 20, specWith({})],
      ]),
    ).toEqual([[30, 4]]);
  });

  it('counts as active while activation is forced', () => {
    const forced = specWith({ isActivationForced: true });
    expect(changes(0, [[0, 0, forced]])).toEqual([[0, 1]]);
    expect(
      changes(0, [
        [0, 0, forced],
        [100, 0, specWith({})],
      ]),
    ).toEqual([
      [0, 1],
      [160.001, 0],
    ]);
  });

  it('keeps the total when a trigger fails, for as long as it fails', () => {
    const spec = specWith({});
    expect(
      changes(4, [
        [0, null, spec],
        [5000, 20, spec],
      ]),
    ).toEqual([]);
  });

  it('says why it did nothing', () => {
    const spec = specWith({});
    const reasons = observed(4, [[0, null, spec]]).evaluations.map(({ activation }) => activation?.reason);
    expect(reasons).toEqual(['TriggerError']);
  });
});
