import type { Configuration } from '../config/load.ts';
import type { KeeperOptions } from '../keda/keeper.ts';
import { type ClusterChoice, connectToCluster } from '../kubernetes/client.ts';
import { scaledObjectApi } from '../kubernetes/scaled-object-api.ts';
import { statusApi } from '../kubernetes/status-api.ts';
import { filesHub } from '../sources/files.ts';
import type { Hub, StoredDso } from '../sources/hub.ts';
import { KubernetesHub } from '../sources/kubernetes.ts';
import { mayBeThere } from '../sources/scaled-objects.ts';
import { watchFiles } from '../sources/watch-files.ts';
import type { StatusApi } from '../status/status-api.ts';
import type { Context } from './context.ts';

/** The hub of a configuration. */
export interface OpenHub {
  readonly hub: Hub;
  /** What is watched, for people. */
  readonly what: string;
  /** Calls back on every change until it is closed. */
  watch(changed: () => void): void;
  /** Ends whatever opening or watching it began. */
  close(): Promise<void>;
  /** Where status is written; null: files have none. */
  readonly statusApi: StatusApi | null;
  /** The ScaledObjects of KEDA; null: beside files there are none. */
  readonly keda: Pick<KeeperOptions, 'api' | 'stateOf'> | null;
}

/** Options that choose the cluster; they go over the configuration. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Which cluster is the hub. */
export function clusterChoice(source: ClusterChoice, { kubeconfig, context }: ClusterOptions): ClusterChoice {
  return { kubeconfig: kubeconfig ?? source.kubeconfig, context: context ?? source.context };
}

/** Opens the hub; one that is read once is not watched. */
export async function openHub(
  configuration: Configuration,
  options: ClusterOptions,
  isOnce: boolean,
  context: Context,
): Promise<OpenHub> {
  const { source, base, demand, members } = configuration;
  if (source.kind === 'files') {
    const { patterns } = source;
    let unwatch = async (): Promise<void> => undefined;
    return {
      hub: filesHub({ patterns, base, demand }),
      what: patterns.join(', '),
      watch: (changed) => {
        unwatch = watchFiles(patterns, base, changed);
      },
      close: () => unwatch(),
      statusApi: null,
      keda: null,
    };
  }
  const client = await connectToCluster(clusterChoice(source, options), context.environment);
  const memberSecret = 'secret' in members ? members.secret : null;
  const hub = new KubernetesHub({ client, demand, memberSecret, isOnce, now: context.now });
  if (isOnce) hub.start(() => undefined);
  return {
    hub,
    what: client.server,
    watch: (changed) => hub.start(changed),
    close: async () => hub.stop(),
    statusApi: statusApi(client, context.environment['POD_NAME'] ?? 'dso-gitops', context.signal),
    keda: {
      api: scaledObjectApi(client, context.signal),
      stateOf: (dso) => (hub.scaledObjects.isWatched ? hub.scaledObjects.of(dso) : null),
    },
  };
}

/** Whether KEDA may still scale a DSO that it has scaled. */
export function hasScaledObject({ keda }: Pick<OpenHub, 'keda'>): (dso: StoredDso) => boolean {
  return (dso) => {
    if (dso.engine !== 'keda') return false;
    const state = keda?.stateOf(dso);
    return !state || mayBeThere(state);
  };
}
