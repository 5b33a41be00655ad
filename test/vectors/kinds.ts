import type { Runner } from './fields.ts';
import { METRIC_RUNNERS } from './hpa-external.ts';
import { LIMIT_RUNNERS } from './hpa-limits.ts';
import { MEMORY_RUNNERS } from './hpa-memory.ts';
import { RECONCILE_RUNNERS } from './hpa-reconcile.ts';
import { KEDA_RUNNERS } from './keda.ts';
import { KEDA_API_RUNNERS } from './keda-api.ts';

/** What runs the vectors of each kind of hpa.json. */
export const RUNNERS: ReadonlyMap<string, Runner> = new Map(
  Object.entries<Runner>({
    ...METRIC_RUNNERS,
    ...LIMIT_RUNNERS,
    ...MEMORY_RUNNERS,
    ...RECONCILE_RUNNERS,
    ...KEDA_RUNNERS,
    ...KEDA_API_RUNNERS,
  }),
);

const CRON = 'trigger type cron comes later';
const MODIFIERS = 'scaling modifiers are a later trigger';

/** Kinds that are left out as a whole, and why. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['kedaMetricsApiValue', 'trigger type metrics-api comes later'],
  ['kedaPrometheusResult', 'trigger type prometheus comes later'],
  ['kedaWorkload', 'trigger type kubernetes-workload comes later'],
  ['kedaFormulaVariable', MODIFIERS],
  ['kedaMetricNameIndex', 'the product names no metrics'],
  ['resourceUtilization', 'pod resource metrics'],
]);

/** Why a kind is left out; null: it is not. */
export function reasonToLeaveOut(kind: string): string | null {
  if (kind.startsWith('kedaCron')) return CRON;
  if (kind.startsWith('kedaScalingModifiers')) return MODIFIERS;
  return LEFT_OUT.get(kind) ?? null;
}
