import { existsSync } from 'node:fs';
import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions, request as requestHttps } from 'node:https';
import { delimiter } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { messageOf, mustAct } from '../errors.ts';
import { ApiFailure, asFailure, failureOf, tooLarge } from './failure.ts';

/** Which cluster. */
export interface ClusterChoice {
  /** Path of a kubeconfig; null: KUBECONFIG, else the Pod's ServiceAccount, else ~/.kube/config. */
  readonly kubeconfig: string | null;
  /** Context of the kubeconfig; null: its current one. */
  readonly context: string | null;
}

/** One call. */
export interface ApiCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal: AbortSignal;
}

/** How long an API server may be silent before it counts as gone, in milliseconds. */
export interface Patience {
  /** Until the head of an answer, and between the parts of one that ends. */
  readonly answerMs: number;
  /** Between the lines of an answer that goes on; bookmarks come about once a minute. */
  readonly streamMs: number;
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

const PATIENCE: Patience = { answerMs: 30_000, streamMs: 90_000 };
/** The largest answer that is taken: it is in memory several times while it is parsed. */
const MAX_ANSWER = 8 * 1024 * 1024;
/** The largest line of a watch: one object. */
const MAX_LINE = 32 * 1024 * 1024;

/** Connects by a kubeconfig, or by the ServiceAccount of the Pod. */
export async function connectToCluster(
  choice: ClusterChoice,
  environment: NodeJS.ProcessEnv,
  patience: Patience = PATIENCE,
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
  return new HttpClient(config, cluster.server, patience);
}

async function loadKubeConfig(choice: ClusterChoice, environment: NodeJS.ProcessEnv): Promise<KubeConfig> {
  // Loading it takes 0.4 s and 75 MB: who works on files does not pay for it.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const paths = choice.kubeconfig === null ? pathsOf(environment['KUBECONFIG'] ?? '') : [choice.kubeconfig];
  const [first, ...others] = paths;
  try {
    if (first !== undefined) {
      config.loadFromFile(first);
      for (const path of others) {
        const other = new KubeConfig();
        other.loadFromFile(path);
        config.mergeConfig(other, Boolean(config.currentContext));
      }
    } else if (environment['KUBERNETES_SERVICE_HOST']) config.loadFromCluster();
    else config.loadFromDefault();
    if (choice.context !== null) config.setCurrentContext(choice.context);
    return config;
  } catch (error) {
    throw mustAct(
      'KubeconfigInvalid',
      `cannot load the kubeconfig ${paths.join(delimiter)}: ${messageOf(error)}`,
      error,
    );
  }
}

/** The files of KUBECONFIG. As for kubectl, one of several need not be there, and the first with a context chooses it. */
function pathsOf(variable: string): readonly string[] {
  const paths = variable.split(delimiter).filter((path) => path !== '');
  const found = paths.filter((path) => existsSync(path));
  return found.length > 0 ? found : paths.slice(0, 1);
}

class HttpClient implements KubernetesClient {
  readonly server: string;
  readonly #config: KubeConfig;
  readonly #patience: Patience;
  #agent: { readonly identity: string; readonly agent: Agent } | null = null;

  constructor(config: KubeConfig, server: string, patience: Patience) {
    this.#config = config;
    this.#patience = patience;
    this.server = server;
  }

  async call(call: ApiCall): Promise<unknown> {
    const answer = await this.#send(call, this.#patience.answerMs);
    const text = await readAll(answer);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new ApiFailure(0, '', 'the answer is not JSON', null, error);
    }
  }

  async stream(call: ApiCall): Promise<AsyncGenerator<unknown, void, undefined>> {
    return linesOf(await this.#send(call, this.#patience.streamMs));
  }

  /** The answer's head; anything but a success is a failure. */
  async #send(call: ApiCall, idleMs: number): Promise<IncomingMessage> {
    const url = new URL(`${this.server.replace(/\/$/, '')}${call.path}`);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    const options: RequestOptions = {
      method: call.method ?? 'GET',
      signal: call.signal,
      headers: {
        accept: call.accept ?? 'application/json',
        'user-agent': 'dso-gitops',
        // Node does not say by itself that a DELETE has a body, which is then taken for the next request.
        ...(body !== null && {
          'content-type': call.contentType ?? 'application/json',
          'content-length': Buffer.byteLength(body),
        }),
      },
    };
    await this.#config.applyToHTTPSOptions(options);
    options.agent = this.#reuseAgent(options);
    const answer = await exchange(url, options, body, { headMs: this.#patience.answerMs, idleMs });
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
  { headMs, idleMs }: { readonly headMs: number; readonly idleMs: number },
): Promise<IncomingMessage> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (answer) => {
        // A connection that went half open says nothing, not even that it is gone.
        request.setTimeout(idleMs, () => answer.destroy(silence(idleMs)));
        resolve(answer);
      });
      request.on('error', reject);
      // Not the timeout of the socket: that one begins when there is a connection.
      timer = setTimeout(() => request.destroy(silence(headMs)), headMs);
      request.end(body ?? undefined);
    });
  } catch (error) {
    throw new ApiFailure(0, '', messageOf(error), null, error);
  } finally {
    clearTimeout(timer);
  }
}

function silence(ms: number): Error {
  return new Error(`nothing was heard for ${ms / 1000} s`);
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
      if (length > MAX_ANSWER) throw tooLarge(`the answer is larger than ${MAX_ANSWER} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw asFailure(error);
  }
  return Buffer.concat(chunks).toString('utf8');
}
