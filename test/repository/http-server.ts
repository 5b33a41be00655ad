import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { onTestFinished } from 'vitest';

/** A host of repositories over http, as `git http-backend` serves them. */
export interface HttpHost {
  readonly url: string;
  /** Authorization headers that came, newest last; null: none. */
  readonly authorizations: readonly (string | null)[];
  /** Methods and paths with queries that were asked for, newest last. */
  readonly requests: readonly string[];
  /** From now on. */
  behave(behavior: HttpBehavior): void;
}

/** What the host does other than serving. */
export interface HttpBehavior {
  /** Basic credentials that are demanded, `user:token`. */
  readonly account?: string;
  /** The only step of the protocol where it does so; every one where it is not given. */
  readonly step?: HttpStep;
  /** Answer instead of a repository. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Plain text of that answer, made from the credentials that came. */
  readonly text?: (authorization: string) => string;
  /** Where requests are sent on to. */
  readonly location?: string;
  readonly fault?: HttpFault;
  /** Speaks https, with this key and certificate in PEM form. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** `list`: refs for a fetch. `pack`: objects for a fetch. `offer`: refs for a push. `push`: objects of a push. */
export type HttpStep = 'list' | 'pack' | 'offer' | 'push';

/**
 * `silent`: never an answer. `stuck`: half an answer and then silence. `cut`: half an answer and then the end. `lost`: all
 * work is done and the connection ends without an answer. `unread`: it ends half way through a large request.
 * `dripping`: one message of progress after the other, without end. `garbage`: bytes that are not of the protocol.
 */
export type HttpFault = 'silent' | 'stuck' | 'cut' | 'lost' | 'unread' | 'dripping' | 'garbage';

/** How much of a request is read before its connection ends. */
const READ_BYTES = 100_000;

/** Serves every repository below a directory on loopback until the test is over. */
export async function serveHttp(directory: string, first: HttpBehavior = {}): Promise<HttpHost> {
  const authorizations: (string | null)[] = [];
  const requests: string[] = [];
  let behavior = first;
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const found = request.headers.authorization ?? null;
    authorizations.push(found);
    requests.push(`${request.method} ${request.url}`);
    request.on('error', () => undefined);
    void readBody(request, behavior.fault).then((body) => {
      const { account, step, status, headers, text, location, fault } = behavior;
      const expected = account && `Basic ${Buffer.from(account).toString('base64')}`;
      const isFaulty = step === undefined || step === stepOf(request.url ?? '', body);
      if (expected && found !== expected)
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end(text?.(found ?? ''));
      else if (isFaulty && location) response.writeHead(302, { location: `${location}${request.url}` }).end();
      else if (isFaulty && status)
        response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(text?.(found ?? ''));
      else backend(directory, request, body, response, isFaulty ? fault : undefined);
    });
  };
  const port = await listen(first.tls ? createTlsServer({ ...first.tls }, serve) : createServer(serve));
  return {
    url: `${first.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    authorizations,
    requests,
    behave: (next) => {
      behavior = next;
    },
  };
}

/** Listens on a free port of loopback until the test is over. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** All of a request, or half of it. */
async function readBody(request: IncomingMessage, fault: HttpFault | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (fault !== 'unread' || length < READ_BYTES) return;
      request.destroy();
      resolve(Buffer.concat(chunks));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
  });
}

function stepOf(path: string, body: Buffer): HttpStep | null {
  if (path.endsWith('service=git-receive-pack')) return 'offer';
  // Git asks with an empty request first whether a large one would be let in.
  if (path.endsWith('/git-receive-pack')) return body.length > 4 ? 'push' : null;
  return body.includes('command=fetch') ? 'pack' : 'list';
}

function backend(
  directory: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  fault: HttpFault | undefined,
): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['-c', 'http.receivepack=true', 'http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      REMOTE_USER: 'somebody',
      REMOTE_ADDR: '127.0.0.1',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    },
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(body);
  child.on('close', () => answer(Buffer.concat(output), response, fault));
}

/** From the form of CGI. */
function answer(output: Buffer, response: ServerResponse, fault: HttpFault | undefined): void {
  if (fault === 'silent') return;
  if (fault === 'lost' || fault === 'unread') {
    response.destroy();
    return;
  }
  const end = output.indexOf('\r\n\r\n');
  const lines = output.subarray(0, end).toString().split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const status = Number(headers.find(([name]) => name === 'Status')?.[1].slice(0, 3) ?? 200);
  const body = output.subarray(end + 4);
  response.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
  switch (fault) {
    case 'garbage':
      response.end('<html>Welcome</html>\n'.repeat(100));
      break;
    case 'dripping':
      drip(body, response);
      break;
    case 'stuck':
    case 'cut':
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
        if (fault === 'cut') response.destroy();
      });
      break;
    default:
      response.end(body);
  }
}

/** Messages of progress, one in each packet, as fast as no limit of speed ends them. */
function drip(body: Buffer, response: ServerResponse): void {
  // Messages may come as soon as the section of the objects began.
  const start = body.indexOf('packfile\n');
  if (start >= 0) response.write(body.subarray(0, start + 'packfile\n'.length));
  const text = `\x02still working ${'.'.repeat(900)}\n`;
  const packet = `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
  const timer = setInterval(() => response.write(packet), 100);
  response.on('close', () => clearInterval(timer));
}
