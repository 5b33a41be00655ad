import { describeEvaluation, summarize } from '../demand/describe.ts';
import type { Evaluation } from '../demand/evaluate.ts';
import type { Reading } from '../demand/reading.ts';
import type { DemandSpec } from '../demand/spec.ts';
import type { SplitResult } from '../split/split.ts';

/** What may change at a moment. */
export type Change = 'readings' | 'demand' | 'limit' | 'total' | 'replicas';

/** All that holds from one moment to the next. */
export interface Standing {
  /** Milliseconds, in the epoch of the series. */
  readonly at: number;
  readonly readings: ReadonlyMap<string, Reading>;
  /** What the triggers ask for without any limit; null: nothing was read yet. */
  readonly demand: number | null;
  /** In words, why the total is not the raw demand; empty when it is. */
  readonly limit: string;
  readonly total: number;
  readonly split: SplitResult;
}

/** A moment at which something changed. */
export interface Moment extends Standing {
  readonly changed: readonly Change[];
}

/** What differs between two moments. */
export function changesBetween(before: Standing, after: Standing): readonly Change[] {
  const changed: Change[] = [];
  if (haveReadingsChanged(before.readings, after.readings)) changed.push('readings');
  if (before.demand !== after.demand) changed.push('demand');
  if (before.limit !== after.limit) changed.push('limit');
  if (before.total !== after.total) changed.push('total');
  if (haveReplicasChanged(before.split, after.split)) changed.push('replicas');
  return changed;
}

/** Why the total is not the raw demand, in the words of the product. */
export function limitText(evaluation: Evaluation, spec: DemandSpec, demand: number | null): string {
  const isMissing = evaluation.triggers.some(({ problem }) => problem !== null);
  if (demand === evaluation.after && !isMissing) return '';
  const lines = describeEvaluation(evaluation, spec);
  // Between the line of each trigger and the one of the total stands what activation, windows, policies and bounds did.
  const limits = lines.slice(evaluation.triggers.length, -1);
  return isMissing || limits.length === 0 ? summarize(evaluation, spec) : limits.join('; ');
}

function haveReadingsChanged(before: ReadonlyMap<string, Reading>, after: ReadonlyMap<string, Reading>): boolean {
  if (before === after) return false;
  if (before.size !== after.size) return true;
  for (const [id, reading] of after) if (numberOf(before.get(id)) !== numberOf(reading)) return true;
  return false;
}

function numberOf(reading: Reading | undefined): number | null {
  return reading?.kind === 'value' ? reading.value : null;
}

function haveReplicasChanged(before: SplitResult, after: SplitResult): boolean {
  return before !== after && after.shares.some(({ replicas }, index) => before.shares[index]?.replicas !== replicas);
}
