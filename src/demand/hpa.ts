import { type Behavior, downWindowSeconds, upWindowSeconds } from './behavior.ts';
import {
  type AgedEvents,
  type LimitReason,
  limitByPolicies,
  limitByRules,
  RAMP_PERIOD_MS,
  type Ramp,
  replicasAtStart,
} from './limits.ts';
import {
  type AgedRecommendation,
  type StabilizationReason,
  stabilizationReason,
  stabilize,
  stabilizeLegacy,
} from './stabilize.ts';

/** The downscale stabilisation of the HPA's legacy path. */
export const LEGACY_WINDOW_MS = 300_000;

/** What one sync of the HPA looks at. */
export interface HpaInput {
  /** The count that the HPA holds: `scale.spec.replicas`. */
  readonly current: number;
  readonly min: number;
  readonly max: number;
  /** What each metric asks for; null: the metric could not be read. */
  readonly proposals: readonly (number | null)[];
  readonly recommendations: readonly AgedRecommendation[];
  readonly events: AgedEvents;
  /** null: the legacy path. */
  readonly behavior: Behavior | null;
  /** The built-in ramp of the legacy path; null switches it off. */
  readonly ramp: Ramp | null;
}

/** Why the HPA left the count or set it. */
export type HpaOutcome =
  | { readonly kind: 'disabled'; readonly replicas: number }
  | { readonly kind: 'failed'; readonly replicas: number }
  | { readonly kind: 'bounded'; readonly replicas: number; readonly reason: 'TooManyReplicas' | 'TooFewReplicas' }
  | {
      readonly kind: 'computed';
      readonly replicas: number;
      /** The highest proposal, before stabilisation and limits: what is remembered. */
      readonly recommendation: number;
      readonly stabilized: number;
      readonly stabilization: StabilizationReason;
      readonly limit: LimitReason;
    };

/** One sync. horizontal.go reconcileAutoscaler and computeReplicasForMetrics. */
export function hpaSync(input: HpaInput): HpaOutcome {
  const { current, min, max } = input;
  if (current === 0 && min !== 0) return { kind: 'disabled', replicas: 0 };
  if (current > max) return { kind: 'bounded', replicas: max, reason: 'TooManyReplicas' };
  if (current < min) return { kind: 'bounded', replicas: min, reason: 'TooFewReplicas' };
  const recommendation = highestProposal(input.proposals, current);
  if (recommendation === null) return { kind: 'failed', replicas: current };
  return input.behavior ? withBehavior(input, recommendation, input.behavior) : withoutBehavior(input, recommendation);
}

/** The highest of what can be read; null when nothing can, or when something cannot and the rest would scale down. */
function highestProposal(proposals: readonly (number | null)[], current: number): number | null {
  const readable = proposals.filter((proposal) => proposal !== null);
  if (readable.length === 0) return null;
  const highest = Math.max(...readable);
  return readable.length < proposals.length && highest < current ? null : highest;
}

function withBehavior(input: HpaInput, recommendation: number, behavior: Behavior): HpaOutcome {
  const { current } = input;
  const up = upWindowSeconds(behavior) * 1000;
  const down = downWindowSeconds(behavior) * 1000;
  const stabilized = stabilize(current, recommendation, input.recommendations, up, down);
  const limited = limitByPolicies(current, stabilized, input, behavior, input.events);
  return {
    kind: 'computed',
    replicas: limited.replicas,
    recommendation,
    stabilized,
    stabilization: stabilizationReason(current, recommendation, stabilized),
    limit: limited.reason,
  };
}

function withoutBehavior(input: HpaInput, recommendation: number): HpaOutcome {
  const stabilized = stabilizeLegacy(recommendation, input.recommendations, LEGACY_WINDOW_MS);
  const start = replicasAtStart(input.current, RAMP_PERIOD_MS, input.events);
  const limited = limitByRules(input.current, stabilized, input, input.ramp, start);
  return {
    kind: 'computed',
    replicas: limited.replicas,
    recommendation,
    stabilized,
    stabilization: stabilized === recommendation ? 'ReadyForNewScale' : 'ScaleDownStabilized',
    limit: limited.reason,
  };
}
