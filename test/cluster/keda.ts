import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSite } from '../suites/https/certificates.ts';
import { type ApiServer, established, startControllers } from './control-plane.ts';
import { freePort, Running, until } from './process.ts';
import { moduleFiles, programPath } from './programs.ts';

const NAMESPACE = 'keda';

/** The certificates of KEDA, and the arguments that let an API server ask its metrics adapter. */
export interface KedaCertificates {
  readonly directory: string;
  readonly apiServerArgs: readonly string[];
}

/** @param directory is made */
export function kedaCertificates(directory: string): KedaCertificates {
  makeSite(directory, 'DNS:localhost,DNS:keda-operator');
  const file = (name: string): string => join(directory, name);
  copyFileSync(file('ca.pem'), file('ca.crt'));
  copyFileSync(file('leaf.pem'), file('tls.crt'));
  copyFileSync(file('leaf.key'), file('tls.key'));
  return {
    directory,
    apiServerArgs: [
      `--requestheader-client-ca-file=${file('ca.crt')}`,
      `--proxy-client-cert-file=${file('tls.crt')}`,
      `--proxy-client-key-file=${file('tls.key')}`,
      '--requestheader-allowed-names=leaf',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-username-headers=X-Remote-User',
    ],
  };
}

/** Applies the CRDs of KEDA, of which each test needs some. */
export async function applyKedaCrds(hub: ApiServer): Promise<void> {
  const crds = join(moduleFiles('keda', 'github.com/kedacore/keda/v2'), 'config/crd/bases');
  for (const file of readdirSync(crds)) hub.apply(readFileSync(join(crds, file), 'utf8'), '--server-side');
  await established(hub);
}

/** The real operator and metrics adapter of KEDA, and the real controller of the HPA. */
export class Keda {
  readonly #processes: readonly Running[];

  private constructor(processes: readonly Running[]) {
    this.#processes = processes;
  }

  static async start(hub: ApiServer, { directory }: KedaCertificates): Promise<Keda> {
    await applyKedaCrds(hub);
    await hub.kubectl('create', 'namespace', NAMESPACE);
    const [metrics, adapter] = [await freePort(), await freePort()];
    for (const object of adapterObjects(adapter)) hub.apply(JSON.stringify(object));
    mkdirSync(hub.path('keda'), { recursive: true });
    const local = async (): Promise<string> => `127.0.0.1:${await freePort()}`;
    const kubeconfig = hub.kubeconfig();
    const env = {
      POD_NAMESPACE: NAMESPACE,
      KEDA_CLUSTER_OBJECT_NAMESPACE: NAMESPACE,
      WATCH_NAMESPACE: '',
      POD_NAME: 'keda-operator',
      OPERATOR_NAME: 'keda-operator',
      KUBECONFIG: kubeconfig,
    };
    const certificates = [
      `--cert-dir=${directory}`,
      `--tls-cert-file=${join(directory, 'tls.crt')}`,
      `--tls-private-key-file=${join(directory, 'tls.key')}`,
    ];
    const processes = [
      new Running(
        programPath('keda-operator'),
        [
          `--cert-dir=${directory}`,
          `--kubeconfig=${kubeconfig}`,
          `--metrics-service-bind-address=127.0.0.1:${metrics}`,
          `--metrics-bind-address=${await local()}`,
          `--health-probe-bind-address=${await local()}`,
        ],
        hub.path('keda-operator.log'),
        { env },
      ),
      new Running(
        programPath('keda-adapter'),
        [
          ...certificates,
          `--port=${await freePort()}`,
          `--secure-port=${adapter}`,
          '--bind-address=127.0.0.1',
          `--metrics-service-address=localhost:${metrics}`,
          `--lister-kubeconfig=${kubeconfig}`,
          `--authentication-kubeconfig=${kubeconfig}`,
          `--authorization-kubeconfig=${kubeconfig}`,
        ],
        hub.path('keda-adapter.log'),
        { env },
      ),
      startControllers(
        hub,
        'horizontal-pod-autoscaler-controller,garbagecollector,namespace',
        '--horizontal-pod-autoscaler-sync-period=5s',
      ),
    ];
    await until(
      'the metrics of KEDA',
      async () => (await hub.kubectl('get', '--raw', '/apis/external.metrics.k8s.io/v1beta1')) !== '' || null,
      60_000,
    );
    return new Keda(processes);
  }

  /** A signal to all of it, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void {
    for (const process of this.#processes) process.signal(signal);
  }

  async stop(): Promise<void> {
    for (const process of this.#processes) await process.stop('SIGKILL');
  }
}

function adapterObjects(port: number): readonly object[] {
  const name = 'keda-metrics-apiserver';
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: NAMESPACE },
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port, targetPort: port }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.external.metrics.k8s.io' },
      spec: {
        group: 'external.metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name, namespace: NAMESPACE, port },
      },
    },
  ];
}
