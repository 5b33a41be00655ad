import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ApiServer, User } from './control-plane.ts';

/** What happens to requests. */
export type Fault =
  | { readonly kind: 'none' }
  /** Each is answered like this. */
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter?: string }
  /** What is under way never speaks again, what comes gets no answer; no connection is closed. */
  | { readonly kind: 'silence' }
  /** Every connection is cut at once. */
  | { readonly kind: 'cut' };

/** Stands between the service and the real API server and does what networks and load balancers do. */
export class FaultProxy {
  readonly #target: ApiServer;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #exchanges = new Set<{ isDead: boolean }>();
  #fault: Fault = { kind: 'none' };
  /** Requests that reached it, as `VERB path`. */
  readonly seen: string[] = [];
  readonly #answers: { readonly path: string; text: string }[] = [];

  private constructor(target: ApiServer) {
    this.#target = target;
    this.#server = createServer((incoming, answer) => this.#handle(incoming, answer));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(target: ApiServer): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** From now on. */
  set fault(fault: Fault) {
    this.#fault = fault;
    if (fault.kind === 'silence') for (const exchange of this.#exchanges) exchange.isDead = true;
    if (fault.kind === 'cut' || fault.kind === 'answer') for (const socket of this.#sockets) socket.destroy();
  }

  /** A kubeconfig that leads through the proxy. */
  kubeconfig(user?: User): string {
    const config = JSON.parse(readFileSync(this.#target.kubeconfig(user), 'utf8')) as {
      clusters: { name: string; cluster: object }[];
    };
    const { port } = this.#server.address() as AddressInfo;
    const clusters = config.clusters.map(({ name }) => {
      return { name, cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } };
    });
    const path = this.#target.path(`proxy-${port}.kubeconfig`);
    writeFileSync(path, JSON.stringify({ ...config, clusters }), { mode: 0o600 });
    return path;
  }

  /** All that the API server has answered to requests for a path, whatever their query. */
  answered(path: string): string {
    return this.#answers.flatMap((answer) => (answer.path === path ? answer.text : [])).join('');
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #handle(incoming: IncomingMessage, answer: ServerResponse): void {
    this.seen.push(`${incoming.method} ${incoming.url}`);
    const fault = this.#fault;
    if (fault.kind === 'silence') return;
    if (fault.kind === 'cut') {
      incoming.socket.destroy();
      return;
    }
    if (fault.kind === 'answer') {
      const headers = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
      answer.writeHead(fault.status, { 'content-type': 'application/json', ...headers });
      answer.end(
        JSON.stringify({ kind: 'Status', status: 'Failure', message: 'made by the test', code: fault.status }),
      );
      return;
    }
    this.#forward(incoming, answer);
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse): void {
    const exchange = { isDead: false };
    this.#exchanges.add(exchange);
    const kept = { path: incoming.url?.split('?')[0] ?? '', text: '' };
    this.#answers.push(kept);
    answer.on('close', () => this.#exchanges.delete(exchange));
    const ca = readFileSync(this.#target.path('certs/apiserver.crt'));
    const options = { method: incoming.method ?? 'GET', headers: { ...incoming.headers, host: '127.0.0.1' }, ca };
    const outgoing = request(`${this.#target.url}${incoming.url}`, options, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      answer.flushHeaders();
      found.on('data', (chunk: Buffer) => {
        kept.text += chunk.toString('latin1');
        if (!exchange.isDead) answer.write(chunk);
      });
      found.on('end', () => {
        if (!exchange.isDead) answer.end();
      });
      found.on('error', () => answer.destroy());
    });
    outgoing.on('error', () => answer.destroy());
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }
}
