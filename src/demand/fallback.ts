import { toMilli } from './quantity.ts';

/** `spec.scaledObjectSpec.fallback`: what a trigger counts as after too many failures. */
export interface Fallback {
  /** Failures that are borne; one more and the fallback is in effect. >= 0. */
  readonly failureThreshold: number;
  /** >= 0. */
  readonly replicas: number;
  readonly behavior: FallbackBehavior;
}

export type FallbackBehavior = 'static' | 'currentReplicas' | 'currentReplicasIfHigher' | 'currentReplicasIfLower';

/** The target of the trigger that failed. */
export interface FallbackTarget {
  readonly metricType: 'AverageValue' | 'Value';
  /** In the trigger's unit, > 0. */
  readonly target: number;
}

/** A fallback with negative numbers is no fallback. KEDA pkg/fallback/fallback.go validateFallback. */
export function isFallbackValid(fallback: Pick<Fallback, 'failureThreshold' | 'replicas'>): boolean {
  return fallback.failureThreshold >= 0 && fallback.replicas >= 0;
}

/** Polls that failed in a row: the first at once, then one each polling interval. */
export function failureCount(failingSince: number, now: number, pollingIntervalMs: number): number {
  return 1 + Math.max(0, Math.floor((now - failingSince) / pollingIntervalMs));
}

/** When the failures exceed the threshold. */
export function fallbackStart(failingSince: number, fallback: Fallback, pollingIntervalMs: number): number {
  return failingSince + fallback.failureThreshold * pollingIntervalMs;
}

/**
 * The value that stands for a failed trigger, built so that the HPA computes the fallback's count; null: not yet, or it
 * cannot be built. KEDA pkg/fallback/fallback.go doFallback.
 *
 * @param failures polls that failed in a row, this one included
 * @param readyReplicas null: not known
 */
export function fallbackValue(
  fallback: Fallback,
  trigger: FallbackTarget,
  failures: number,
  currentReplicas: number,
  readyReplicas: number | null,
): number | null {
  if (!isFallbackValid(fallback) || failures <= fallback.failureThreshold) return null;
  const replicas = fallbackReplicas(fallback, currentReplicas);
  if (trigger.metricType === 'AverageValue') return truncateMilli(trigger.target, replicas);
  return readyReplicas ? truncateMilli(trigger.target, replicas / readyReplicas) : null;
}

function fallbackReplicas(fallback: Fallback, current: number): number {
  switch (fallback.behavior) {
    case 'currentReplicas':
      return current;
    case 'currentReplicasIfHigher':
      return Math.max(current, fallback.replicas);
    case 'currentReplicasIfLower':
      return Math.min(current, fallback.replicas);
    case 'static':
      return fallback.replicas;
  }
}

/** From the target in milli-units, which is what the HPA divides by: with the raw one the count would drift. */
function truncateMilli(target: number, replicas: number): number {
  return Math.trunc(Number(toMilli(target)) * replicas) / 1000;
}
