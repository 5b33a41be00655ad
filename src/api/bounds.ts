import { DEFAULT_MAX_REPLICAS } from '../demand/spec.ts';
import type { Problem } from './problem.ts';

/** The bounds of a ScaledObject; null: not set. */
export interface ReplicaBounds {
  readonly minReplicaCount: number | null;
  readonly maxReplicaCount: number | null;
  readonly idleReplicaCount: number | null;
}

/**
 * Bounds that KEDA refuses, in its words. KEDA apis/keda/v1alpha1/scaledobject_types.go CheckReplicaCountBoundsAreValid:
 * with an idle count an unset minimum is 0 and one that is given at least 1.
 */
export function checkBounds(bounds: ReplicaBounds): readonly Problem[] {
  const problems: Problem[] = [];
  const min = bounds.minReplicaCount === null ? 0 : Math.max(1, bounds.minReplicaCount);
  const max = bounds.maxReplicaCount ?? DEFAULT_MAX_REPLICAS;
  const { idleReplicaCount: idle } = bounds;
  if (min > max) {
    problems.push({
      path: ['minReplicaCount'],
      message: `MinReplicaCount=${min} must be less than MaxReplicaCount=${max}`,
    });
  }
  if (idle !== null && idle >= min) {
    problems.push({
      path: ['idleReplicaCount'],
      message: `IdleReplicaCount=${idle} must be less than MinReplicaCount=${min}`,
    });
  }
  return problems;
}

/** What KEDA only warns of. KEDA apis/keda/v1alpha1/scaledobject_webhook.go. */
export interface BoundsAdvice extends ReplicaBounds {
  readonly pollingInterval: number | null;
  readonly cooldownPeriod: number | null;
  readonly isUsingCachedMetrics: boolean;
}

/** Settings without an effect, each with the field that it is about. */
export function adviseBounds(advice: BoundsAdvice): readonly Problem[] {
  const isZeroReached = (advice.minReplicaCount ?? 0) === 0 || advice.idleReplicaCount !== null;
  if (isZeroReached) return [];
  const found: Problem[] = [];
  if (advice.pollingInterval !== null && !advice.isUsingCachedMetrics) {
    found.push({
      path: ['pollingInterval'],
      message: 'has no effect on activation while minReplicaCount is above 0 and idleReplicaCount is not set',
    });
  }
  if (advice.cooldownPeriod !== null) {
    found.push({
      path: ['cooldownPeriod'],
      message: 'has no effect while minReplicaCount is above 0 and idleReplicaCount is not set',
    });
  }
  return found;
}
