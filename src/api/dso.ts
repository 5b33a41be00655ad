import * as z from 'zod';
import { DURATION_PATTERN } from './duration.ts';
import { DnsLabel, DnsName, DsoName } from './names.ts';
import { DSO_GROUP, DSO_VERSION } from './resource.ts';
import { ScaledObjectSpec } from './scaled-object.ts';

export const DSO_API_VERSION = `${DSO_GROUP}/${DSO_VERSION}` as const;
export const DSO_KIND = 'DistributedScaledObject';

/** Largest weight: keeps `weight * (2 * replicas + 1)` exact in a double. */
export const MAX_WEIGHT = 1_000_000;

const replicas = z.int32().min(0);

/** One member cluster of a DSO. */
export const MemberCluster = z
  .strictObject({
    name: DnsName.describe('Name of the member cluster, as it is registered.'),
    weight: z
      .int32()
      .min(0)
      .max(MAX_WEIGHT)
      .default(1)
      .describe('Weight of the member cluster for scaling distribution. 0 drains it: it keeps only its minReplicas.'),
    targetNamespace: DnsLabel.optional().describe(
      'Namespace in the member where scaling is applied. Default: the namespace of the DSO.',
    ),
    minReplicas: replicas.optional().describe('Least replicas of this member while the total reaches for it.'),
    maxReplicas: replicas.optional().describe('Most replicas of this member; what does not fit goes to the others.'),
    priority: z
      .int32()
      .min(0)
      .optional()
      .describe('Tier of the member, higher first: weights apply within a tier, overflow goes to the next. Default 0.'),
  })
  .describe('A cluster where the target is scaled.');

/** `spec.rebalancingPolicy`. */
export const RebalancingPolicy = z
  .strictObject({
    gracePeriod: z
      .string()
      .regex(new RegExp(DURATION_PATTERN), 'expected a duration such as 1m or 90s')
      .default('1m')
      .describe('How long to wait before rebalancing when a member becomes unhealthy, as a duration such as 1m.'),
    maxRebalancePercentage: z
      .int32()
      .min(1)
      .max(100)
      .default(50)
      .describe('Most replicas that are rebalanced at once, in percent of the total.'),
  })
  .describe('How the controller behaves when clusters fail. Has no effect until members are observed.');

/** `spec` of a DistributedScaledObject. */
export const DsoSpec = z
  .strictObject({
    memberClusters: z
      .array(MemberCluster)
      .max(1000)
      .optional()
      .describe('Clusters where the target is scaled; if empty, all known member clusters with weight 1.'),
    rebalancingPolicy: RebalancingPolicy.prefault({}),
    scaledObjectSpec: ScaledObjectSpec,
    totalTargetReplicas: replicas
      .default(0)
      .describe('Desired number of replicas; written through the scale subresource, not by the user.'),
  })
  .describe('Desired state of the DistributedScaledObject.');

/** A DistributedScaledObject as a user writes it. */
export const DsoManifest = z.strictObject({
  apiVersion: z.literal(DSO_API_VERSION),
  kind: z.literal(DSO_KIND),
  metadata: z.looseObject({
    name: DsoName,
    namespace: DnsLabel.default('default'),
    uid: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    creationTimestamp: z.union([z.string(), z.null()]).optional(),
  }),
  spec: DsoSpec,
  status: z.unknown().optional(),
});

export type DsoManifest = z.infer<typeof DsoManifest>;
