import { downWindowSeconds } from './behavior.ts';
import type { Evaluation, TriggerStep } from './evaluate.ts';
import { LEGACY_WINDOW_MS } from './hpa.ts';
import type { DemandSpec, TriggerDemand } from './spec.ts';

/** One evaluation in sentences, from the readings to the total. */
export function describeEvaluation(evaluation: Evaluation, spec: DemandSpec): readonly string[] {
  if (evaluation.pause.kind === 'paused') return [`paused by annotation: the total stays ${evaluation.after}`];
  if (evaluation.pause.kind === 'replicas') return [`paused by annotation at ${evaluation.after}`];
  const lines = evaluation.triggers.map((step) => describeTrigger(step, spec, evaluation));
  lines.push(...describeActivation(evaluation, spec), ...describeScaling(evaluation, spec));
  lines.push(
    evaluation.before === evaluation.after
      ? `total stays ${evaluation.after}`
      : `total ${evaluation.before} -> ${evaluation.after}`,
  );
  return lines;
}

/** The shortest true reason of a total: one sentence without the numbers before and after. */
export function summarize(evaluation: Evaluation, spec: DemandSpec): string {
  if (evaluation.pause.kind === 'paused') return 'paused by annotation';
  if (evaluation.pause.kind === 'replicas') return `paused by annotation at ${evaluation.after}`;
  const deciding = decidingStep(evaluation);
  const parts = deciding ? [describeProposal(deciding, spec, evaluation)] : [];
  const isHeldByProblem =
    evaluation.scaling?.kind === 'failed' || (!deciding && evaluation.activation?.replicas === null);
  const problem = evaluation.triggers.find((step) => step.problem !== null);
  if (problem && isHeldByProblem) return `${problem.problem}; the total is not changed`;
  if (evaluation.activation?.reason === 'ScalerNotActive' && evaluation.activation.replicas !== null) {
    return evaluation.activation.replicas === 0 ? notActiveToZero(evaluation, spec) : 'not active: the minimum holds';
  }
  // It falls with the end of the cooldown, whatever stabilisation holds until then.
  if (evaluation.activation?.reason === 'ScalerCooldown') return describeActivation(evaluation, spec).join('; ');
  parts.push(...describeScaling(evaluation, spec));
  return parts.length > 0 ? parts.join('; ') : describeActivation(evaluation, spec).join('; ') || 'nothing is active';
}

function notActiveToZero(evaluation: Evaluation, spec: DemandSpec): string {
  const values = evaluation.triggers.map(describeValue).join(', ');
  return spec.cooldownMs < 0
    ? `${values}: not active`
    : `${values}: not active for more than ${spec.cooldownMs / 1000} s`;
}

/** The trigger with the highest proposal. */
function decidingStep(evaluation: Evaluation): TriggerStep | null {
  let best: TriggerStep | null = null;
  for (const step of evaluation.triggers) {
    if (step.proposal && (!best?.proposal || step.proposal.replicas > best.proposal.replicas)) best = step;
  }
  return best;
}

function describeTrigger(step: TriggerStep, spec: DemandSpec, evaluation: Evaluation): string {
  if (step.value === null) return `${step.trigger} has no reading: ${step.problem ?? 'unknown'}`;
  const trigger = spec.triggers.find(({ id }) => id === step.trigger);
  const activity = step.isActive ? 'active' : `not active (not above ${trigger?.activation ?? 0})`;
  if (step.isFallback) return describeProposal(step, spec, evaluation);
  if (step.problem) return `${step.trigger} is ${step.value}, ${activity}, but ${step.problem}`;
  if (!step.proposal) return `${step.trigger} is ${step.value}: ${activity}`;
  return `${activity}: ${describeProposal(step, spec, evaluation)}`;
}

