import { z } from 'zod';
import { type Activation, activation, DEFAULT_COOLDOWN_SECONDS } from '../../src/demand/activation.ts';
import { effectiveBehavior } from '../../src/demand/behavior.ts';
import { failureCount, fallbackValue, isFallbackValid } from '../../src/demand/fallback.ts';
import {
  FORCE_ACTIVATION,
  isAnnotationSet,
  isPaused,
  PAUSED_REPLICAS,
  PAUSED_SCALE_IN,
  PAUSED_SCALE_OUT,
  pauseOf,
} from '../../src/demand/pause.ts';
import { hpaMaxReplicas, hpaMinReplicas } from '../../src/demand/spec.ts';
import { compareExpected, type Runner, skip } from './fields.ts';
import { BehaviorInput } from './hpa-input.ts';

const Annotations = z
  .record(z.string(), z.string())
  .nullish()
  .transform((annotations) => annotations ?? {});

const ActivationCase = z.object({
  minReplicaCount: z.number().nullish(),
  idleReplicaCount: z.number().nullish(),
  fallback: z.object({ failureThreshold: z.number(), replicas: z.number() }).nullish(),
  annotations: Annotations,
  currentReplicas: z.number(),
  isActive: z.boolean(),
  isError: z.boolean(),
  forceActivation: z.boolean().nullish(),
  secondsSinceLastActive: z.number().nullable(),
  secondsSinceCreation: z.number(),
  cooldownPeriod: z.number().nullish(),
  initialCooldownPeriod: z.number().nullish(),
});

const kedaActivation: Runner = ({ input, expected }) => {
  const parsed = ActivationCase.parse(input);
  const { annotations, secondsSinceLastActive } = parsed;
  if (isPaused(annotations)) return compareExpected({ replicas: null, lastActiveTimeUpdated: false }, expected);
  const isForced = (parsed.forceActivation ?? false) || isAnnotationSet(annotations, FORCE_ACTIVATION);
  const isActive = parsed.isActive || isForced;
  const result = activation({
    current: parsed.currentReplicas,
    min: parsed.minReplicaCount ?? null,
    idle: parsed.idleReplicaCount ?? null,
    isActive,
    isError: parsed.isError,
    fallback: parsed.fallback ?? null,
    isScaleInPaused: isAnnotationSet(annotations, PAUSED_SCALE_IN),
    isScaleOutPaused: isAnnotationSet(annotations, PAUSED_SCALE_OUT),
    sinceLastActiveMs: secondsSinceLastActive === null ? null : secondsSinceLastActive * 1000,
    sinceCreationMs: parsed.secondsSinceCreation * 1000,
    cooldownMs: (parsed.cooldownPeriod ?? DEFAULT_COOLDOWN_SECONDS) * 1000,
    initialCooldownMs: (parsed.initialCooldownPeriod ?? 0) * 1000,
  });
  return compareExpected({ ...conditionsOf(result), replicas: result.replicas }, expected);
};

const ACTIVE_REASONS: ReadonlySet<string> = new Set(['ScalerActive', 'PausedScaleOut', 'PartialTriggerError']);

/** KEDA's conditions: Active is about triggers and cooldown only, Ready about errors only. */
function conditionsOf({ reason, ready, isRefreshed }: Activation): Readonly<Record<string, unknown>> {
  const active = ACTIVE_REASONS.has(reason);
  const activeReason = active ? 'ScalerActive' : 'ScalerNotActive';
  return {
    active,
    activeReason: reason === 'ScalerCooldown' ? reason : activeReason,
    ready,
    readyReason: ready === 'True' ? 'ScaledObjectReady' : reason,
    lastActiveTimeUpdated: isRefreshed,
  };
}

const Fallback = z.object({
  failureThreshold: z.number(),
  replicas: z.number(),
  behavior: z.string().nullish(),
});
const FallbackBehavior = z.enum(['static', 'currentReplicas', 'currentReplicasIfHigher', 'currentReplicasIfLower']);
const FallbackCase = z.object({
  fallback: Fallback.nullable(),
  scalingModifiers: z.unknown().optional(),
  targetType: z.enum(['AverageValue', 'Value']),
  target: z.number(),
  failuresBefore: z.number().nullable(),
  scalerValue: z.number().nullable(),
  currentReplicas: z.number().nullish(),
  readyReplicas: z.number().nullish(),
});

