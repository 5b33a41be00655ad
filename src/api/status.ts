import * as z from 'zod';

const replicas = z.int32().min(0);
const instant = z.iso.datetime({ offset: true });

/** metav1.Condition of Kubernetes. */
export const Condition = z
  .object({
    type: z
      .string()
      .max(316)
      .regex(
        /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/,
      )
      .describe('Type of the condition in CamelCase, such as Ready.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether the condition holds.'),
    observedGeneration: z.int().min(0).optional().describe('Generation of the object that the condition was set for.'),
    lastTransitionTime: instant.describe('When the status of the condition changed last.'),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .describe('Stable CamelCase reason of the last change; also the reason of the event.'),
    message: z.string().max(32_768).describe('What is the case, for people.'),
  })
  .describe('One aspect of the state of the object.');

export type Condition = z.infer<typeof Condition>;

/** `status.memberClusterStatuses.<name>`: Kedify's fields, then ours. */
export const MemberClusterStatus = z
  .object({
    currentReplicas: replicas.describe('Replicas that the member runs; what is committed where it is not observed.'),
    desiredReplicas: replicas.describe('Replicas that are assigned to the member.'),
    state: z.string().describe('State of the member: Ready, NotReady, or Unknown where it is not observed.'),
    description: z.string().describe('What is known beyond the state, such as why the member cannot be observed.'),
    id: z.string().describe('Identification of the member cluster where it is registered.'),
    provider: z.string().optional().describe('How the member cluster is registered, for example file or kubeconfig.'),
    excluded: z
      .boolean()
      .optional()
      .describe('Excluded from the split, for example because unhealthy for the grace period.'),
    lastStatusChangeTime: instant.optional().describe('When state changed last; the grace period counts from here.'),
    lastScalingProgressTime: instant.optional().describe('When the replicas last came closer to what is desired.'),
    committedReplicas: replicas.optional().describe('Replicas at the tip of the branch.'),
    appliedRevision: z
      .string()
      .max(253)
      .optional()
      .describe('Commit that Argo CD or Flux says it has applied in the member.'),
  })
  .describe('What is known of one member cluster.');

export type MemberClusterStatus = z.infer<typeof MemberClusterStatus>;

const PullRequest = z
  .object({
    number: z.int32().min(1).describe('Number of the pull request.'),
    url: z.string().max(2048).describe('Its page.'),
    state: z.string().max(63).describe('Its state, such as open, approved, queued, merged or closed.'),
  })
  .describe('The pull request that carries what is not merged yet.');

const Pending = z
  .object({
    destination: z.string().max(253).describe('Name of the destination in the configuration.'),
    since: instant.describe('Since when it has waited.'),
    message: z.string().max(4096).describe('What it waits for.'),
  })
  .describe('One destination that does not have the decided numbers yet.');

const ScaleStatus = z
  .object({
    before: replicas.optional().describe('It was this while the triggers decided: it counts when it is another one.'),
    counted: replicas.optional().describe('It was this when it counted last.'),
  })
  .describe('What is known of the subresource scale, which counts on the engines keda and manual.');

/** What is known of the subresource scale. */
export type ScaleStatus = z.infer<typeof ScaleStatus>;

/** `status.gitOps`: what Git has of the object. */
export const GitOpsStatus = z
  .object({
    repository: z.string().max(2048).optional().describe('Repository of the first destination, without credentials.'),
    branch: z.string().max(255).optional().describe('Branch that the overlays are committed to.'),
    lastCommit: z.string().max(64).optional().describe('Id of the last commit that changed this object.'),
    lastCommitTime: instant.optional().describe('When that commit was made.'),
    pullRequest: PullRequest.optional(),
    scale: ScaleStatus.optional(),
    engine: z.string().max(63).optional().describe('Who says the total: builtin, from the triggers, keda, or manual.'),
    lastHandledRequestedAt: z
      .string()
      .max(253)
      .optional()
      .describe('Value of the annotation dso-gitops.dev/requestedAt that was acted on last.'),
    unplaced: replicas.optional().describe('Replicas of the decided total that no member can take.'),
    pending: z.array(Pending).max(1000).optional().describe('Destinations that do not have the decided numbers yet.'),
    state: z
      .looseObject({})
      .optional()
      .describe('What must be remembered between decisions. Written by the controller; do not edit.'),
  })
  .describe('What Git has of the object: the last commit, and what is on its way.');

export type GitOpsStatus = z.infer<typeof GitOpsStatus>;

const Print = z
  .object({
    totalReplicas: z.string().optional().describe('Replicas that run over replicas that are decided.'),
    membersCount: z.string().optional().describe('Healthy members over all members.'),
  })
  .describe('Texts of the columns of kubectl get.');

/** `status` of a DistributedScaledObject: a superset of Kedify's. */
export const DsoStatus = z
  .object({
    observedGeneration: z.int().min(0).optional().describe('Generation of the object that this status is about.'),
    conditions: z
      .array(Condition)
      .max(50)
      .optional()
      .describe('Ready, ScaledObjectActive, Paused, Reconciling, Stalled, Delivered, Confirmed and Held.'),
    memberClusterStatuses: z
      .record(z.string(), MemberClusterStatus)
      .optional()
      .describe('Status of each member cluster by name.'),
    membersHealthyCount: replicas.optional().describe('Number of healthy member clusters.'),
    membersTotalCount: replicas.optional().describe('Number of member clusters.'),
    totalCurrentReplicas: replicas.describe('The decided total; what the HPA multiplies average values with.'),
    selector: z.string().describe('Selector for the HPA.'),
    print: Print.optional(),
    gitOps: GitOpsStatus.optional(),
  })
  .describe('Observed state of the DistributedScaledObject.');

export type DsoStatus = z.infer<typeof DsoStatus>;
