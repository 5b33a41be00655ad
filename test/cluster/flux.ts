import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BareRepository } from '../repository/bare-repository.ts';
import { type ApiServer, established } from './control-plane.ts';
import { Running } from './process.ts';
import { moduleFiles, programPath } from './programs.ts';

const POLL_MS = 50;

/**
 * The real kustomize-controller of Flux. source-controller cannot be built from the module proxy: what it does, an archive
 * of every new commit behind a URL and a status that names it, is done here.
 */
export class Flux {
  readonly #server: ApiServer;
  readonly #fleet: BareRepository;
  readonly #http: Server;
  #controller: Running | null = null;
  #archive: Buffer = Buffer.alloc(0);
  #published = '';
  #timer: NodeJS.Timeout | null = null;

  private constructor(server: ApiServer, fleet: BareRepository) {
    this.#server = server;
    this.#fleet = fleet;
    this.#http = createServer((_, answer) => void answer.end(this.#archive));
  }

  /** Follows a directory of the repository's main branch into the cluster. */
  static async start(server: ApiServer, fleet: BareRepository, path: string): Promise<Flux> {
    const flux = new Flux(server, fleet);
    await new Promise<void>((resolve) => flux.#http.listen(0, '127.0.0.1', resolve));
    const own = moduleFiles('flux', 'github.com/fluxcd/kustomize-controller');
    const source = moduleFiles('flux-crds', 'github.com/fluxcd/source-controller');
    server.apply(
      readFileSync(join(own, 'config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml'), 'utf8'),
      '--server-side',
    );
    for (const kind of ['gitrepositories', 'buckets', 'ocirepositories', 'externalartifacts'])
      server.apply(
        readFileSync(join(source, `config/crd/bases/source.toolkit.fluxcd.io_${kind}.yaml`), 'utf8'),
        '--server-side',
      );
    await established(server);
    await server.kubectl('create', 'namespace', 'flux-system');
    flux.#controller = new Running(
      programPath('kustomize-controller'),
      ['--watch-all-namespaces', '--enable-leader-election=false', '--metrics-addr=:0', '--health-addr=:0'],
      server.path('flux.log'),
      { env: { RUNTIME_NAMESPACE: 'flux-system', KUBECONFIG: server.kubeconfig() } },
    );
    server.apply(JSON.stringify(repositoryObject(fleet)));
    server.apply(JSON.stringify(kustomizationObject(path)));
    flux.#timer = setInterval(() => flux.#publish(), POLL_MS);
    return flux;
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#controller?.stop('SIGKILL');
    this.#http.closeAllConnections();
    this.#http.close();
  }

  #publish(): void {
    const commit = this.#fleet.tip() ?? '';
    if (commit === this.#published) return;
    this.#published = commit;
    this.#archive = execFileSync('git', ['archive', '--format=tar.gz', commit], { cwd: this.#fleet.directory });
    const { port } = this.#http.address() as AddressInfo;
    const now = new Date().toISOString().replace(/\.\d+/, '');
    const artifact = {
      digest: `sha256:${createHash('sha256').update(this.#archive).digest('hex')}`,
      revision: `main@sha1:${commit}`,
      url: `http://127.0.0.1:${port}/${commit}.tar.gz`,
      path: `${commit}.tar.gz`,
      size: this.#archive.length,
      lastUpdateTime: now,
    };
    const ready = { type: 'Ready', status: 'True', reason: 'Succeeded', message: 'stored', lastTransitionTime: now };
    const status = { artifact, observedGeneration: 1, conditions: [ready] };
    const patch = JSON.stringify({ status });
    void this.#server
      .kubectl(
        '-n',
        'flux-system',
        'patch',
        'gitrepository',
        'fleet',
        '--subresource=status',
        '--type=merge',
        '-p',
        patch,
      )
      .catch(() => {
        this.#published = '';
      });
  }
}

function repositoryObject(fleet: BareRepository): object {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'fleet', namespace: 'flux-system' },
    spec: { interval: '1m', url: `ssh://git@localhost${fleet.directory}`, ref: { branch: 'main' } },
  };
}

function kustomizationObject(path: string): object {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps', namespace: 'flux-system' },
    spec: { interval: '1m', prune: true, path, sourceRef: { kind: 'GitRepository', name: 'fleet' } },
  };
}
