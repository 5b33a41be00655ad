import * as z from 'zod';
import { adviseBounds, checkBounds } from '../../src/api/bounds.ts';
import { checkFallback, checkTriggers, metricTypeOf } from '../../src/api/trigger-list.ts';
import type { HubObject, HubValue } from '../../src/triggers/hub-object.ts';
import { parseKubernetesResource, readKubernetesResource } from '../../src/triggers/kubernetes-resource.ts';
import { compareExpected, type HpaCase, type Runner, skip } from './fields.ts';
import type { VectorResult } from './result.ts';

const Count = z.number().nullish();
const Bounds = z.object({ minReplicaCount: Count, maxReplicaCount: Count, idleReplicaCount: Count });
const Triggers = z.object({
  triggers: z
    .array(z.object({ type: z.string(), name: z.string().optional(), useCachedMetrics: z.boolean().optional() }))
    .nullish(),
});
const Fallback = z.object({
  fallback: z.object({ failureThreshold: z.number(), replicas: z.number() }).nullish(),
  scalingModifiers: z.unknown(),
  triggers: z.array(z.object({ type: z.string() })),
});
const Advice = z.object({
  ...Bounds.partial().shape,
  pollingInterval: Count,
  cooldownPeriod: Count,
  useCachedMetrics: z.boolean().nullish(),
});
const Resource = z.object({
  metadata: z.record(z.string(), z.string()),
  data: z.record(z.string(), z.string()).nullish(),
});

/** KEDA's bounds of a ScaledObject; the error is its sentence. */
function runReplicaBounds({ input, expected }: HpaCase): VectorResult {
  const { minReplicaCount, maxReplicaCount, idleReplicaCount } = Bounds.parse(input);
  const problems = checkBounds({
    minReplicaCount: minReplicaCount ?? null,
    maxReplicaCount: maxReplicaCount ?? null,
    idleReplicaCount: idleReplicaCount ?? null,
  });
  return compareExpected({ valid: problems.length === 0, error: problems[0]?.message ?? null }, expected);
}

function runTriggers({ input, expected }: HpaCase): VectorResult {
  return compareExpected({ valid: checkTriggers(Triggers.parse(input).triggers ?? []).length === 0 }, expected);
}

function runFallbackValidation({ input, expected }: HpaCase): VectorResult {
  const { fallback, scalingModifiers, triggers } = Fallback.parse(input);
  if (scalingModifiers) return skip('scaling modifiers are a later trigger');
  return compareExpected({ valid: !fallback || checkFallback(fallback, triggers).length === 0 }, expected);
}

function runWarnings({ input, expected }: HpaCase): VectorResult {
  const advice = Advice.parse(input);
  const fields = adviseBounds({
    minReplicaCount: advice.minReplicaCount ?? null,
    maxReplicaCount: advice.maxReplicaCount ?? null,
    idleReplicaCount: advice.idleReplicaCount ?? null,
    pollingInterval: advice.pollingInterval ?? null,
    cooldownPeriod: advice.cooldownPeriod ?? null,
    isUsingCachedMetrics: advice.useCachedMetrics ?? false,
  }).map(({ path }) => path[0]);
  const found = {
    pollingIntervalWarning: fields.includes('pollingInterval'),
    cooldownPeriodWarning: fields.includes('cooldownPeriod'),
  };
  return compareExpected(found, expected);
}

function runMetricTargetType({ input, expected }: HpaCase): VectorResult {
  const { metricType } = z.object({ metricType: z.string().nullish() }).parse(input);
  const found = metricTypeOf(metricType ?? undefined);
  return compareExpected({ metricType: found, error: found === null }, expected);
}

function runTriggerMetadata({ input, expected }: HpaCase): VectorResult {
  const { type } = z.object({ type: z.string() }).parse(input);
  if (type !== 'kubernetes-resource') return skip(`trigger type ${type} comes later`);
  return compareExpected({ valid: 'trigger' in parseKubernetesResource(Resource.parse(input).metadata) }, expected);
}

/** What KEDA's Sscanf takes and the product refuses: a number with a tail, or no finite number. */
const LOOSE = /^\s*[+-]?(\d|\.\d|nan|inf)/i;

/** Value and activity over an object's decoded data. */
function runKubernetesResource({ input, expected }: HpaCase): VectorResult {
  const { metadata, data } = Resource.parse(input);
  const parsed = parseKubernetesResource(metadata);
  const failed = { value: null, active: false, error: true };
  if ('problems' in parsed) return compareExpected(failed, expected);
  const { trigger } = parsed;
  const reading = readKubernetesResource(
    trigger,
    'default',
    data ? objectOf(trigger.resourceKind === 'Secret' ? 'Secret' : 'ConfigMap', data) : null,
  );
  if (reading.kind === 'value') {
    return compareExpected(
      { value: reading.value, active: reading.value > trigger.activation, error: false },
      expected,
    );
  }
  const isStricter = reading.reason === 'ValueNegative' || reading.reason === 'ValueNotFinite';
  const isLoose =
    reading.reason === 'ValueNotNumeric' && trigger.format === 'number' && LOOSE.test(data?.[trigger.key] ?? '');
  if (isStricter || isLoose) return skip('design 4.5: such a value is a missing reading');
  return compareExpected(failed, expected);
}

function objectOf(kind: 'ConfigMap' | 'Secret', data: Readonly<Record<string, string>>): HubObject {
  const values = Object.entries(data).map(([key, text]): [string, HubValue] => [key, { kind: 'text', text }]);
  return { kind, namespace: 'default', name: 'object', data: new Map(values) };
}

/** Kinds of KEDA that the API and the trigger decide. */
export const KEDA_API_RUNNERS: Readonly<Record<string, Runner>> = {
  kedaReplicaBounds: runReplicaBounds,
  kedaTriggers: runTriggers,
  kedaFallbackValidation: runFallbackValidation,
  kedaWarnings: runWarnings,
  kedaMetricTargetType: runMetricTargetType,
  kedaTriggerMetadata: runTriggerMetadata,
  kedaKubernetesResource: runKubernetesResource,
};
