import type { Context } from '../../../src/cli/context.ts';
import { freePort, until } from '../../cluster/process.ts';
import { nodeOptions, Product, type Usage } from '../product.ts';

const TIMEOUT_MS = 600_000;

/** `dso-gitops run` beside a hub, with the memory that the installation gives it. */
export class RunningService {
  /** Milliseconds from its start to /readyz. */
  readonly readyMs: number;
  readonly #product: Product;
  readonly #port: number;

  private constructor(product: Product, port: number, readyMs: number) {
    this.#product = product;
    this.#port = port;
    this.readyMs = readyMs;
  }

  /** Starts it and waits until it is ready. */
  static async start(kubeconfig: string, { directory, environment }: Context): Promise<RunningService> {
    const port = await freePort();
    const args = ['run', '--log-format', 'json', '--health-port', String(port), '--kubeconfig', kubeconfig];
    const begun = performance.now();
    const product = new Product(args, { directory, environment: { ...environment, NODE_OPTIONS: nodeOptions() } });
    await until('/readyz', async () => ((await fetch(urlOf(port, '/readyz'))).ok ? true : null), TIMEOUT_MS, 20);
    return new RunningService(product, port, performance.now() - begun);
  }

  /** Seconds of CPU so far, of the Node process alone. */
  async cpuSeconds(): Promise<number> {
    const text = await (await fetch(urlOf(this.#port, '/metrics'))).text();
    const found = /^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1];
    if (found === undefined) throw new Error('no process_cpu_seconds_total in /metrics');
    return Number(found);
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
