import { execFile, execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, Running, until } from './process.ts';
import { programPath } from './programs.ts';

const exec = promisify(execFile);

/** Who may authenticate: the token is `<name>-token`. */
export interface User {
  readonly name: string;
  /** Name in RBAC. */
  readonly user: string;
  readonly groups: readonly string[];
}

const ADMIN: User = { name: 'admin', user: 'admin', groups: ['system:masters'] };

/** The user that the installed service is. */
export const SERVICE: User = {
  name: 'service',
  user: 'system:serviceaccount:dso-gitops:dso-gitops',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:dso-gitops'],
};

/** A person who may only read. */
export const READER: User = { name: 'reader', user: 'reader', groups: ['readers'] };

/** etcd, which several API servers share. */
export class Etcd {
  readonly directory = mkdtempSync(join(tmpdir(), 'dso-gitops-cluster-'));
  #process: Running | null = null;
  #port = 0;

  static async start(): Promise<Etcd> {
    const etcd = new Etcd();
    etcd.#port = await freePort();
    const peers = `http://127.0.0.1:${await freePort()}`;
    etcd.#process = new Running(
      programPath('etcd'),
      [
        `--data-dir=${join(etcd.directory, 'etcd')}`,
        '--unsafe-no-fsync',
        // As kubeadm has it: without it a watch in which nothing happens gets no bookmarks.
        '--watch-progress-notify-interval=5s',
        `--listen-client-urls=${etcd.url}`,
        `--advertise-client-urls=${etcd.url}`,
        `--listen-peer-urls=${peers}`,
        `--initial-advertise-peer-urls=${peers}`,
        `--initial-cluster=default=${peers}`,
      ],
      join(etcd.directory, 'etcd.log'),
    );
    await until('etcd', async () => ((await fetch(`${etcd.url}/health`)).ok ? true : null));
    return etcd;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Removes all versions before now: a watch from one of them is answered with 410. */
  async compact(): Promise<void> {
    const range = await this.#call('kv/range', { key: Buffer.from('/').toString('base64'), limit: '1' });
    await this.#call('kv/compaction', { revision: String(range.header.revision), physical: true });
  }

  async #call(path: string, body: object): Promise<{ header: { revision: string } }> {
    const answer = await fetch(`${this.url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    return (await answer.json()) as { header: { revision: string } };
  }

  async stop(): Promise<void> {
    await this.#process?.stop('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** One API server with its own objects. */
export class ApiServer {
  readonly name: string;
  readonly directory: string;
  readonly port: number;
  readonly #etcd: Etcd;
  readonly #args: readonly string[];
  #process: Running | null = null;

  private constructor(name: string, etcd: Etcd, port: number, args: readonly string[]) {
    this.name = name;
    this.#etcd = etcd;
    this.directory = join(etcd.directory, name);
    this.port = port;
    this.#args = args;
  }

  static async start(name: string, etcd: Etcd, args: readonly string[] = []): Promise<ApiServer> {
    const server = new ApiServer(name, etcd, await freePort(), args);
    mkdirSync(server.directory);
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(server.path('sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    writeFileSync(server.path('sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    const rows = [ADMIN, SERVICE, READER].map(
      ({ name: id, user, groups }) => `${id}-token,${user},${id},"${groups.join(',')}"`,
    );
    writeFileSync(server.path('tokens.csv'), `${rows.join('\n')}\n`, { mode: 0o600 });
    await server.begin();
    for (const user of [ADMIN, SERVICE, READER]) server.#writeKubeconfig(user);
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  path(file: string): string {
    return join(this.directory, file);
  }

  /** Path of the kubeconfig of a user; its context is called like the server. */
  kubeconfig(user: User = ADMIN): string {
    return this.path(`${user.name}.kubeconfig`);
  }

  /** Starts it, again. */
  async begin(): Promise<void> {
    this.#process = new Running(
      programPath('kube-apiserver'),
      [
        `--etcd-servers=${this.#etcd.url}`,
        `--etcd-prefix=/${this.name}`,
        `--secure-port=${this.port}`,
        '--bind-address=127.0.0.1',
        `--cert-dir=${this.path('certs')}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${this.path('sa.pub')}`,
        `--service-account-signing-key-file=${this.path('sa.key')}`,
        '--authorization-mode=RBAC',
        `--token-auth-file=${this.path('tokens.csv')}`,
        '--service-cluster-ip-range=10.0.0.0/24',
        '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
        '--endpoint-reconciler-type=none',
        ...this.#args,
      ],
      this.path('apiserver.log'),
    );
    await until(`API server ${this.name}`, async () => ((await this.#isReady()) ? true : null), 60_000);
  }

  /** Ends it; what is stored stays. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#process?.stop(signal);
  }

  /** What kubectl prints. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { stdout } = await exec(programPath('kubectl'), ['--kubeconfig', this.kubeconfig(), ...args], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  /** Applies manifests as `kubectl apply -f -` does. */
  apply(manifests: string, ...args: readonly string[]): string {
    return execFileSync(programPath('kubectl'), ['--kubeconfig', this.kubeconfig(), 'apply', ...args, '-f', '-'], {
      input: manifests,
      stdio: 'pipe',
    }).toString();
  }

  /** Creates many at once. */
  create(items: readonly unknown[]): void {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const args = ['--kubeconfig', this.kubeconfig(), 'create', '-f', '-'];
    execFileSync(programPath('kubectl'), args, { input: list, stdio: 'pipe' });
  }

  /** One object. */
  async get<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl('get', ...args, '-o', 'json')) as T;
  }

  async #isReady(): Promise<boolean> {
    const certificate = this.path('certs/apiserver.crt');
    if (!existsSync(certificate)) return false;
    const ca = readFileSync(certificate);
    return new Promise((resolve) => {
      const headers = { authorization: 'Bearer admin-token' };
      const probe = request(`${this.url}/readyz`, { ca, headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      probe.on('error', () => resolve(false)).end();
    });
  }

  /** It signs its own certificate, which is the CA then: TLS is verified. */
  #writeKubeconfig(user: User): void {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': this.name,
      clusters: [
        { name: this.name, cluster: { server: this.url, 'certificate-authority': this.path('certs/apiserver.crt') } },
      ],
      users: [{ name: user.name, user: { token: `${user.name}-token` } }],
      contexts: [{ name: this.name, context: { cluster: this.name, user: user.name } }],
    };
    writeFileSync(this.kubeconfig(user), JSON.stringify(config), { mode: 0o600 });
  }
}

/** The controllers of Kubernetes, of which some are started. @param args more of the command line */
export function startControllers(server: ApiServer, controllers: string, ...args: readonly string[]): Running {
  return new Running(
    programPath('kube-controller-manager'),
    [
      `--kubeconfig=${server.kubeconfig()}`,
      '--leader-elect=false',
      `--controllers=${controllers}`,
      `--service-account-private-key-file=${server.path('sa.key')}`,
      '--secure-port=0',
      ...args,
    ],
    server.path('controllers.log'),
  );
}

/** Waits until every CRD is served. A new one has no conditions at all at first, which kubectl takes for an error. */
export async function established(server: ApiServer): Promise<void> {
  await until('the CRDs', async () => {
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=10s');
    return true;
  });
}
