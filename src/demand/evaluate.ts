import { type Activation, activation } from './activation.ts';
import { failureCount, fallbackValue } from './fallback.ts';
import { type HpaOutcome, hpaSync } from './hpa.ts';
import { averageValueProposal, type Proposal, valueProposal } from './metric.ts';
import { toMilli } from './quantity.ts';
import { type DemandSpec, hpaMinReplicas, type TriggerDemand } from './spec.ts';
import {
  agedEvents,
  agedRecommendations,
  closeRecommendation,
  type DemandState,
  openRecommendation,
  prune,
} from './state.ts';

/** What one trigger gave at an evaluation. */
export interface TriggerStep {
  readonly trigger: string;
  /** null: no reading, and no fallback in effect. */
  readonly value: number | null;
  readonly isFallback: boolean;
  readonly isActive: boolean;
  /** null: not asked, or it could not be computed. */
  readonly proposal: Proposal | null;
  /** Why there is no value. */
  readonly problem: string | null;
}

/** One evaluation, with every number that led to its total. */
export interface Evaluation {
  readonly at: number;
  readonly before: number;
  readonly after: number;
  readonly pause: DemandSpec['pause'];
  readonly triggers: readonly TriggerStep[];
  readonly activation: Activation | null;
  /** null: the scaling phase was off, the workload is at 0. */
  readonly scaling: HpaOutcome | null;
}

/** The last evaluation that moved the total; undefined: none did. */
export function lastMove(evaluations: readonly Evaluation[]): Evaluation | undefined {
  return evaluations.filter(({ before, after }) => before !== after).at(-1);
}

/** The next state and how it came about. */
export interface Evaluated {
  readonly state: DemandState;
  /** In order; the last one changed nothing unless it is the only one. */
  readonly evaluations: readonly Evaluation[];
}

const NOT_READY = 'metricType Value multiplies by ready pods, and no ready count is confirmed';

/** How often one instant may change the total before it must be stable: a bound to fail by, never reached. */
const MAX_ROUNDS = 64;

/**
 * Evaluates the held readings at `state.asOf` until nothing changes any more, so that one more evaluation of the same
 * instant changes nothing.
 *
 * @param readyReplicas confirmed ready pods; null: not known, then `Value` metrics cannot be read
 */
export function evaluate(state: DemandState, spec: DemandSpec, readyReplicas: number | null): Evaluated {
  const evaluations: Evaluation[] = [];
  let current = state;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = evaluateOnce(current, spec, readyReplicas);
    if (round === 0 || next.evaluation.after !== next.evaluation.before) evaluations.push(next.evaluation);
    current = next.state;
    if (next.evaluation.after === next.evaluation.before) return { state: prune(current, spec), evaluations };
  }
  throw new Error(`demand did not settle at ${new Date(state.asOf).toISOString()} after ${MAX_ROUNDS} rounds`);
}

function evaluateOnce(
  state: DemandState,
  spec: DemandSpec,
  readyReplicas: number | null,
): { state: DemandState; evaluation: Evaluation } {
  if (spec.pause.kind !== 'none') return pausedEvaluation(state, spec);
  const resumed = state.isPaused ? resume(state) : state;
  const triggers = spec.triggers.map((trigger) => triggerStep(trigger, resumed, spec, readyReplicas));
  const executor = applyActivation(resumed, spec, triggers);
  const scaled = applyScaling(executor.state, spec, triggers, readyReplicas);
  const evaluation: Evaluation = {
    at: state.asOf,
    before: state.total,
    after: scaled.state.total,
    pause: spec.pause,
    triggers: scaled.triggers,
    activation: executor.activation,
    scaling: scaled.scaling,
  };
  return { state: scaled.state, evaluation };
}

/** While paused KEDA has no HPA: what it remembered is gone, and the count stays, or is the annotation's. */
function pausedEvaluation(state: DemandState, spec: DemandSpec): { state: DemandState; evaluation: Evaluation } {
  const total = spec.pause.kind === 'replicas' ? spec.pause.replicas : state.total;
  const paused: DemandState = {
    ...state,
    total,
    isPaused: true,
    isRefreshing: false,
    lastActiveTime: state.isRefreshing ? state.asOf : state.lastActiveTime,
    recommendations: [],
    events: [],
  };
  const evaluation: Evaluation = {
    at: state.asOf,
    before: state.total,
    after: total,
    pause: spec.pause,
    triggers: [],
    activation: null,
    scaling: null,
  };
  return { state: paused, evaluation };
}

/** A new HPA starts with the count it finds as its first recommendation. */
function resume(state: DemandState): DemandState {
  const recommendations = state.total > 0 ? [{ replicas: state.total, since: state.asOf, until: null }] : [];
  return { ...state, isPaused: false, recommendations };
}

