import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { ApiServer } from './control-plane.ts';

/** Calls of an administrator over connections that stay: kubectl starts a process for each. */
export class RawApi {
  readonly #server: ApiServer;
  readonly #agent: Agent;

  constructor(server: ApiServer) {
    this.#server = server;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 32, ca: readFileSync(server.path('certs/apiserver.crt')) });
  }

  /** Sets the metric that a DSO of `dsoOf` reads; resolves when the API server has it. */
  async setMetric(name: string, value: string, namespace = 'default'): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
    await this.#call('PATCH', path, { data: { 'metric-value': value } });
  }

  /** Creates an object. @param path that of its list */
  async create(path: string, object: object): Promise<void> {
    await this.#call('POST', path, object);
  }

  /** What it answers to a GET. */
  get(path: string): Promise<string> {
    return this.#call('GET', path);
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(method: string, path: string, body?: object): Promise<string> {
    return new Promise((resolve, reject) => {
      const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const headers = { authorization: 'Bearer admin-token', 'content-type': contentType };
      const call = request(`${this.#server.url}${path}`, { method, agent: this.#agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (Math.floor((answer.statusCode ?? 0) / 100) === 2) resolve(text);
          else reject(new Error(`${method} ${path}: HTTP ${answer.statusCode}: ${text}`));
        });
      });
      call.on('error', reject).end(body && JSON.stringify(body));
    });
  }
}
