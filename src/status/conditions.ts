import { formatProblem } from '../api/problem.ts';
import type { Condition } from '../api/status.ts';
import type { DsoOutcome } from '../reconcile/outcome.ts';
import { cutToBytes } from './cut-to-bytes.ts';
import { isOnItsWay } from './on-its-way.ts';
import type { Standing } from './standing.ts';

/** Types of conditions, and what they tell. */
export const CONDITIONS = {
  Ready: 'True: the branches hold what is decided. False: something is in the way, or a trigger cannot be read',
  ScaledObjectActive: 'whether a trigger is active',
  Paused: 'whether an annotation pauses it',
  Delivered: 'whether every destination has what is decided; Unknown: nothing is decided',
  Confirmed: 'whether the members run it; Unknown as long as members are not observed',
  Reconciling: 'only while something is on its way or waits',
  Stalled: 'only while a person has to act',
  Held: 'only while a person holds it, by `hold`, a hand edit, a revert or a pull request',
} as const;

/** A condition before it is known when it changed. */
export interface Fact extends Pick<Condition, 'status' | 'reason' | 'message'> {
  readonly type: keyof typeof CONDITIONS;
}

/** The longest message of a condition that is useful, in bytes; the CRD takes 32,768 characters. */
const MAX_MESSAGE = 4096;

/**
 * The conditions of one DSO. Reconciling, Stalled and Held are there only while they hold, as kstatus wants it
 * (sigs.k8s.io/cli-utils pkg/kstatus).
 */
export function factsOf(outcome: DsoOutcome, standing: Standing): readonly Fact[] {
  const { verdict } = outcome;
  const ready = readyOf(outcome, standing);
  const facts = [ready, activeOf(outcome), pausedOf(outcome), deliveredOf(outcome, standing), CONFIRMED];
  if (standing.waiting.length > 0) facts.push(reconcilingOf(standing));
  else if (verdict.kind === 'wait') facts.push({ ...ready, type: 'Reconciling', status: 'True' });
  // Only a person ends either, so nobody has to wait for it: kstatus says Failed then, and InProgress otherwise.
  if (verdict.kind === 'stalled' || verdict.kind === 'held') facts.push({ ...ready, type: 'Stalled', status: 'True' });
  if (verdict.kind === 'held') facts.push({ ...ready, type: 'Held', status: 'True' });
  return facts.map((fact) => ({ ...fact, message: cutToBytes(fact.message, MAX_MESSAGE) }));
}

const CONFIRMED: Fact = {
  type: 'Confirmed',
  status: 'Unknown',
  reason: 'NotObserved',
  message: 'no member is observed; what is committed is shown',
};

function readyOf(outcome: DsoOutcome, standing: Standing): Fact {
  const { verdict, problems } = outcome;
  const missing = missingOf(outcome);
  const lack = missing.map(({ message }) => message).join('; ');
  if ('message' in verdict) {
    const why =
      verdict.kind === 'stalled' && problems.length > 0 ? problems.map(formatProblem).join('\n') : verdict.message;
    return { type: 'Ready', status: 'False', reason: verdict.reason, message: lack === '' ? why : `${why}; ${lack}` };
  }
  const [waiting] = standing.waiting;
  if (waiting) return { type: 'Ready', status: 'False', reason: waiting.reason, message: pendingMessage(standing) };
  const counts = countsText(outcome, standing);
  const [first] = missing;
  if (!first) return { type: 'Ready', status: 'True', reason: 'Committed', message: counts };
  const isFallback = outcome.decided?.evaluations.at(-1)?.triggers.some((step) => step.isFallback) === true;
  if (isFallback) return { type: 'Ready', status: 'True', reason: 'Fallback', message: `${counts}; fallback: ${lack}` };
  return { type: 'Ready', status: 'False', reason: first.reason, message: `${lack}; not lowered: ${counts}` };
}

function missingOf({ readings }: DsoOutcome): readonly { readonly reason: string; readonly message: string }[] {
  return [...readings.values()].flatMap(({ reading }) => (reading.kind === 'missing' ? [reading] : []));
}

function activeOf({ decided }: DsoOutcome): Fact {
  const type = 'ScaledObjectActive';
  const last = decided?.evaluations.at(-1);
  if (!last) return { type, status: 'Unknown', reason: 'NotEvaluated', message: 'the triggers were not evaluated' };
  if (last.pause.kind !== 'none')
    return { type, status: 'Unknown', reason: 'NotEvaluated', message: 'paused: the triggers are not evaluated' };
  const active = last.triggers.filter(({ isActive }) => isActive).map(({ trigger }) => trigger);
  if (active.length > 0)
    return { type, status: 'True', reason: 'ScalerActive', message: `active: ${active.join(', ')}` };
  const unknown = last.triggers.filter(({ value }) => value === null).map(({ trigger }) => trigger);
  if (unknown.length > 0)
    return { type, status: 'Unknown', reason: 'TriggerError', message: `cannot be read: ${unknown.join(', ')}` };
  return { type, status: 'False', reason: 'ScalerNotActive', message: 'no trigger is active' };
}

function pausedOf({ placed }: DsoOutcome): Fact {
  const pause = placed?.dso.demand.pause ?? { kind: 'none' };
  if (pause.kind === 'none') return { type: 'Paused', status: 'False', reason: 'NotPaused', message: 'not paused' };
  const message =
    pause.kind === 'replicas' ? `paused at ${pause.replicas} replicas by annotation` : 'paused by annotation';
  return { type: 'Paused', status: 'True', reason: 'Paused', message };
}

function deliveredOf(outcome: DsoOutcome, standing: Standing): Fact {
  const type = 'Delivered';
  const [waiting] = standing.waiting;
  if (waiting) return { type, status: 'False', reason: waiting.reason, message: pendingMessage(standing) };
  const { verdict, placed } = outcome;
  if (!placed || 'message' in verdict) {
    const reason = 'reason' in verdict ? verdict.reason : 'NotDecided';
    return { type, status: 'Unknown', reason, message: 'nothing was decided' };
  }
  return { type, status: 'True', reason: 'Committed', message: `${placed.home.branch} holds the decided numbers` };
}

function reconcilingOf(standing: Standing): Fact {
  const isCalm = standing.waiting.every((one) => isOnItsWay(one.reason));
  const reason = isCalm ? 'Progressing' : 'ProgressingWithRetry';
  return { type: 'Reconciling', status: 'True', reason, message: pendingMessage(standing) };
}

function pendingMessage({ waiting }: Standing): string {
  return waiting.map(({ destination, message }) => `${destination}: ${message}`).join('; ');
}

function countsText({ decided }: DsoOutcome, { committed, state }: Standing): string {
  const members = [...committed].map(([name, count]) => `${name} ${count ?? '-'}`).join(', ');
  const unplaced = decided?.split?.unplaced ?? 0;
  const rest = unplaced > 0 ? `; ${unplaced} cannot be placed on any member` : '';
  return `total ${state?.demand.total ?? 0} (${members})${rest}`;
}