function describeProposal(step: TriggerStep, spec: DemandSpec, evaluation: Evaluation): string {
  const trigger = spec.triggers.find(({ id }) => id === step.trigger);
  if (!step.proposal || !trigger) return describeValue(step);
  const value = step.isFallback ? describeValue(step) : `${step.trigger} ${round(step.value ?? 0)}`;
  const target = targetText(trigger);
  if (step.proposal.isWithinTolerance) {
    const percent = round(100 * (step.proposal.ratio > 1 ? spec.tolerance.up : spec.tolerance.down));
    const current = evaluation.activation?.replicas ?? evaluation.before;
    return `${value} of ${target} on ${plural(current)} is a ratio of ${round(step.proposal.ratio)}, inside the tolerance of ${percent} %`;
  }
  return `${value} / ${target} = ${plural(step.proposal.replicas)}`;
}

/** A number that stands for a reading is never told as one. */
function describeValue({ trigger, problem, value, isFallback }: TriggerStep): string {
  if (!isFallback) return `${trigger} is ${value}`;
  return `${trigger} cannot be read (${problem}), its fallback counts as ${round(value ?? 0)}`;
}

function targetText(trigger: TriggerDemand): string {
  return trigger.metricType === 'AverageValue'
    ? `${round(trigger.target)} per replica`
    : `target ${round(trigger.target)}`;
}

function describeActivation({ activation }: Evaluation, spec: DemandSpec): readonly string[] {
  if (!activation) return [];
  switch (activation.reason) {
    case 'ScalerActive':
      return activation.replicas === null ? [] : [`activated at ${activation.replicas}`];
    case 'ScalerCooldown':
      return [`nothing is active; waiting for the cooldown of ${spec.cooldownMs / 1000} s`];
    case 'ScalerNotActive':
      return activation.replicas === null ? [] : [`nothing is active: ${activation.replicas}`];
    case 'PausedScaleIn':
      return ['scaling in is paused by annotation'];
    case 'PausedScaleOut':
      return ['scaling out is paused by annotation'];
    case 'PartialTriggerError':
      return ['a trigger cannot be read: the total may rise, but not fall'];
    case 'TriggerError':
      return ['no trigger can be read: the total is not changed'];
    case 'WaitingForFallback':
      return ['a trigger cannot be read: waiting for the fallback'];
  }
}

function describeScaling({ scaling }: Evaluation, spec: DemandSpec): readonly string[] {
  if (!scaling || scaling.kind === 'disabled') return [];
  if (scaling.kind === 'failed') return ['the metrics that can be read would lower it, which a missing one forbids'];
  if (scaling.kind === 'bounded') return [boundText(scaling.reason, spec)];
  const lines: string[] = [];
  if (scaling.stabilization === 'ScaleDownStabilized') {
    lines.push(`stabilisation holds ${scaling.stabilized}, which was recommended in the last ${downSeconds(spec)} s`);
  }
  if (scaling.stabilization === 'ScaleUpStabilized') {
    lines.push(`stabilisation allows ${scaling.stabilized} until the rise has lasted for its window`);
  }
  if (scaling.limit === 'ScaleUpLimit') lines.push(`policies of scaling up allow ${scaling.replicas} now`);
  if (scaling.limit === 'ScaleDownLimit') lines.push(`policies of scaling down allow ${scaling.replicas} now`);
  if (scaling.limit === 'TooManyReplicas' || scaling.limit === 'TooFewReplicas')
    lines.push(boundText(scaling.limit, spec));
  return lines;
}

function downSeconds({ behavior }: DemandSpec): number {
  return behavior ? downWindowSeconds(behavior) : LEGACY_WINDOW_MS / 1000;
}

function boundText(reason: 'TooManyReplicas' | 'TooFewReplicas', spec: DemandSpec): string {
  if (reason === 'TooManyReplicas') return `limited to maxReplicaCount ${spec.maxReplicaCount}`;
  return `raised to the minimum of ${Math.max(1, spec.minReplicaCount ?? 1)} while it is active`;
}

function plural(replicas: number): string {
  return replicas === 1 ? '1 replica' : `${replicas} replicas`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
