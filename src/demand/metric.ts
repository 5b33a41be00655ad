import { sumMilli } from './quantity.ts';

/** Replicas are int32 everywhere in Kubernetes; proposals saturate here. */
export const MAX_REPLICAS = 2_147_483_647;

/** How far a ratio may be from 1 without an effect, as fractions (0.1 is 10 %). */
export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

/** The HPA's default, kube-controller-manager --horizontal-pod-autoscaler-tolerance. */
export const DEFAULT_TOLERANCE: Tolerance = { up: 0.1, down: 0.1 };

/** What one metric asks for. */
export interface Proposal {
  readonly replicas: number;
  /** Usage over what the current replicas should carry; 1 is exactly right. */
  readonly ratio: number;
  /** The ratio was inside the tolerance, so the current count stays. */
  readonly isWithinTolerance: boolean;
  /** Usage per replica in milli-units, rounded up; null at 0 replicas. */
  readonly averageMilli: bigint | null;
}

/** Kubernetes >= 1.33, replica_calculator.go Tolerances.isWithin: both edges are inside. */
export function isWithinTolerance(ratio: number, tolerance: Tolerance): boolean {
  return 1 - tolerance.down <= ratio && ratio <= 1 + tolerance.up;
}

/**
 * Proposal of a metric with an AverageValue target: the count does not enter it but for the tolerance.
 * Kubernetes replica_calculator.go GetExternalPerPodMetricReplicas.
 *
 * @param statusReplicas the count that the average is taken over, >= 0
 */
export function averageValueProposal(
  valuesMilli: readonly bigint[],
  targetMilli: bigint,
  statusReplicas: number,
  tolerance: Tolerance,
): Proposal {
  const usage = sumMilli(valuesMilli);
  const ratio = Number(usage) / (Number(targetMilli) * statusReplicas);
  const isWithin = isWithinTolerance(ratio, tolerance);
  const replicas = isWithin ? statusReplicas : saturate(Math.ceil(Number(usage) / Number(targetMilli)));
  return { replicas, ratio, isWithinTolerance: isWithin, averageMilli: ceilDivide(usage, statusReplicas) };
}

/**
 * Proposal of a metric with a Value target, which multiplies by ready pods.
 * Kubernetes replica_calculator.go GetExternalMetricReplicas.
 */
export function valueProposal(
  valuesMilli: readonly bigint[],
  targetMilli: bigint,
  specReplicas: number,
  readyReplicas: number,
  tolerance: Tolerance,
): Proposal {
  const usage = sumMilli(valuesMilli);
  const ratio = Number(usage) / Number(targetMilli);
  return { ...usageRatioProposal(ratio, specReplicas, readyReplicas, tolerance), averageMilli: usage };
}

/** Kubernetes replica_calculator.go getUsageRatioReplicaCount. */
export function usageRatioProposal(
  ratio: number,
  specReplicas: number,
  readyReplicas: number,
  tolerance: Tolerance,
): Proposal {
  if (specReplicas === 0) {
    return { replicas: saturate(Math.ceil(ratio)), ratio, isWithinTolerance: false, averageMilli: null };
  }
  const isWithin = isWithinTolerance(ratio, tolerance);
  const replicas = isWithin ? specReplicas : saturate(Math.ceil(ratio * readyReplicas));
  return { replicas, ratio, isWithinTolerance: isWithin, averageMilli: null };
}

function saturate(replicas: number): number {
  return Math.min(MAX_REPLICAS, replicas);
}

function ceilDivide(usage: bigint, replicas: number): bigint | null {
  if (replicas === 0) return null;
  const divisor = BigInt(replicas);
  return (usage + divisor - 1n) / divisor;
}
