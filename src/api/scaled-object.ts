import * as z from 'zod';
import { PlainText } from './names.ts';
import type { Path } from './problem.ts';

const count = z.int32().min(0);

/** A quantity of Kubernetes that is not negative; src/triggers/trigger-value.ts reads it. */
const QUANTITY = /^\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?$/;

/** One policy of `behavior.scaleUp` or `.scaleDown`. */
const HpaPolicy = z
  .strictObject({
    type: z.enum(['Pods', 'Percent']).describe('What value counts: pods, or percent of the current count.'),
    value: z.int32().min(1).describe('Most change within the period.'),
    periodSeconds: z.int32().min(1).max(1800).describe('Length of the period in seconds.'),
  })
  .describe('One rate limit.');

const HpaRules = z.strictObject({
  policies: z.array(HpaPolicy).min(1).max(50).optional().describe('Rate limits; absent: the defaults of the HPA.'),
  selectPolicy: z
    .enum(['Max', 'Min', 'Disabled'])
    .optional()
    .describe('Which policy acts: the one that allows most, least, or none. Default Max.'),
  stabilizationWindowSeconds: z
    .int32()
    .min(0)
    .max(3600)
    .optional()
    .describe('How long earlier recommendations count. Default 0 upwards, 300 downwards.'),
  tolerance: z
    .union([z.number().min(0), z.string().regex(QUANTITY, 'expected a quantity such as 0.05 or 50m')])
    .optional()
    .describe('How far usage may be from the target without an effect, as a fraction. Default 0.1.'),
});

const HorizontalPodAutoscalerConfig = z.strictObject({
  name: z.string().optional().describe('Name of the HPA that KEDA makes; has no effect here.'),
  behavior: z
    .strictObject({
      scaleUp: HpaRules.optional().describe('Rules of scaling up.'),
      scaleDown: HpaRules.optional().describe('Rules of scaling down.'),
    })
    .optional()
    .describe('Rate limits and stabilisation, as in the HPA.'),
});

const ScalingModifiers = z.strictObject({
  formula: z.string().optional().describe('Expression over the named triggers.'),
  target: z.string().optional().describe('Target of the composed value.'),
  activationTarget: z.string().optional().describe('The composed value is active above it.'),
  metricType: z.enum(['AverageValue', 'Value']).optional().describe('How the composed value is compared.'),
});

/** One trigger; its metadata is checked by its type. */
export const Trigger = z
  .strictObject({
    type: z.string().min(1).max(253).describe('Type of the trigger, such as kubernetes-resource.'),
    metadata: z
      .record(z.string(), z.string().max(8192))
      .describe('Parameters of the trigger; every value is a string.'),
    name: PlainText.max(253).optional().describe('Name of the trigger, unique in the object.'),
    metricType: z.enum(['AverageValue', 'Value', 'Utilization']).optional().describe('Default AverageValue.'),
    useCachedMetrics: z.boolean().optional().describe('Serve the value of the last poll.'),
    authenticationRef: z
      .strictObject({
        name: z.string().min(1).describe('Name of the TriggerAuthentication.'),
        kind: z.enum(['TriggerAuthentication', 'ClusterTriggerAuthentication']).optional().describe('Its kind.'),
      })
      .optional()
      .describe('Where credentials of the trigger come from.'),
  })
  .describe('Where one reading comes from, and what it is compared with.');

export type Trigger = z.infer<typeof Trigger>;

/** KEDA's ScaledObjectSpec, as Kedify inlines it. */
export const ScaledObjectSpec = z
  .strictObject({
    scaleTargetRef: z
      .strictObject({
        apiVersion: PlainText.optional().describe('API version of the target. Default apps/v1.'),
        kind: PlainText.optional().describe('Kind of the target. Default Deployment.'),
        name: PlainText.min(1).max(253).describe('Name of the target, the same in every member.'),
        envSourceContainerName: z.string().optional().describe('Container that environment values come from.'),
      })
      .describe('The workload that is scaled.'),
    triggers: z.array(Trigger).min(1).max(100).describe('What demand is read from; the highest wins.'),
    pollingInterval: z.int32().min(1).optional().describe('Seconds between polls of what must be polled. Default 30.'),
    cooldownPeriod: count.optional().describe('Seconds without activity before scaling to zero. Default 300.'),
    initialCooldownPeriod: count.optional().describe('The same for an object that was never active. Default 0.'),
    idleReplicaCount: count.optional().describe('Replicas while nothing is active; only 0 is supported.'),
    minReplicaCount: count.optional().describe('Least replicas of the whole fleet. Default 0.'),
    maxReplicaCount: z.int32().min(1).optional().describe('Most replicas of the whole fleet. Default 100.'),
    fallback: z
      .strictObject({
        failureThreshold: count.describe('Failures in a row that are borne.'),
        replicas: count.describe('Replicas after that.'),
        behavior: z
          .enum(['static', 'currentReplicas', 'currentReplicasIfHigher', 'currentReplicasIfLower', 'scalingModifiers'])
          .default('static')
          .describe('How the count is chosen.'),
      })
      .optional()
      .describe('What a trigger counts as when it cannot be read.'),
    advanced: z
      .strictObject({
        horizontalPodAutoscalerConfig: HorizontalPodAutoscalerConfig.optional().describe('Settings of the HPA.'),
        restoreToOriginalReplicaCount: z.boolean().optional().describe('Has no effect: deleting a DSO scales nothing.'),
        scalingModifiers: ScalingModifiers.optional().describe('A formula over several triggers.'),
      })
      .optional()
      .describe('Advanced settings.'),
  })
  .describe("KEDA's ScaledObjectSpec; bounds are totals of the fleet.");

export type ScaledObjectSpec = z.infer<typeof ScaledObjectSpec>;

/** Where it is in a DSO. */
export const SPEC: Path = ['spec', 'scaledObjectSpec'];
