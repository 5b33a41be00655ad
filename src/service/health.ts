import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, mustAct } from '../errors.ts';

/** No tick ended for this long: something hangs that has no deadline of its own, and only a restart helps. */
const STUCK_MS = 600_000;

/** What the probes of a Pod ask. */
export class Health {
  readonly #now: () => number;
  #beatAt: number;
  #problem = 'the hub was not read yet';

  /** @param now milliseconds on a clock that nobody sets */
  constructor(now: () => number) {
    this.#now = now;
    this.#beatAt = now();
  }

  /** A tick ended; `problem` says why the hub could not be read, null: it could. */
  beat(problem: string | null): void {
    this.#beatAt = this.#now();
    this.#problem = problem ?? '';
  }

  /** The answer of a path: status and text. */
  answer(path: string): { readonly status: number; readonly text: string } {
    if (path === '/livez') {
      const age = this.#now() - this.#beatAt;
      return age < STUCK_MS ? OK : { status: 503, text: `no evaluation ended for ${Math.round(age / 1000)} s` };
    }
    if (path === '/readyz') return this.#problem === '' ? OK : { status: 503, text: this.#problem };
    return { status: 404, text: 'expected /livez, /readyz or /metrics' };
  }
}

const OK = { status: 200, text: 'ok' };
/** As Prometheus wants it, and anybody can read it. */
const PLAIN = 'text/plain; version=0.0.4; charset=utf-8';

/** The probes and the metrics over http on all addresses. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Answers the probes; port 0 takes a free one.
 *
 * @param metrics what is told at /metrics
 * @throws ProductError when the port cannot be had
 */
export async function serveHealth(health: Health, port: number, metrics: () => Promise<string>): Promise<HealthServer> {
  const answer = async (path: string): Promise<ReturnType<Health['answer']>> =>
    path === '/metrics' ? { status: 200, text: (await metrics()).trimEnd() } : health.answer(path);
  const server = createServer((request, response) => {
    void answer(request.url?.split('?')[0] ?? '')
      .catch((error: unknown) => ({ status: 500, text: messageOf(error) }))
      .then(({ status, text }) => response.writeHead(status, { 'content-type': PLAIN }).end(`${text}\n`));
  });
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(mustAct('PortTaken', `cannot listen on port ${port} for the probes: ${messageOf(error)}`, error)),
    );
    server.listen(port, resolve);
  });
}
