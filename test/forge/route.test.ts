import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { ProductError } from '../../src/errors.ts';
import { GitHubAccounts } from '../../src/forge/github/accounts.ts';
import type { RouteSettings } from '../../src/forge/github/settings.ts';
import { listen } from '../repository/http-server.ts';
import { errorOf } from '../repository/open-mirror.ts';
import { startProxy } from '../repository/proxy-server.ts';
import { findSecrets, textsOfError } from '../repository/secrets.ts';
import { temporaryDirectory } from '../repository/temporary-directory.ts';

const TOKEN = 'ghp_aT0kenOfTheRoute';
const DIRECT: RouteSettings = { caFile: null, proxy: null };

interface RouteSite {
  readonly apiUrl: string;
  /** When each request came, in milliseconds. */
  readonly times: number[];
  readonly look: (route: RouteSettings, environment?: NodeJS.ProcessEnv) => Promise<void>;
  /** The error of a look, searched for secrets. */
  readonly failure: (route: RouteSettings, environment?: NodeJS.ProcessEnv, secret?: string) => Promise<ProductError>;
}

/** A host that answers as it is told. */
async function failingSite(): Promise<{
  apiUrl: string;
  behave: (answer: (response: ServerResponse) => void) => void;
}> {
  let answer = (response: ServerResponse): void => void response.end();
  const server = createServer((_, response) => answer(response));
  return {
    apiUrl: `http://127.0.0.1:${await listen(server)}`,
    behave: (next) => {
      answer = next;
    },
  };
}

/** A host without pull requests. */
async function routeSite(): Promise<RouteSite> {
  const times: number[] = [];
  const server = createServer((_, response) => {
    times.push(performance.now());
    response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
  });
  const apiUrl = `http://127.0.0.1:${await listen(server)}`;
  const look: RouteSite['look'] = async (route, environment = {}) => {
    const context = { environment: { FORGE_TOKEN: TOKEN, ...environment }, signal: new AbortController().signal };
    const accounts = new GitHubAccounts({ ...context, now: Date.now });
    const access = { token: { environment: 'FORGE_TOKEN', file: null } };
    const forge = await accounts.forge({ apiUrl, access, route, isPaced: false }, { owner: 'acme', name: 'fleet' });
    await forge.pulls(null);
  };
  const failure: RouteSite['failure'] = async (route, environment, secret = TOKEN) => {
    const error = await errorOf(look(route, environment));
    onTestFinished(() => {
      expect(findSecrets([TOKEN, secret], { directories: [], texts: { errors: textsOfError(error) } })).toEqual([]);
    });
    return error;
  };
  return { apiUrl, times, look, failure };
}

it('goes by the proxy that is named, or by that of the environment', async () => {
  const { apiUrl, look } = await routeSite();
  const place = new URL(apiUrl).host;
  const named = await startProxy();
  const ofSite = await startProxy({ account: 'us:p@ssw0rd-of-proxy' });
  const http_proxy = `http://us:p%40ssw0rd-of-proxy@${ofSite.place}`;
  await look({ ...DIRECT, proxy: `http://${named.place}` }, { http_proxy, NO_PROXY: '*' });
  expect(new Set(named.requests)).toEqual(new Set([`CONNECT ${place}`]));
  expect(ofSite.requests).toEqual([]);
  await look(DIRECT, { http_proxy });
  expect(ofSite.requests).toContain(`CONNECT ${place}`);
  const before = ofSite.requests.length;
  await look(DIRECT, { http_proxy, NO_PROXY: '127.0.0.1' });
  expect(ofSite.requests).toHaveLength(before);
});

it.each([407, 403])('says that the proxy refuses with %s', async (status) => {
  const { failure } = await routeSite();
  const proxy = await startProxy({ status });
  const error = await failure(DIRECT, { http_proxy: `http://us:wr0ng-passw0rd@${proxy.place}` }, 'wr0ng-passw0rd');
  expect(error).toMatchObject({ kind: 'act', reason: 'ProxyRefused' });
  expect(error.message).toContain(String(status));
});

it('says that a proxy or a host cannot be reached', async () => {
  const { failure } = await routeSite();
  const error = await failure({ ...DIRECT, proxy: 'http://127.0.0.1:1' });
  expect(error).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
});

it('says that certificates cannot be read, or are none', async () => {
  const { failure } = await routeSite();
  const file = join(temporaryDirectory(), 'ca.pem');
  const missing = await failure({ ...DIRECT, caFile: file });
  expect(missing).toMatchObject({ kind: 'act', reason: 'CredentialMissing' });
  writeFileSync(file, 'none\n');
  expect((await failure(DIRECT, { SSL_CERT_FILE: file })).message).toMatch(
    /expected certificates in PEM form in .*ca\.pem/,
  );
});

it('failures are the same where requests are paced', async () => {
  const { apiUrl, behave } = await failingSite();
  const context = { environment: { FORGE_TOKEN: TOKEN }, signal: new AbortController().signal, now: () => 0 };
  const access = { token: { environment: 'FORGE_TOKEN', file: null } };
  const settings = { apiUrl, access, route: DIRECT, isPaced: true };
  const forge = await new GitHubAccounts(context).forge(settings, { owner: 'acme', name: 'fleet' });
  behave((response) => response.destroy());
  expect(await errorOf(forge.review(1))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
  behave((response) => response.writeHead(502).end());
  expect(await errorOf(forge.review(1))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
  const limits = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60', date: new Date(0).toUTCString() };
  const errors = [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }];
  const type = { 'content-type': 'application/json' };
  behave((response) => response.writeHead(200, { ...type, ...limits }).end(JSON.stringify({ errors })));
  const started = performance.now();
  expect(await errorOf(forge.review(1))).toMatchObject({ kind: 'later', reason: 'RateLimited', until: 61_000 });
  // It is not waited for.
  expect(performance.now() - started).toBeLessThan(20_000);
});

it('writes are a second apart where they are paced, whatever the repository', async () => {
  const { apiUrl, times } = await routeSite();
  const context = { environment: { FORGE_TOKEN: TOKEN }, signal: new AbortController().signal, now: Date.now };
  const accounts = new GitHubAccounts(context);
  const access = { token: { environment: 'FORGE_TOKEN', file: null } };
  const status = { context: 'c', state: 'success', description: '', url: null } as const;
  const settings = { apiUrl, access, route: DIRECT, isPaced: true };
  const writes = ['fleet', 'other'].map(async (name) => {
    const forge = await accounts.forge(settings, { owner: 'acme', name });
    await forge.setStatus('1'.repeat(40), status);
  });
  await Promise.all(writes);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(500);
});
