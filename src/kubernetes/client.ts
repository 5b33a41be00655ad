import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions, request as requestHttps } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { messageOf, mustAct } from '../errors.ts';
import { ApiFailure, failureOf } from './failure.ts';

/** Which cluster. */
export interface ClusterChoice {
  /** Path of a kubeconfig; null: KUBECONFIG, else the Pod's ServiceAccount, else ~/.kube/config. */
  readonly kubeconfig: string | null;
  /** Context of the kubeconfig; null: its current one. */
  readonly context: string | null;
}

/** One call. */
export interface ApiCall {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal: AbortSignal;
  /** Silence after which the call is given up. */
  readonly idleMs?: number;
}

/** Calls to one API server. */
export interface KubernetesClient {
  /** URL of the API server. */
  readonly server: string;
  /** The answer of a call. @throws ApiFailure */
  call(call: ApiCall): Promise<unknown>;
  /** The lines of an answer that goes on, parsed; resolves with its head. @throws ApiFailure */
  stream(call: ApiCall): Promise<AsyncGenerator<unknown, void, undefined>>;
}

const CALL_TIMEOUT_MS = 30_000;
/** The largest answer that is taken: a page of 500 objects of 1.5 MiB would not be. */
const MAX_ANSWER = 256 * 1024 * 1024;
/** The largest line of a watch: one object. */
const MAX_LINE = 32 * 1024 * 1024;

/** Connects by a kubeconfig, or by the ServiceAccount of the Pod. */
export async function connectToCluster(
  choice: ClusterChoice,
  environment: NodeJS.ProcessEnv,
): Promise<KubernetesClient> {
  const config = await loadKubeConfig(choice, environment);
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    const known = config.getContexts().map(({ name }) => name);
    const found = choice.context ?? config.getCurrentContext();
    throw mustAct(
      'KubeconfigInvalid',
      `the kubeconfig has no context ${JSON.stringify(found)}; its contexts: ${known.join(', ') || 'none'}; give one with --context`,
    );
  }
  return new HttpClient(config, cluster.server);
}

async function loadKubeConfig(choice: ClusterChoice, environment: NodeJS.ProcessEnv): Promise<KubeConfig> {
  // Loading it takes 0.4 s and 75 MB: who works on files does not pay for it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const path = choice.kubeconfig ?? environment['KUBECONFIG'];
  try {
    if (path) config.loadFromFile(path);
    else if (environment['KUBERNETES_SERVICE_HOST']) config.loadFromCluster();
    else config.loadFromDefault();
    if (choice.context !== null) config.setCurrentContext(choice.context);
    return config;
  } catch (error) {
    throw mustAct('KubeconfigInvalid', `cannot load the kubeconfig ${path ?? ''}: ${messageOf(error)}`, error);
  }
}

class HttpClient implements KubernetesClient {
  readonly server: string;
  readonly #config: KubeConfig;
  #agent: { readonly identity: string; readonly agent: Agent } | null = null;

  constructor(config: KubeConfig, server: string) {
    this.#config = config;
    this.server = server;
  }

  async call(call: ApiCall): Promise<unknown> {
    const answer = await this.#send({ idleMs: CALL_TIMEOUT_MS, ...call });
    const text = await readAll(answer);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new ApiFailure(0, '', 'the answer is not JSON', null, error);
    }
  }

  async stream(call: ApiCall): Promise<AsyncGenerator<unknown, void, undefined>> {
    return linesOf(await this.#send(call));
  }

  /** The answer's head; anything but a success is a failure. */
  async #send(call: ApiCall): Promise<IncomingMessage> {
    const url = new URL(`${this.server.replace(/\/$/, '')}${call.path}`);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    const options: RequestOptions = {
      method: call.method ?? 'GET',
      signal: call.signal,
      headers: {
        accept: call.accept ?? 'application/json',
        'user-agent': 'dso-gitops',
        ...(body === null ? {} : { 'content-type': call.contentType ?? 'application/json' }),
      },
    };
    await this.#config.applyToHTTPSOptions(options);
    options.agent = this.#reuseAgent(options);
    const answer = await exchange(url, options, body, call.idleMs ?? CALL_TIMEOUT_MS);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw failureOf(status, await readAll(answer), answer.headers['retry-after']);
  }

  /** One agent as long as the credentials are the same: connections are used again. */
  #reuseAgent({ agent, ca, cert, key, rejectUnauthorized, servername }: RequestOptions): Agent {
    const identity = JSON.stringify([ca, cert, key, rejectUnauthorized, servername].map(String));
    if (this.#agent?.identity === identity) return this.#agent.agent;
    const isProxied = this.#config.getCurrentCluster()?.proxyUrl !== undefined || this.server.startsWith('http:');
    const options = Object.fromEntries(
      Object.entries({ ca, cert, key, rejectUnauthorized, servername }).filter(([, value]) => value !== undefined),
    );
    const own = isProxied ? (agent as Agent) : new HttpsAgent({ ...options, keepAlive: true });
    this.#agent = { identity, agent: own };
    return own;
  }
}

async function exchange(
  url: URL,
  options: RequestOptions,
  body: string | null,
  idleMs: number,
): Promise<IncomingMessage> {
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, resolve);
      request.on('error', reject);
      // A connection that went half open says nothing, not even that it is gone.
      request.setTimeout(idleMs, () => request.destroy(new Error(`nothing was heard for ${idleMs / 1000} s`)));
      request.end(body ?? undefined);
    });
  } catch (error) {
    throw new ApiFailure(0, '', messageOf(error), null, error);
  }
}

async function* linesOf(answer: IncomingMessage): AsyncGenerator<unknown, void, undefined> {
  let rest = '';
  try {
    for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) throw new ApiFailure(0, '', 'a watch event is too large');
      for (const line of lines) if (line !== '') yield JSON.parse(line);
    }
  } finally {
    answer.destroy();
  }
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_ANSWER) throw new Error(`the answer is larger than ${MAX_ANSWER} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw new ApiFailure(0, '', messageOf(error), null, error);
  }
  return Buffer.concat(chunks).toString('utf8');
}
