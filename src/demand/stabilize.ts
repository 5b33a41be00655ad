/** An earlier recommendation; `ageMs` counts back from now to its end. */
export interface AgedRecommendation {
  readonly replicas: number;
  readonly ageMs: number;
}

/**
 * With a behavior: the current count clamped into [lowest recommendation of the up window, highest of the down window].
 * horizontal.go stabilizeRecommendationWithBehaviors: a recommendation counts while its age is less than the window.
 */
export function stabilize(
  current: number,
  desired: number,
  recommendations: readonly AgedRecommendation[],
  upWindowMs: number,
  downWindowMs: number,
): number {
  let up = desired;
  let down = desired;
  for (const { replicas, ageMs } of recommendations) {
    if (ageMs < upWindowMs) up = Math.min(replicas, up);
    if (ageMs < downWindowMs) down = Math.max(replicas, down);
  }
  return Math.min(Math.max(current, up), down);
}

/**
 * Without a behavior: the highest recommendation of the window. horizontal.go stabilizeRecommendation: a recommendation
 * counts while its age is at most the window.
 */
export function stabilizeLegacy(
  desired: number,
  recommendations: readonly AgedRecommendation[],
  windowMs: number,
): number {
  let highest = desired;
  for (const { replicas, ageMs } of recommendations) if (ageMs <= windowMs) highest = Math.max(replicas, highest);
  return highest;
}

/** The reason of the HPA's AbleToScale condition. */
export function stabilizationReason(current: number, desired: number, stabilized: number): StabilizationReason {
  if (stabilized === desired) return 'ReadyForNewScale';
  return desired >= current ? 'ScaleUpStabilized' : 'ScaleDownStabilized';
}

/** What stabilisation did. */
export type StabilizationReason = 'ReadyForNewScale' | 'ScaleUpStabilized' | 'ScaleDownStabilized';
