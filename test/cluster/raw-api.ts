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
    await this.#patch(`/api/v1/namespaces/${namespace}/configmaps/${name}`, { data: { 'metric-value': value } });
  }

  close(): void {
    this.#agent.destroy();
  }

  #patch(path: string, body: object): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: 'Bearer admin-token', 'content-type': 'application/merge-patch+json' };
      const call = request(`${this.#server.url}${path}`, { method: 'PATCH', agent: this.#agent, headers }, (answer) => {
        answer.resume();
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve();
          else reject(new Error(`PATCH ${path}: HTTP ${answer.statusCode}`));
        });
      });
      call.on('error', reject).end(JSON.stringify(body));
    });
  }
}