const POLLING_MS = 30_000;

const kedaFallback: Runner = ({ input, expected }) => {
  const parsed = FallbackCase.parse(input);
  const modifiers = parsed.scalingModifiers ?? null;
  if (modifiers !== null || parsed.fallback?.behavior === 'scalingModifiers') {
    return skip('scaling modifiers are a later trigger');
  }
  // Without a valid fallback the product counts nothing.
  const isCounted = parsed.fallback !== null && isFallbackValid(parsed.fallback);
  const { numberOfFailures, health, ...fields } = expected;
  const counts = {
    ...(numberOfFailures !== undefined && { numberOfFailures }),
    ...(health !== undefined && { health }),
  };
  return compareExpected(fallbackOutcome(parsed), isCounted ? { ...fields, ...counts } : fields);
};

function fallbackOutcome(input: z.infer<typeof FallbackCase>): Readonly<Record<string, unknown>> {
  if (input.scalerValue !== null) {
    return { value: input.scalerValue, fallbackActive: false, error: false, numberOfFailures: 0, health: 'Happy' };
  }
  const failures = failureCount(-(input.failuresBefore ?? 0) * POLLING_MS, 0, POLLING_MS);
  const fallback = input.fallback && {
    ...input.fallback,
    behavior: FallbackBehavior.parse(input.fallback.behavior || 'static'),
  };
  const trigger = { metricType: input.targetType, target: input.target };
  const value = fallback
    ? fallbackValue(fallback, trigger, failures, input.currentReplicas ?? 0, input.readyReplicas ?? null)
    : null;
  const isFallback = value !== null;
  return { value, fallbackActive: isFallback, error: !isFallback, numberOfFailures: failures, health: 'Failing' };
}

const kedaPaused: Runner = ({ input, expected }) => {
  const { annotations } = z.object({ annotations: Annotations }).parse(input);
  return compareExpected({ paused: isPaused(annotations) }, expected);
};

const kedaPausedReplicas: Runner = ({ input, expected }) => {
  const { annotation } = z.object({ annotation: z.string().nullish() }).parse(input);
  const pause = pauseOf(annotation === undefined || annotation === null ? {} : { [PAUSED_REPLICAS]: annotation });
  const replicas = pause.kind === 'replicas' ? pause.replicas : null;
  return compareExpected({ replicas, error: pause.kind === 'invalid' }, expected);
};

const Bounds = z.object({ minReplicaCount: z.number().nullish(), maxReplicaCount: z.number().nullish() });

const kedaHpaBounds: Runner = ({ input, expected }) => {
  const { minReplicaCount, maxReplicaCount } = Bounds.parse(input);
  return compareExpected(
    {
      hpaMinReplicas: hpaMinReplicas(minReplicaCount ?? null),
      hpaMaxReplicas: hpaMaxReplicas(maxReplicaCount ?? null),
    },
    expected,
  );
};

const HpaBehavior = z.object({ annotations: Annotations, behavior: BehaviorInput.nullish() });

const kedaHpaBehavior: Runner = ({ input, expected }) => {
  const { annotations, behavior: given } = HpaBehavior.parse(input);
  const isInPaused = isAnnotationSet(annotations, PAUSED_SCALE_IN);
  const behavior = effectiveBehavior(given, isInPaused, isAnnotationSet(annotations, PAUSED_SCALE_OUT));
  return compareExpected(
    {
      behavior,
      scaleUpSelectPolicy: behavior?.scaleUp.selectPolicy ?? null,
      scaleDownSelectPolicy: behavior?.scaleDown.selectPolicy ?? null,
    },
    expected,
  );
};

/** KEDA's executor, its fallback and its annotations. */
export const KEDA_RUNNERS = {
  kedaActivation,
  kedaFallback,
  kedaPaused,
  kedaPausedReplicas,
  kedaHpaBounds,
  kedaHpaBehavior,
};
