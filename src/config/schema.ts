import * as z from 'zod';
import { DnsLabel, DnsName, MAX_SEGMENT } from '../api/names.ts';
import { STATE_BRANCH } from '../repository/remote.ts';
import { DeliveryPolicy, duration } from './delivery-schema.ts';
import { environmentName, file } from './fields.ts';
import { GitHub } from './forge-schema.ts';
import { PullRequests } from './pull-request-schema.ts';

export const CONFIG_API_VERSION = 'dso-gitops.dev/v1alpha1';

const SEGMENT = '[A-Za-z0-9_{}.-]*[A-Za-z0-9_{}-]';

/** A relative path of plain segments; placeholders are checked where they are known. */
const relativePath = z
  .string()
  .max(300)
  .regex(new RegExp(`^${SEGMENT}(/${SEGMENT})*$`), 'expected a relative path of letters, digits, "-", "_" and "."')
  .refine((path) => !path.split('/').some((segment) => /^(\.|\.\.|\.git)$/i.test(segment)), {
    message: 'expected a path without ".", ".." and ".git"',
  })
  // A DSO may be called git.
  .refine((path) => !path.split('/').some((segment) => /^\..*\{/.test(segment)), {
    message: 'expected no place in a segment that begins with "."',
  })
  .refine((path) => path.split('/').every((segment) => segment.length <= MAX_SEGMENT), {
    message: `expected segments of at most ${MAX_SEGMENT} characters`,
  });

/** A branch name by the rules of `git check-ref-format`. */
const branch = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_./+-]*$/, 'expected a branch name such as main')
  .refine((name) => !/(\.\.|\/\/|\/\.|\.lock(\/|$)|\.$|\/$)|^HEAD$/.test(name), {
    message: 'expected a branch name such as main',
  })
  .refine((name) => !name.startsWith('refs/'), { message: 'expected a branch name without refs/heads/' })
  .refine((name) => `refs/heads/${name}` !== STATE_BRANCH, {
    message: 'expected another branch than the one that states are saved in',
  });

