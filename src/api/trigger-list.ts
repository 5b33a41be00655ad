import type { Problem } from './problem.ts';

/** What the checks of a trigger list look at. */
export interface TriggerEntry {
  readonly type: string;
  readonly name?: string | undefined;
  readonly metricType?: string | undefined;
  readonly useCachedMetrics?: boolean | undefined;
}

const WITHOUT_CACHE = new Set(['cpu', 'memory', 'cron']);
const RESOURCE_TRIGGERS = new Set(['cpu', 'memory']);

/** KEDA apis/keda/v1alpha1/scaletriggers_types.go ValidateTriggers. Paths start at the list. */
export function checkTriggers(triggers: readonly TriggerEntry[]): readonly Problem[] {
  const problems: Problem[] = [];
  const first = new Map<string, number>();
  if (triggers.length === 0) problems.push({ path: [], message: 'expected at least one trigger; found none' });
  for (const [index, { type, name, useCachedMetrics }] of triggers.entries()) {
    if (useCachedMetrics && WITHOUT_CACHE.has(type)) {
      problems.push({
        path: [index, 'useCachedMetrics'],
        message: `is not supported for the ${type} trigger; remove it`,
      });
    }
    if (!name) continue;
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else
      problems.push({ path: [index, 'name'], message: `expected a unique name; "${name}" is trigger ${earlier}, too` });
  }
  return problems;
}

/** How a trigger is compared, or why it cannot be. KEDA pkg/scalers/scaler.go GetMetricTargetType. */
export function metricTypeOf(metricType: string | undefined): 'AverageValue' | 'Value' | null {
  if (metricType === undefined || metricType === '') return 'AverageValue';
  return metricType === 'AverageValue' || metricType === 'Value' ? metricType : null;
}

/** A fallback that KEDA refuses. KEDA apis/keda/v1alpha1/scaledobject_types.go CheckFallbackValid. */
export function checkFallback(
  fallback: { readonly failureThreshold: number; readonly replicas: number },
  triggers: readonly TriggerEntry[],
): readonly Problem[] {
  const problems: Problem[] = [];
  for (const key of ['failureThreshold', 'replicas'] as const) {
    if (fallback[key] < 0) problems.push({ path: [key], message: `expected 0 or more; found ${fallback[key]}` });
  }
  if (triggers.every(({ type }) => RESOURCE_TRIGGERS.has(type))) {
    problems.push({ path: [], message: 'needs at least one trigger that is not cpu or memory' });
  }
  return problems;
}
