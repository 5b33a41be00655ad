import { type DemandSpec, effectiveTolerance } from '../../src/demand/spec.ts';

/** A spec with one trigger (5 per replica) and everything else at its default, but for what is given. */
export function specOf(given: Partial<DemandSpec>): DemandSpec {
  return {
    triggers: [{ id: 'trigger', metricType: 'AverageValue', target: 5, activation: 0 }],
    minReplicaCount: null,
    maxReplicaCount: 100,
    idleReplicaCount: null,
    pollingIntervalMs: 30_000,
    cooldownMs: 300_000,
    initialCooldownMs: 0,
    fallback: null,
    behavior: null,
    tolerance: effectiveTolerance(given.behavior ?? null),
    ramp: null,
    pause: { kind: 'none' },
    isScaleInPaused: false,
    isScaleOutPaused: false,
    isActivationForced: false,
    ...given,
  };
}