const UNSEEN = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}`;

const Credentials = z
  .strictObject({
    username: z.string().min(1).optional().describe('User name beside the token. Default x-access-token.'),
    tokenEnvironment: environmentName.optional().describe('Environment variable that holds the token.'),
    tokenFile: file.optional().describe('File that holds the token; read again when it changes.'),
    sshKeyFile: file.optional().describe('Private key for ssh.'),
    knownHostsFile: file.optional().describe('Host keys that are trusted; required with ssh.'),
    caFile: file.optional().describe("With https: certificates in PEM form, trusted instead of the system's."),
  })
  .describe('Where the credentials of the repository are. The configuration never holds a secret itself.');

const Signing = z
  .strictObject({
    format: z.enum(['ssh', 'openpgp']).describe('Kind of the signature.'),
    keyFile: file.describe(
      'Private key without or with a passphrase: of OpenSSH, or an OpenPGP secret key in ASCII armor; read for every push.',
    ),
    passphraseEnvironment: environmentName.optional().describe('Environment variable that holds the passphrase.'),
    passphraseFile: file.optional().describe('File that holds the passphrase.'),
  })
  .describe('How commits are signed. Absent: they are not.');

const Match = z
  .strictObject({
    namespaces: z.array(DnsLabel).min(1).optional().describe('Namespaces of DSOs.'),
    labels: z.record(z.string(), z.string()).optional().describe('Labels that a DSO must carry.'),
    members: z.array(DnsName).min(1).optional().describe('Member clusters.'),
  })
  .describe('Which (DSO, member) pairs go here. Absent: all.');

/** One place that overlays are written to. */
export const Destination = z
  .strictObject({
    name: DnsName.optional().describe('Name in messages. Default: its position.'),
    match: Match.optional(),
    repository: z.string().min(1).describe('URL (https, ssh, http, file) or path of the Git repository.'),
    branch: branch.default('main').describe('Branch that Argo CD or Flux syncs.'),
    createBranch: z
      .boolean()
      .default(false)
      .describe('Create the branch where it is absent in a repository that has others.'),
    partialClone: z
      .boolean()
      .default(false)
      .describe(
        'Fetch contents of files only when they are read; for repositories with large files, where the host can.',
      ),
    root: relativePath.default('scaling').describe('Directory that everything is written under.'),
    path: relativePath
      .default('members/{member}/{namespace}/{name}')
      .describe('Directory of one overlay below the root, with {member}, {namespace} and {name}.'),
    layout: z.enum(['component', 'helm-values']).default('component').describe('What an overlay is.'),
    helmValuesKey: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$/, 'expected keys joined by dots')
      .default('replicaCount')
      .describe('With layout helm-values: where the chart takes its replicas.'),
    author: z
      .strictObject({
        name: z
          .string()
          .min(1)
          .regex(new RegExp(`^[^<>${UNSEEN}]+$`, 'u'), 'expected a name without < > and line breaks')
          .regex(/\S/, 'expected a name')
          .describe('Name of the author.'),
        email: z
          .string()
          .min(1)
          .regex(new RegExp(`^[^<>\\s${UNSEEN}]+$`, 'u'), 'expected an address without < > and spaces')
          .describe('Address of the author.'),
      })
      .optional()
      .describe('Author and committer of the commits. Default: the bot of the GitHub App, else dso-gitops.'),
    credentials: Credentials.optional(),
    signing: Signing.optional(),
    proxy: z
      .string()
      .min(1)
      .optional()
      .describe('With https: URL of the proxy. Default: HTTPS_PROXY, ALL_PROXY and NO_PROXY of the environment.'),
    pacing: z
      .strictObject({ minInterval: duration.default('10s').describe('Least time between two pushes.') })
      .prefault({})
      .describe('How often the branch is pushed to; the first change goes at once.'),
    write: z
      .enum(['git', 'api'])
      .default('git')
      .describe('How commits get there: pushed by Git, or made and signed by GitHub through its API.'),
    github: GitHub.optional(),
    delivery: DeliveryPolicy.optional(),
    pullRequests: PullRequests.optional(),
  })
  .describe('A repository, a branch and how overlays are written there.');

/** A kind of workload other than Deployment, StatefulSet and ReplicaSet. */
const WorkloadKind = z
  .strictObject({
    apiVersion: z.string().min(1).describe('For instance argoproj.io/v1alpha1.'),
    kind: z.string().min(1).describe('For instance Rollout.'),
    replicasPath: z
      .string()
      .regex(/^(\/[A-Za-z0-9_-]+)+$/, 'expected a JSON pointer such as /spec/replicas')
      .describe('JSON pointer of the replica count.'),
  })
  .describe('Where a custom workload keeps its replicas.');

const KubernetesSource = z
  .strictObject({
    kubeconfig: file
      .optional()
      .describe("Path of a kubeconfig. Default: KUBECONFIG, else the Pod's ServiceAccount, else ~/.kube/config."),
    context: z.string().min(1).optional().describe('Context of the kubeconfig. Default: its current one.'),
  })
  .describe('The API of the hub cluster; {} finds it as kubectl does.');

/** Where Kedify registers members: keys `<name>-cluster.kubeconfig`. */
const MemberSecret = z
  .strictObject({
    namespace: DnsLabel.default('keda').describe('Namespace of the Secret.'),
    name: DnsName.default('kedify-agent-multicluster-kubeconfigs').describe('Name of the Secret.'),
  })
  .describe('The Secret in the hub whose keys <name>-cluster.kubeconfig are the members; its contents are never read.');

/** The configuration file. */
export const ConfigurationFile = z.strictObject({
  apiVersion: z.literal(CONFIG_API_VERSION).describe('Version of this form of the file.'),
  kind: z.literal('Configuration').describe('Kind of the document.'),
  owner: DnsName.default('default').describe(
    'Name of this installation; a record of another one is never overwritten.',
  ),
  source: z
    .strictObject({
      files: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('Files, directories and globs with DSOs, ConfigMaps and Secrets, relative to this file.'),
      kubernetes: KubernetesSource.optional(),
    })
    .describe('Where DSOs and the objects of their triggers come from: files, or a Kubernetes API.'),
  members: z
    .union([
      z.array(DnsName).min(1),
      z.strictObject({ directories: relativePath.describe('Path from the root of the repository.') }),
      z.strictObject({ secret: MemberSecret }),
    ])
    .describe(
      'Known member clusters: a list, the directories below a path of the first destination, or the keys of a Secret.',
    ),
  destinations: z
    .array(Destination)
    .min(1)
    .describe('Where overlays go: the first that matches a (DSO, member) is taken.'),
  templates: file
    .optional()
    .describe('Directory with texts of messages instead of the built-in ones, relative to this file.'),
  firstSight: z
    .enum(['wait', 'write'])
    .default('wait')
    .describe('What to do with a workload whose current total nobody knows: wait for it, or write (nothing runs yet).'),
  demand: z
    .strictObject({
      rampUp: z.enum(['none', 'hpa']).default('none').describe("hpa restores the HPA's built-in ramp of scaling up."),
      tolerance: z.number().min(0).max(1).default(0.1).describe('Global tolerance as a fraction.'),
    })
    .prefault({})
    .describe('Settings of the arithmetic.'),
  workloads: z.array(WorkloadKind).default([]).describe('Kinds of workloads beyond the built-in ones.'),
});

export type ConfigurationFile = z.infer<typeof ConfigurationFile>;
export type DestinationFile = z.infer<typeof Destination>;
