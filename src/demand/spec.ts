import type { Behavior } from './behavior.ts';
import type { Fallback } from './fallback.ts';
import type { Ramp } from './limits.ts';
import { DEFAULT_TOLERANCE, type Tolerance } from './metric.ts';
import type { Pause } from './pause.ts';

/** What demand needs of one trigger. */
export interface TriggerDemand {
  /** Unique in its DSO; what readings are held under. */
  readonly id: string;
  readonly metricType: 'AverageValue' | 'Value';
  /** In the trigger's unit, at least 0.001. */
  readonly target: number;
  /** Active while the value is above it. */
  readonly activation: number;
}

/** The effective part of a DSO that turns readings into a total. */
export interface DemandSpec {
  readonly triggers: readonly TriggerDemand[];
  /** null: not set. */
  readonly minReplicaCount: number | null;
  readonly maxReplicaCount: number;
  /** 0, or null: the feature is off. */
  readonly idleReplicaCount: number | null;
  readonly pollingIntervalMs: number;
  readonly cooldownMs: number;
  readonly initialCooldownMs: number;
  readonly fallback: Fallback | null;
  /** null: the legacy path of the HPA. */
  readonly behavior: Behavior | null;
  readonly tolerance: Tolerance;
  /** The HPA's built-in ramp, where the configuration restores it. */
  readonly ramp: Ramp | null;
  readonly pause: Pause;
  readonly isScaleInPaused: boolean;
  readonly isScaleOutPaused: boolean;
  readonly isActivationForced: boolean;
}

/** Minimum of the HPA that KEDA makes: it never goes to 0 by itself. KEDA GetHPAMinReplicas. */
export function hpaMinReplicas(minReplicaCount: number | null): number {
  return Math.max(1, minReplicaCount ?? 1);
}

/** KEDA GetHPAMaxReplicas. */
export function hpaMaxReplicas(maxReplicaCount: number | null): number {
  return maxReplicaCount ?? DEFAULT_MAX_REPLICAS;
}

/** Default of `maxReplicaCount`. */
export const DEFAULT_MAX_REPLICAS = 100;

/** Tolerance per direction: a behavior may carry its own. Kubernetes horizontal.go tolerancesForHpa. */
export function effectiveTolerance(behavior: Behavior | null, global: Tolerance = DEFAULT_TOLERANCE): Tolerance {
  return {
    up: behavior?.scaleUp.tolerance ?? global.up,
    down: behavior?.scaleDown.tolerance ?? global.down,
  };
}
