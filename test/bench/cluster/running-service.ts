import { readFileSync } from 'node:fs';
import type { Context } from '../../../src/cli/context.ts';
import { freePort, until } from '../../cluster/process.ts';
import { nodeOptions, Product, type Usage } from '../product.ts';

/** Of /proc. */
const TICKS_PER_SECOND = 100;
const TIMEOUT_MS = 600_000;

/** `dso-gitops run` beside a hub, with the memory that the installation gives it. */
export class RunningService {
  /** Milliseconds from its start to /readyz. */
  readonly readyMs: number;
  readonly #product: Product;

  private constructor(product: Product, readyMs: number) {
    this.#product = product;
    this.readyMs = readyMs;
  }

  /** Starts it and waits until it is ready. */
  static async start(kubeconfig: string, { directory, environment }: Context): Promise<RunningService> {
    const port = await freePort();
    const args = ['run', '--log-format', 'json', '--health-port', String(port), '--kubeconfig', kubeconfig];
    const begun = performance.now();
    const product = new Product(args, { directory, environment: { ...environment, NODE_OPTIONS: nodeOptions() } });
    await until('/readyz', async () => ((await fetch(urlOf(port, '/readyz'))).ok ? true : null), TIMEOUT_MS, 20);
    return new RunningService(product, performance.now() - begun);
  }

  /** Seconds of CPU so far, of the Node process alone: as Linux counts them, for asking the process costs more. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.#product.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  /** Ends it, as a cluster does. */
  stop(): Promise<Usage> {
    this.#product.stop();
    return this.#product.ended();
  }
}

function urlOf(port: number, path: string): string {
  return `http://127.0.0.1:${port}${path}`;
}
