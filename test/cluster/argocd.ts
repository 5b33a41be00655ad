import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BareRepository } from '../repository/bare-repository.ts';
import { type ApiServer, established } from './control-plane.ts';
import { freePort, Running } from './process.ts';
import { installedPath, moduleFiles, programPath } from './programs.ts';

const LABELS = { 'app.kubernetes.io/part-of': 'argocd' };
const NAMESPACE = 'argocd';

/** The real application controller and repo-server of Argo CD in one cluster, syncing into another. */
export class ArgoCd {
  readonly #processes: readonly Running[];

  private constructor(processes: readonly Running[]) {
    this.#processes = processes;
  }

  /** Follows a directory of the repository's main branch. */
  static async start(home: ApiServer, member: ApiServer, fleet: BareRepository, path: string): Promise<ArgoCd> {
    const crds = join(moduleFiles('argocd', 'github.com/argoproj/argo-cd/v3'), 'manifests/crds');
    for (const kind of ['application', 'applicationset', 'appproject'])
      home.apply(readFileSync(join(crds, `${kind}-crd.yaml`), 'utf8'), '--server-side');
    await established(home);
    await home.kubectl('create', 'namespace', NAMESPACE);
    for (const object of settings(member)) home.apply(JSON.stringify(object));
    const [redis, repo] = [await freePort(), await freePort()];
    const folder = (name: string): string => {
      mkdirSync(home.path(name), { recursive: true });
      return home.path(name);
    };
    const env = {
      ARGOCD_GPG_ENABLED: 'false',
      ARGOCD_TLS_DATA_PATH: folder('argocd-tls'),
      ARGOCD_SSH_DATA_PATH: folder('argocd-ssh'),
      KUBECONFIG: home.kubeconfig(),
      PATH: `${dirname(programPath('kustomize'))}:${process.env['PATH']}`,
    };
    const server = ['--redis', `127.0.0.1:${redis}`];
    const processes = [
      new Running(
        installedPath('redis-server', 'redis-server'),
        ['--port', String(redis), '--bind', '127.0.0.1', '--save', '', '--dir', folder('redis')],
        home.path('redis.log'),
      ),
      new Running(
        programPath('argocd'),
        [
          'repo',
          ...server,
          '--port',
          String(repo),
          '--metrics-port',
          String(await freePort()),
          '--disable-tls',
          '--revision-cache-expiration',
          '2s',
        ],
        home.path('argocd-repo.log'),
        { env },
      ),
      new Running(
        programPath('argocd'),
        [
          'controller',
          `--kubeconfig=${home.kubeconfig()}`,
          `--namespace=${NAMESPACE}`,
          ...server,
          `--repo-server=127.0.0.1:${repo}`,
          '--repo-server-plaintext',
          `--metrics-port=${await freePort()}`,
          '--app-resync=3',
          '--app-resync-jitter=0',
        ],
        home.path('argocd-controller.log'),
        { env },
      ),
    ];
    home.apply(JSON.stringify(application(member, fleet, path)));
    return new ArgoCd(processes);
  }

  async stop(): Promise<void> {
    for (const process of this.#processes) await process.stop('SIGKILL');
  }
}

function settings(member: ApiServer): readonly object[] {
  const metadata = (name: string, labels: object = LABELS): object => ({ name, namespace: NAMESPACE, labels });
  const tlsClientConfig = { caData: readFileSync(member.path('certs/apiserver.crt')).toString('base64') };
  const config = JSON.stringify({ bearerToken: 'admin-token', tlsClientConfig });
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('argocd-cm'), data: {} },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('argocd-cmd-params-cm'), data: {} },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('argocd-secret'),
      stringData: { 'server.secretkey': 'test' },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata(member.name, { 'argocd.argoproj.io/secret-type': 'cluster' }),
      stringData: { name: member.name, server: member.url, config },
    },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata: metadata('default'),
      spec: {
        sourceRepos: ['*'],
        destinations: [{ namespace: '*', server: '*' }],
        clusterResourceWhitelist: [{ group: '*', kind: '*' }],
      },
    },
  ];
}

function application(member: ApiServer, fleet: BareRepository, path: string): object {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'apps', namespace: NAMESPACE },
    spec: {
      project: 'default',
      source: { repoURL: `file://${fleet.directory}`, targetRevision: 'main', path },
      destination: { server: member.url, namespace: 'default' },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
  };
}
