import { describe, expect, it } from 'vitest';
import { advance, observe } from '../../src/demand/advance.ts';
import type { DemandSpec } from '../../src/demand/spec.ts';
import { type DemandState, seedState } from '../../src/demand/state.ts';
import { specOf } from './spec-of.ts';

const NOW = Date.UTC(2026, 0, 1);
/** More than an hour. */
const MANY_MS = 4000 * 1000;

/** One replica more each second, as far as the count goes. */
function slow(...more: readonly number[]): DemandSpec {
  const policies = [1, ...more].map((periodSeconds) => ({ type: 'Pods' as const, value: 1, periodSeconds }));
  const rules = { policies, selectPolicy: 'Max', stabilizationWindowSeconds: 0, tolerance: null } as const;
  return specOf({ maxReplicaCount: 2_147_483_647, behavior: { scaleUp: rules, scaleDown: rules } });
}

/** Asked for everything there is, since an instant. */
function stateAt(instant: number, spec: DemandSpec): DemandState {
  const readings = new Map([['trigger', { kind: 'value', value: 1e12 } as const]]);
  return observe(seedState(1, instant), spec, readings, instant).state;
}

describe('advance', () => {
  it('replays thousands of steps one by one', () => {
    const spec = slow();
    const { state, evaluations } = advance(stateAt(NOW, spec), spec, NOW + MANY_MS);
    expect([state.total, evaluations.length, state.asOf]).toEqual([4002, 4000, NOW + MANY_MS]);
  });

  it.each([
    ['one policy', slow()],
    ['an event that is never forgotten', slow(1_000_000_000)],
    ['many periods', slow(...Array.from({ length: 500 }, (_, index) => 1000 + index * 1_000_000))],
  ])('jumps over what would take years to replay: %s', { timeout: 20_000 }, (_, spec) => {
    const { state, evaluations } = advance(stateAt(0, spec), spec, NOW);
    expect(state.asOf).toBe(NOW);
    expect(evaluations.length).toBeGreaterThan(10);
    expect(evaluations.length).toBeLessThanOrEqual(5001);
    // Later steps go on from there, as if it had stood still.
    expect(state.total).toBe(2 + evaluations.length);
    expect(advance(state, spec, NOW + 10_000).state.total).toBe(state.total + 10);
    expect(advance(state, spec, NOW)).toEqual({ state, evaluations: [] });
  });
});
