import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ApiServer, Etcd, established } from './control-plane.ts';
import { until } from './process.ts';

const MAIN = fileURLToPath(new URL('../../build/cli/main.js', import.meta.url));

/** A hub cluster and its storage. */
export interface Hub {
  readonly etcd: Etcd;
  readonly server: ApiServer;
  stop(): Promise<void>;
}

/** What of a DSO the tests look at. */
export interface StoredDso {
  readonly metadata: {
    readonly generation: number;
    readonly resourceVersion: string;
    /** With `--show-managed-fields`. */
    readonly managedFields?: readonly { readonly manager: string; readonly operation: string; subresource?: string }[];
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly memberClusterStatuses?: Readonly<Record<string, { currentReplicas: number; desiredReplicas: number }>>;
    readonly totalCurrentReplicas: number;
    readonly observedGeneration: number;
    readonly gitOps?: {
      readonly lastCommit?: string;
      readonly lastHandledRequestedAt?: string;
      readonly state?: object;
    };
  };
}

/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** Output of the command line where no hub is needed. */
export function product(...args: readonly string[]): string {
  return execFileSync(process.execPath, [MAIN, ...args], { maxBuffer: 16 * 1024 * 1024 }).toString();
}

/** A hub; with our CRD unless it is told otherwise. */
export async function startHub(args: readonly string[] = [], hasCrd = true): Promise<Hub> {
  const etcd = await Etcd.start();
  const server = await ApiServer.start('hub', etcd, args);
  if (hasCrd) await applyCrd(server, product('crd'));
  return {
    etcd,
    server,
    stop: async () => {
      await server.end();
      await etcd.stop();
    },
  };
}

/** Applies a CRD as the documentation says it. */
export async function applyCrd(server: ApiServer, manifest: string): Promise<void> {
  server.apply(manifest, '--server-side', '--force-conflicts');
  await established(server);
}

/** A DSO like the guide's, on its own workload and ConfigMap, both of its name. */
export function dsoOf(name: string, spec: object = {}, namespace = 'default'): string {
  return JSON.stringify({
    apiVersion: 'keda.kedify.io/v1alpha1',
    kind: 'DistributedScaledObject',
    metadata: { name, namespace },
    spec: {
      memberClusters: [
        { name: 'member-1', weight: 4 },
        { name: 'member-2', weight: 6 },
      ],
      scaledObjectSpec: {
        scaleTargetRef: { kind: 'Deployment', name },
        minReplicaCount: 0,
        maxReplicaCount: 10,
        triggers: [
          {
            type: 'kubernetes-resource',
            metadata: { resourceKind: 'ConfigMap', resourceName: name, key: 'metric-value', targetValue: '5' },
          },
        ],
      },
      ...spec,
    },
  });
}

/** The ConfigMap of such a DSO. */
export function metricOf(name: string, value: string, namespace = 'default'): string {
  const data = { 'metric-value': value };
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data });
}

/** One condition, as soon as it is as wanted. */
export async function conditionOf(
  server: ApiServer,
  name: string,
  type: string,
  isWanted: (condition: Condition) => boolean,
  timeoutMs = 30_000,
): Promise<Condition> {
  let seen = '';
  return until(
    `condition ${type} of ${name}`,
    async () => {
      const { status } = await server.get<StoredDso>('dso', name);
      const found = status?.conditions?.find((condition) => condition.type === type);
      seen = JSON.stringify(status?.conditions);
      if (found && isWanted(found)) return found;
      throw new Error(`conditions: ${seen}`);
    },
    timeoutMs,
  );
}
