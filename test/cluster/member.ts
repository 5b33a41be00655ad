import { ApiServer, type Etcd, startControllers } from './control-plane.ts';
import { Running, until } from './process.ts';
import { programPath } from './programs.ts';

const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-0', annotations: { 'kwok.x-k8s.io/node': 'fake' } },
  status: {
    allocatable: { cpu: '32', memory: '256Gi', pods: '110' },
    capacity: { cpu: '32', memory: '256Gi', pods: '110' },
  },
};

/** A member cluster: Deployments become Pods on a node that is not there (kwok), and are ready. */
export class Member {
  readonly server: ApiServer;
  readonly #processes: readonly Running[];

  private constructor(server: ApiServer, processes: readonly Running[]) {
    this.server = server;
    this.#processes = processes;
  }

  static async start(name: string, etcd: Etcd): Promise<Member> {
    const server = await ApiServer.start(name, etcd);
    const kubeconfig = `--kubeconfig=${server.kubeconfig()}`;
    const processes = [
      startControllers(server, 'deployment,replicaset,namespace,garbagecollector'),
      new Running(
        programPath('kube-scheduler'),
        [kubeconfig, '--leader-elect=false', '--secure-port=0'],
        server.path('scheduler.log'),
      ),
      new Running(
        programPath('kwok'),
        [kubeconfig, '--manage-all-nodes=true', '--node-ip=127.0.0.1', '--server-address=127.0.0.1:0'],
        server.path('kwok.log'),
      ),
    ];
    server.apply(JSON.stringify(NODE));
    return new Member(server, processes);
  }

  /** Waits until a Deployment of namespace default has this many ready replicas, and gives the time. */
  async ready(deployment: string, replicas: number, timeoutMs = 60_000): Promise<number> {
    return until(
      `${replicas} ready replicas of ${deployment} in ${this.server.name}`,
      async () => {
        const path = ['-n', 'default', 'deployment', deployment];
        const { spec, status } = await this.server.get<{
          spec: { replicas?: number };
          status: { readyReplicas?: number };
        }>(...path);
        return spec.replicas === replicas && (status.readyReplicas ?? 0) === replicas ? performance.now() : null;
      },
      timeoutMs,
      50,
    );
  }

  async stop(): Promise<void> {
    for (const process of this.#processes) await process.stop('SIGKILL');
    await this.server.end();
  }
}