function triggerStep(
  trigger: TriggerDemand,
  state: DemandState,
  spec: DemandSpec,
  readyReplicas: number | null,
): TriggerStep {
  const held = state.readings.find((reading) => reading.trigger === trigger.id);
  const base = { trigger: trigger.id, proposal: null, isFallback: false, problem: null };
  if (!held) return { ...base, value: null, isActive: false, problem: 'it was never read' };
  if (held.reading.kind === 'value') {
    if (trigger.metricType === 'Value' && readyReplicas === null) {
      return { ...base, value: null, isActive: false, problem: NOT_READY };
    }
    const { value } = held.reading;
    return { ...base, value, isActive: value > trigger.activation };
  }
  const problem = held.reading.message;
  const failures = failureCount(held.failingSince ?? state.asOf, state.asOf, spec.pollingIntervalMs);
  const value = spec.fallback ? fallbackValue(spec.fallback, trigger, failures, state.total, readyReplicas) : null;
  return { ...base, value, isFallback: value !== null, isActive: value !== null, problem };
}

function applyActivation(
  state: DemandState,
  spec: DemandSpec,
  triggers: readonly TriggerStep[],
): { state: DemandState; activation: Activation } {
  const now = state.asOf;
  const lastActiveTime = state.isRefreshing ? now : state.lastActiveTime;
  const isError = triggers.some(({ value }) => value === null);
  const result = activation({
    current: state.total,
    min: spec.minReplicaCount,
    idle: spec.idleReplicaCount,
    isActive: spec.isActivationForced || triggers.some(({ isActive }) => isActive),
    isError,
    fallback: spec.fallback,
    isScaleInPaused: spec.isScaleInPaused,
    isScaleOutPaused: spec.isScaleOutPaused,
    sinceLastActiveMs: lastActiveTime === null ? null : now - lastActiveTime,
    sinceCreationMs: now - state.createdAt,
    cooldownMs: spec.cooldownMs,
    initialCooldownMs: spec.initialCooldownMs,
  });
  const isLoweredBlindly = isError && result.replicas !== null && result.replicas < state.total;
  const effective: Activation = isLoweredBlindly ? { ...result, replicas: null, reason: 'WaitingForFallback' } : result;
  return {
    state: {
      ...state,
      total: effective.replicas ?? state.total,
      // Activating with a failing trigger sets the time once; it moves on only while none fails.
      isRefreshing: effective.isRefreshed && !isError,
      lastActiveTime: effective.isRefreshed ? now : lastActiveTime,
    },
    activation: effective,
  };
}

function applyScaling(
  state: DemandState,
  spec: DemandSpec,
  triggers: readonly TriggerStep[],
  readyReplicas: number | null,
): { state: DemandState; triggers: readonly TriggerStep[]; scaling: HpaOutcome | null } {
  const now = state.asOf;
  const recommendations = closeRecommendation(state.recommendations, now);
  if (state.total === 0) return { state: { ...state, recommendations }, triggers, scaling: null };
  const proposed = spec.triggers.map((trigger, index) => propose(trigger, triggers[index], state, spec, readyReplicas));
  const scaling = hpaSync({
    current: state.total,
    min: hpaMinReplicas(spec.minReplicaCount),
    max: spec.maxReplicaCount,
    proposals: proposed.map(({ proposal }) => proposal?.replicas ?? null),
    recommendations: agedRecommendations(recommendations, now),
    events: agedEvents(state.events, now),
    behavior: spec.behavior,
    ramp: spec.ramp,
  });
  return {
    state: {
      ...state,
      total: scaling.replicas,
      recommendations:
        scaling.kind === 'computed'
          ? openRecommendation(recommendations, scaling.recommendation, now)
          : recommendations,
      events: withEvent(state, spec, scaling.replicas),
    },
    triggers: proposed,
    scaling,
  };
}

function propose(
  trigger: TriggerDemand,
  step: TriggerStep | undefined,
  state: DemandState,
  spec: DemandSpec,
  readyReplicas: number | null,
): TriggerStep {
  if (!step) throw new Error(`no step for trigger ${trigger.id}`);
  if (step.value === null) return step;
  const values = [toMilli(step.value)];
  const target = toMilli(trigger.target);
  if (trigger.metricType === 'AverageValue') {
    return { ...step, proposal: averageValueProposal(values, target, state.total, spec.tolerance) };
  }
  if (!readyReplicas) return { ...step, problem: NOT_READY };
  return { ...step, proposal: valueProposal(values, target, state.total, readyReplicas, spec.tolerance) };
}

function withEvent(state: DemandState, spec: DemandSpec, after: number): DemandState['events'] {
  const change = after - state.total;
  if (change === 0 || (!spec.behavior && !spec.ramp)) return state.events;
  return [...state.events, { at: state.asOf, change }];
}
