import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** A host of repositories over http, as `git http-backend` serves them. */
export interface HttpHost {
  readonly url: string;
  /** Authorization headers that came, newest last; null: none. */
  readonly authorizations: readonly (string | null)[];
}

/** What the host does other than serving. */
export interface HttpBehavior {
  /** Basic credentials that are demanded, `user:token`. */
  readonly account?: string;
  /** Answer of every request instead of a repository. */
  readonly status?: number;
  /** Where every request is sent on to. */
  readonly location?: string;
}

/** Serves every repository below a directory on loopback until the test is over. */
export async function serveHttp(directory: string, behavior: HttpBehavior = {}): Promise<HttpHost> {
  const authorizations: (string | null)[] = [];
  const expected = behavior.account && `Basic ${Buffer.from(behavior.account).toString('base64')}`;
  const server = createServer((request, response) => {
    const found = request.headers.authorization ?? null;
    authorizations.push(found);
    if (behavior.location) response.writeHead(302, { location: `${behavior.location}${request.url}` }).end();
    else if (expected && found !== expected) response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    else if (behavior.status) response.writeHead(behavior.status).end();
    else backend(directory, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, authorizations };
}

function backend(directory: string, request: IncomingMessage, response: ServerResponse): void {
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
  request.pipe(child.stdin);
  child.on('close', () => answer(Buffer.concat(output), response));
}

/** From the form of CGI. */
function answer(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf('\r\n\r\n');
  const lines = output.subarray(0, end).toString().split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const status = Number(headers.find(([name]) => name === 'Status')?.[1].slice(0, 3) ?? 200);
  response.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
  response.end(output.subarray(end + 4));
}
