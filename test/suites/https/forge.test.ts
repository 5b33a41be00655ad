import { createServer } from 'node:https';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GitHubAccounts } from '../../../src/forge/github/accounts.ts';
import type { RouteSettings } from '../../../src/forge/github/settings.ts';
import { listen } from '../../repository/http-server.ts';
import { errorOf } from '../../repository/open-mirror.ts';
import { startProxy } from '../../repository/proxy-server.ts';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';
import { makeSite } from './certificates.ts';

interface TlsForge {
  readonly place: string;
  readonly caFile: string;
  readonly look: (route: RouteSettings, environment?: NodeJS.ProcessEnv) => Promise<unknown>;
}

/** A forge without pull requests, whose certificate is for a name. */
async function tlsForge(name: string): Promise<TlsForge> {
  const { caFile, tls } = makeSite(join(temporaryDirectory(), 'site'), name);
  const server = createServer(tls, (_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('[]'),
  );
  const place = `127.0.0.1:${await listen(server)}`;
  const look: TlsForge['look'] = async (route, environment = {}) => {
    const context = { environment: { FORGE_TOKEN: 'ghp_x', ...environment }, signal: new AbortController().signal };
    const access = { token: { environment: 'FORGE_TOKEN', file: null } };
    const settings = { apiUrl: `https://${place}`, access, route, isPaced: false };
    const forge = await new GitHubAccounts({ ...context, now: Date.now }).forge(settings, { owner: 'a', name: 'b' });
    return forge.pulls(null);
  };
  return { place, caFile, look };
}

it('the CA of a forge is trusted when it is named', async () => {
  const { look, caFile } = await tlsForge('IP:127.0.0.1');
  const error = await errorOf(look({ caFile: null, proxy: null }));
  expect(error).toMatchObject({ kind: 'act', reason: 'CertificateRefused' });
  expect(error.message).toContain('credentials.caFile');
  expect(await look({ caFile, proxy: null })).toMatchObject({ open: [] });
  expect(await look({ caFile: null, proxy: null }, { SSL_CERT_FILE: caFile })).toMatchObject({ open: [] });
});

it('a certificate for another name is refused', async () => {
  const { look, caFile } = await tlsForge('DNS:other.test');
  expect(await errorOf(look({ caFile, proxy: null }))).toMatchObject({ kind: 'act', reason: 'CertificateRefused' });
});

it('the CA is trusted behind a proxy, too', async () => {
  const { look, caFile, place } = await tlsForge('IP:127.0.0.1');
  const proxy = await startProxy();
  expect(await look({ caFile, proxy: `http://${proxy.place}` })).toMatchObject({ open: [] });
  expect(await look({ caFile, proxy: null }, { HTTPS_PROXY: `http://${proxy.place}` })).toMatchObject({ open: [] });
  expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${place}`]));
});
