import { type Behavior, downWindowSeconds, longestPeriodSeconds, upWindowSeconds } from './behavior.ts';
import { fallbackStart } from './fallback.ts';
import { LEGACY_WINDOW_MS } from './hpa.ts';
import { type AgedEvents, isOutdated, RAMP_PERIOD_MS } from './limits.ts';
import type { Reading } from './reading.ts';
import type { DemandSpec } from './spec.ts';
import type { AgedRecommendation } from './stabilize.ts';

/** A reading that holds until the next observation. Times are epoch milliseconds. */
export interface HeldReading {
  /** Id of its trigger. */
  readonly trigger: string;
  readonly reading: Reading;
  /** First failure in a row; null while it can be read. */
  readonly failingSince: number | null;
}

/** A recommendation of the HPA; it holds from `since` to `until`, null while it is the current one. */
export interface Recommendation {
  readonly replicas: number;
  readonly since: number;
  readonly until: number | null;
}

/** A change of the total that policies look at. */
export interface ScaleEvent {
  readonly at: number;
  /** Positive upwards, negative downwards. */
  readonly change: number;
}

/** All that demand remembers. Bounded by windows, policies and triggers. */
export interface DemandState {
  /** The decided total: what the HPA would hold in `scale.spec.replicas`. */
  readonly total: number;
  /** Everything up to this instant is in the state. */
  readonly asOf: number;
  /** When the object was created, or first seen. */
  readonly createdAt: number;
  /** A trigger is active and none fails: `lastActiveTime` moves with the clock. */
  readonly isRefreshing: boolean;
  /** End of the last active interval; null: never active. */
  readonly lastActiveTime: number | null;
  readonly isPaused: boolean;
  readonly readings: readonly HeldReading[];
  readonly recommendations: readonly Recommendation[];
  readonly events: readonly ScaleEvent[];
}

/**
 * The state of a workload that holds `total` at `now`. Above 0 the total is also the first recommendation and the
 * workload counts as active until now, so that nothing stops before one window and one cooldown have passed.
 */
export function seedState(total: number, now: number, createdAt: number = now): DemandState {
  return {
    total,
    asOf: now,
    createdAt,
    isRefreshing: false,
    lastActiveTime: total > 0 ? now : null,
    isPaused: false,
    readings: [],
    recommendations: total > 0 ? [{ replicas: total, since: now, until: null }] : [],
    events: [],
  };
}

/** Ends the current recommendation: its age counts from here. */
export function closeRecommendation(
  recommendations: readonly Recommendation[],
  now: number,
): readonly Recommendation[] {
  const last = recommendations.at(-1);
  if (!last || last.until !== null) return recommendations;
  return [...recommendations.slice(0, -1), { ...last, until: now }];
}

/** Starts a recommendation, or goes on with the one that ended just now with the same count. */
export function openRecommendation(
  recommendations: readonly Recommendation[],
  replicas: number,
  now: number,
): readonly Recommendation[] {
  const last = recommendations.at(-1);
  if (last && last.replicas === replicas && last.until === now) {
    return [...recommendations.slice(0, -1), { ...last, until: null }];
  }
  return [...recommendations, { replicas, since: now, until: null }];
}

/** Recommendations with their ages; the current one counts as ending now. */
export function agedRecommendations(
  recommendations: readonly Recommendation[],
  now: number,
): readonly AgedRecommendation[] {
  return recommendations.map(({ replicas, until }) => ({ replicas, ageMs: now - (until ?? now) }));
}

/** Scale events with their ages, by direction. */
export function agedEvents(events: readonly ScaleEvent[], now: number): AgedEvents {
  const aged = events.map(({ at, change }) => ({ change, ageMs: now - at }));
  return {
    up: aged.filter(({ change }) => change > 0),
    down: aged.filter(({ change }) => change < 0).map(({ change, ageMs }) => ({ change: -change, ageMs })),
  };
}

/** How long things matter under a spec, in milliseconds. */
interface Horizon {
  readonly up: number;
  readonly down: number;
  /** A recommendation exactly as old as the window still counts: only without a behavior. */
  readonly isInclusive: boolean;
  readonly event: number;
}

