import type { Behavior, ScalingRules } from './behavior.ts';

/** A past change of the count in one direction; `change` is positive, `ageMs` counts back from now. */
export interface AgedEvent {
  readonly change: number;
  readonly ageMs: number;
}

/** Past changes in both directions. */
export interface AgedEvents {
  readonly up: readonly AgedEvent[];
  readonly down: readonly AgedEvent[];
}

/** Why a count is what it is after limits: the reasons of the HPA's ScalingLimited condition. */
export type LimitReason =
  | 'DesiredWithinRange'
  | 'ScaleUpLimit'
  | 'TooManyReplicas'
  | 'ScaleDownLimit'
  | 'TooFewReplicas';

/** A count after limits. */
export interface Limited {
  readonly replicas: number;
  readonly reason: LimitReason;
}

/** The HPA's built-in ramp without a behavior: at most max(factor * n, minimum) per 15 s. */
export interface Ramp {
  readonly factor: number;
  readonly minimum: number;
}

/** horizontal.go scaleUpLimitFactor, scaleUpLimitMinimum. */
export const HPA_RAMP: Ramp = { factor: 2, minimum: 4 };

/** How long one step of the ramp lasts: the HPA's sync period. */
export const RAMP_PERIOD_MS = 15_000;

/** Sum of the changes younger than the period. horizontal.go getReplicasChangePerPeriod. */
export function changeInPeriod(events: readonly AgedEvent[], periodMs: number): number {
  let sum = 0;
  for (const event of events) if (event.ageMs < periodMs) sum += event.change;
  return sum;
}

/** An event that no policy looks at any more. horizontal.go markScaleEventsOutdated. */
export function isOutdated(event: AgedEvent, longestPeriodMs: number): boolean {
  return event.ageMs > longestPeriodMs;
}

/** The highest count the rules allow now. horizontal.go calculateScaleUpLimitWithScalingRules. */
export function scaleUpLimit(current: number, rules: ScalingRules, events: AgedEvents): number {
  if (rules.selectPolicy === 'Disabled') return current;
  if (rules.policies.length === 0) return Number.POSITIVE_INFINITY;
  const proposals = rules.policies.map((policy) => {
    const start = replicasAtStart(current, policy.periodSeconds * 1000, events);
    // Doubles on purpose: 50 replicas and 10 % give 56 in the HPA.
    return policy.type === 'Pods' ? start + policy.value : Math.ceil(start * (1 + policy.value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

/** The lowest count the rules allow now. horizontal.go calculateScaleDownLimitWithBehaviors. */
export function scaleDownLimit(current: number, rules: ScalingRules, events: AgedEvents): number {
  if (rules.selectPolicy === 'Disabled') return current;
  if (rules.policies.length === 0) return Number.NEGATIVE_INFINITY;
  const proposals = rules.policies.map((policy) => {
    const start = replicasAtStart(current, policy.periodSeconds * 1000, events);
    return policy.type === 'Pods' ? start - policy.value : Math.trunc(start * (1 - policy.value / 100));
  });
  return rules.selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}

/** Limits the change by policies and bounds. horizontal.go convertDesiredReplicasWithBehaviorRate. */
export function limitByPolicies(
  current: number,
  desired: number,
  bounds: { readonly min: number; readonly max: number },
  behavior: Behavior,
  events: AgedEvents,
): Limited {
  if (desired > current) {
    const limit = Math.max(current, scaleUpLimit(current, behavior.scaleUp, events));
    const allowed = Math.min(bounds.max, limit);
    if (desired > allowed) {
      return { replicas: allowed, reason: bounds.max > limit ? 'ScaleUpLimit' : 'TooManyReplicas' };
    }
  } else if (desired < current) {
    const limit = Math.min(current, scaleDownLimit(current, behavior.scaleDown, events));
    const allowed = Math.max(bounds.min, limit);
    if (desired < allowed) {
      return { replicas: allowed, reason: bounds.min < limit ? 'ScaleDownLimit' : 'TooFewReplicas' };
    }
  }
  return { replicas: desired, reason: 'DesiredWithinRange' };
}

/** The ramp's limit from a count. horizontal.go calculateScaleUpLimit. */
export function rampLimit(replicas: number, ramp: Ramp): number {
  return Math.trunc(Math.max(ramp.factor * replicas, ramp.minimum));
}

/**
 * Limits without a behavior: the bounds, and the ramp where it is switched on, which never lowers.
 * horizontal.go convertDesiredReplicasWithRules.
 *
 * @param rampStart the count at the start of the ramp's period
 */
export function limitByRules(
  current: number,
  desired: number,
  bounds: { readonly min: number; readonly max: number },
  ramp: Ramp | null,
  rampStart: number = current,
): Limited {
  if (desired < bounds.min) return { replicas: bounds.min, reason: 'TooFewReplicas' };
  const limit = ramp ? Math.max(current, rampLimit(rampStart, ramp)) : Number.POSITIVE_INFINITY;
  const allowed = Math.min(bounds.max, limit);
  if (desired <= allowed) return { replicas: desired, reason: 'DesiredWithinRange' };
  return { replicas: allowed, reason: bounds.max > limit ? 'ScaleUpLimit' : 'TooManyReplicas' };
}

/** The count at the start of a period: the current one without what happened inside it. */
export function replicasAtStart(current: number, periodMs: number, events: AgedEvents): number {
  return current - changeInPeriod(events.up, periodMs) + changeInPeriod(events.down, periodMs);
}
