import { describe, expect, it } from 'vitest';
import { HPA_RAMP } from '../../src/demand/limits.ts';
import { changes } from './observed.ts';
import { specOf } from './spec-of.ts';

const SPEC = specOf({
  triggers: [{ id: 'trigger', metricType: 'AverageValue', target: 1, activation: 0 }],
  minReplicaCount: 1,
  ramp: HPA_RAMP,
});

describe('the built-in ramp', () => {
  it('allows max(2n, 4) each 15 s', () => {
    expect(changes(1, [[0, 30, SPEC]])).toEqual([
      [0, 4],
      [15, 8],
      [30, 16],
      [45, 30],
    ]);
  });

  it('never lowers: 1 -> 6 just after 3 -> 1, when the step down ages out before the step up', () => {
    const found = changes(3, [
      [0, 1, SPEC],
      [300.002, 7, SPEC],
    ]).map(([, total]) => total);
    expect(found.slice(0, 2)).toEqual([1, 6]);
    expect(found.slice(1)).toEqual(found.slice(1).toSorted((a, b) => a - b));
    expect(found.at(-1)).toBe(7);
  });
});