function horizonOf(behavior: Behavior | null, hasRamp: boolean): Horizon {
  if (!behavior) return { up: 0, down: LEGACY_WINDOW_MS, isInclusive: true, event: hasRamp ? RAMP_PERIOD_MS : 0 };
  return {
    up: upWindowSeconds(behavior) * 1000,
    down: downWindowSeconds(behavior) * 1000,
    isInclusive: false,
    event: 1000 * Math.max(longestPeriodSeconds(behavior.scaleUp), longestPeriodSeconds(behavior.scaleDown)),
  };
}

/** Drops what can no longer change a result: aged out, or covered by a later recommendation in both windows. */
export function prune(state: DemandState, spec: DemandSpec): DemandState {
  const horizon = horizonOf(spec.behavior, spec.ramp !== null);
  const now = state.asOf;
  const isKept = ({ at, change }: ScaleEvent): boolean => !isOutdated({ change, ageMs: now - at }, horizon.event);
  // Without policies and ramp nothing looks at events at all.
  const events = horizon.event === 0 ? [] : state.events.filter(isKept);
  return { ...state, events, recommendations: pruneRecommendations(state.recommendations, horizon, now) };
}

function pruneRecommendations(
  recommendations: readonly Recommendation[],
  horizon: Horizon,
  now: number,
): readonly Recommendation[] {
  const kept: Recommendation[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const recommendation of recommendations.toReversed()) {
    const age = now - (recommendation.until ?? now);
    const isInUp = age < horizon.up && recommendation.replicas < lowest;
    const isInDown =
      (horizon.isInclusive ? age <= horizon.down : age < horizon.down) && recommendation.replicas > highest;
    if (recommendation.until !== null && !isInUp && !isInDown) continue;
    kept.push(recommendation);
    lowest = Math.min(lowest, recommendation.replicas);
    highest = Math.max(highest, recommendation.replicas);
  }
  return kept.reverse();
}

/** The instants after `state.asOf` at which the same readings may give another total. */
export function nextDeadline(state: DemandState, spec: DemandSpec): number | null {
  let next = Number.POSITIVE_INFINITY;
  const consider = (instant: number): void => {
    if (instant > state.asOf && instant < next) next = instant;
  };
  if (spec.pause.kind !== 'none') return null;
  const horizon = horizonOf(spec.behavior, spec.ramp !== null);
  for (const { until } of state.recommendations) {
    // At 0 the scaling phase is off: only a reading or a fallback can end that.
    if (until === null || state.total === 0) continue;
    consider(until + horizon.up);
    consider(until + horizon.down + (horizon.isInclusive ? 1 : 0));
  }
  const events = state.total === 0 ? [] : state.events;
  for (const period of policyPeriods(spec)) for (const { at } of events) consider(at + period);
  considerCooldown(state, spec, consider);
  considerFallback(state, spec, consider);
  return Number.isFinite(next) ? next : null;
}

function policyPeriods(spec: DemandSpec): readonly number[] {
  if (!spec.behavior) return spec.ramp ? [RAMP_PERIOD_MS] : [];
  const policies = [...spec.behavior.scaleUp.policies, ...spec.behavior.scaleDown.policies];
  return [...new Set(policies.map(({ periodSeconds }) => periodSeconds * 1000))];
}

/** The cooldown is over when more than it has passed: 1 ms after its bound. */
function considerCooldown(state: DemandState, spec: DemandSpec, consider: (instant: number) => void): void {
  if (state.isRefreshing || state.total === 0) return;
  if (state.lastActiveTime === null) consider(state.createdAt + spec.initialCooldownMs + 1);
  else consider(state.lastActiveTime + spec.cooldownMs + 1);
}

function considerFallback(state: DemandState, spec: DemandSpec, consider: (instant: number) => void): void {
  if (!spec.fallback) return;
  for (const { failingSince } of state.readings) {
    if (failingSince !== null) consider(fallbackStart(failingSince, spec.fallback, spec.pollingIntervalMs));
  }
}
