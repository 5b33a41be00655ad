import { readFile } from 'node:fs/promises';
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch as fetchOver, ProxyAgent } from 'undici';
import { messageOf, mustAct } from '../../errors.ts';
import type { RouteSettings } from './settings.ts';

/** A request is over by then, its answer read to the end. */
const TIMEOUT_MS = 30_000;
/** More is no answer of GitHub: the longest, a hundred pull requests with full bodies, is below 10 MB. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/** One HTTP request as it was answered, 304 included. */
export interface RequestSeen {
  readonly method: string;
  /** Without host and query. */
  readonly path: string;
  /** 0: there was no answer. */
  readonly status: number;
}

/** Sends a request and reads its answer whole. */
export type Send = (url: string, options: RequestInit) => Promise<Response>;

/** There was no answer in time. */
export class NoAnswerInTime extends Error {
  readonly code = 'NO_ANSWER';

  constructor() {
    super(`no answer within ${TIMEOUT_MS / 1000} s`);
  }
}

/**
 * The way to a host: certificates, proxy, time limit. Redirects are not followed.
 *
 * @throws ProductError kind `act` when the certificates cannot be read
 */
export async function openRoute(
  settings: RouteSettings,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
  onRequest: (seen: RequestSeen) => void,
): Promise<Send> {
  const dispatcher = dispatcherOf(settings.proxy, await certificates(settings.caFile, environment), environment);
  return async (url, options) => {
    const method = options.method ?? 'GET';
    const path = new URL(url).pathname;
    const ended = new AbortController();
    const end = (): void => ended.abort(signal.reason);
    const timer = setTimeout(() => ended.abort(new NoAnswerInTime()), TIMEOUT_MS);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    let status = 0;
    try {
      const { headers = {}, body = null } = options;
      const sent = { method, headers: new Headers(headers), body: typeof body === 'string' ? body : null };
      const answer = await fetchOver(url, { ...plain(sent), redirect: 'manual', dispatcher, signal: ended.signal });
      ({ status } = answer);
      const text = await answer.text();
      return new Response(hasNoBody(status) ? null : text, { status, headers: [...answer.headers] });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      onRequest({ method, path, status });
    }
  };
}

/** The package has its own classes beside those of Node. */
function plain({ headers, ...rest }: { method: string; headers: Headers; body: string | null }): {
  method: string;
  headers: Record<string, string>;
  body: string | null;
} {
  return { ...rest, headers: Object.fromEntries(headers) };
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function dispatcherOf(proxy: string | null, ca: string | null, environment: NodeJS.ProcessEnv): Dispatcher {
  const tls = ca === null ? {} : { connect: { ca }, requestTls: { ca }, proxyTls: { ca } };
  const options = { ...tls, maxResponseSize: MAX_ANSWER_BYTES };
  if (proxy !== null) return new ProxyAgent({ ...options, uri: withKnownScheme(proxy) });
  const named = (...names: readonly string[]): string => names.map((name) => environment[name]).find(Boolean) ?? '';
  const httpsProxy = named('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY');
  const httpProxy = named('http_proxy', 'all_proxy', 'ALL_PROXY');
  if (httpsProxy === '' && httpProxy === '') return new Agent(options);
  // An empty text, so that the package does not look into the environment of this process.
  return new EnvHttpProxyAgent({
    ...options,
    httpsProxy: withKnownScheme(httpsProxy),
    httpProxy: withKnownScheme(httpProxy),
    noProxy: named('no_proxy', 'NO_PROXY'),
  });
}

/** `socks5h` is curl's word for resolving at the proxy, which is the only way here. A host alone is one of http. */
function withKnownScheme(proxy: string): string {
  if (proxy === '') return '';
  return proxy.includes('://') ? proxy.replace(/^socks5h:/i, 'socks5:') : `http://${proxy}`;
}

async function certificates(caFile: string | null, environment: NodeJS.ProcessEnv): Promise<string | null> {
  const file = caFile ?? environment['SSL_CERT_FILE'] ?? '';
  if (file === '') return null;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const message = `cannot read the certificates in ${file}: ${messageOf(error)}; correct credentials.caFile or SSL_CERT_FILE`;
    throw mustAct('CredentialMissing', message, error);
  });
  if (/^-----BEGIN (?:TRUSTED )?CERTIFICATE-----/m.test(text)) return text;
  const message = `expected certificates in PEM form in ${file}; found none; correct credentials.caFile or SSL_CERT_FILE`;
  throw mustAct('CredentialMissing', message);
}
