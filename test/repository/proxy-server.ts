import { createServer, type IncomingMessage, request as send } from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { listen } from './http-server.ts';

/** A proxy for http and, by CONNECT, for https. */
export interface Proxy {
  /** `127.0.0.1:port` */
  readonly place: string;
  /** `METHOD target` of everything that came, in order. */
  readonly requests: readonly string[];
}

/** What the proxy does other than passing on. */
export interface ProxyBehavior {
  /** Basic credentials that are demanded, `user:password`. */
  readonly account?: string;
  /** Answer of every request. */
  readonly status?: number;
}

/** Starts a proxy on loopback until the test is over. */
export async function startProxy({ account, status }: ProxyBehavior = {}): Promise<Proxy> {
  const requests: string[] = [];
  const expected = account && `Basic ${Buffer.from(account).toString('base64')}`;
  const refusal = ({ headers }: IncomingMessage): number | null =>
    expected && headers['proxy-authorization'] !== expected ? 407 : (status ?? null);
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const refused = refusal(request);
    if (refused !== null) {
      response.writeHead(refused, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
      return;
    }
    const { method, headers } = request;
    const onward = send(request.url ?? '', { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connect', (request, client) => {
    requests.push(`${request.method} ${request.url}`);
    client.on('error', () => undefined);
    const refused = refusal(request);
    if (refused !== null) {
      const headers = 'Proxy-Authenticate: Basic realm="proxy"\r\nConnection: close\r\nContent-Length: 0';
      client.end(`HTTP/1.1 ${refused} No\r\n${headers}\r\n\r\n`);
      return;
    }
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    target.on('error', () => client.destroy());
    target.pipe(client).pipe(target);
    onTestFinished(() => void target.destroy());
    onTestFinished(() => void client.destroy());
  });
  return { place: `127.0.0.1:${await listen(server)}`, requests };
}
