import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CredentialSource } from '../../../src/repository/environment.ts';
import { BareRepository } from '../../repository/bare-repository.ts';
import { wrapGit } from '../../repository/git-wrapper.ts';
import { type HttpBehavior, serveHttp } from '../../repository/http-server.ts';
import { errorOf, NO_CREDENTIALS, openMirror, publication, settingsOf } from '../../repository/open-mirror.ts';
import { startProxy } from '../../repository/proxy-server.ts';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';
import { countOf, World } from '../../scenarios/world.ts';
import { makeSite } from './certificates.ts';

const PASSWORD = 'pr0xy-S3cret';
const TOKEN = 'ghp_v3rySecretT0ken';

async function setUp(name = 'IP:127.0.0.1', behavior: HttpBehavior = {}) {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, 'host', 'fleet.git'), { 'base/app.yaml': 'x\n' });
  const site = makeSite(join(directory, 'site'), name);
  const host = await serveHttp(join(directory, 'host'), { ...behavior, tls: site.tls });
  const wrapper = wrapGit(directory);
  const settings = (credentials: Partial<CredentialSource>, environment: NodeJS.ProcessEnv = {}) =>
    settingsOf(`${host.url}/fleet.git`, join(directory, 'cache'), {
      credentials: { ...NO_CREDENTIALS, ...credentials },
      parentEnvironment: { PATH: wrapper.path, ...environment },
    });
  return { directory, remote, site, host, wrapper, settings };
}

const push = publication({ 'scaling/a': 'a\n' }, { states: new Map([['default/a', '1\n']]) });

describe('over https with the CA of a site', () => {
  it('is refused without it, and says where it goes', async () => {
    const { settings } = await setUp();
    const error = await errorOf(openMirror(settings({})));
    expect(error).toMatchObject({ kind: 'act', reason: 'CertificateRefused' });
    expect(error.message).toContain('credentials.caFile');
  });

  it('is trusted with caFile', async () => {
    const { remote, site, settings } = await setUp();
    await (await openMirror(settings({ caFile: site.caFile }))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
  });

  it('is trusted with SSL_CERT_FILE or SSL_CERT_DIR of the environment', async () => {
    const { site, settings } = await setUp();
    for (const environment of [{ SSL_CERT_FILE: site.caFile }, { SSL_CERT_DIR: site.caDirectory }]) {
      expect((await openMirror(settings({}, environment))).tip, JSON.stringify(environment)).not.toBeNull();
    }
  });

  it('goes with caFile, whatever SSL_CERT_FILE says', async () => {
    const { directory, site, settings } = await setUp();
    const other = makeSite(join(directory, 'other'), 'IP:127.0.0.1').caFile;
    expect((await openMirror(settings({ caFile: site.caFile }, { SSL_CERT_FILE: other }))).tip).not.toBeNull();
    const error = await errorOf(openMirror(settings({ caFile: other }, { SSL_CERT_FILE: site.caFile })));
    expect(error).toMatchObject({ kind: 'act', reason: 'CertificateRefused' });
  });

  it('is refused for another name', async () => {
    const { settings, site } = await setUp('DNS:git.example.com');
    const error = await errorOf(openMirror(settings({ caFile: site.caFile })));
    expect(error).toMatchObject({ kind: 'act', reason: 'CertificateRefused' });
    expect(error.message).toContain('check the name in the URL');
  });

  it('a CA file that is missing or holds none is said before anything is sent', async () => {
    const { directory, host, settings } = await setUp();
    writeFileSync(join(directory, 'empty'), 'hello\n');
    for (const caFile of [join(directory, 'none'), join(directory, 'empty')]) {
      const error = await errorOf(openMirror(settings({ caFile })));
      expect(error).toMatchObject({ kind: 'act', reason: 'CredentialMissing' });
      expect(error.message).toContain(caFile);
    }
    expect(host.authorizations).toEqual([]);
  });

  it('an environment that names a file that is not there is refused', async () => {
    const { settings } = await setUp();
    const error = await errorOf(openMirror(settings({}, { SSL_CERT_FILE: '/nonexistent/ca.pem' })));
    expect(error).toMatchObject({ kind: 'act', reason: 'CertificateRefused' });
  });

  it('is of one destination alone: configuration to commit, beside one that does not trust it', async () => {
    const { remote, site, host } = await setUp();
    const repository = `${host.url}/fleet.git`;
    const destinations = [
      { name: 'with', repository, match: { members: ['one'] }, credentials: { caFile: site.caFile } },
      { name: 'without', repository, root: 'other' },
    ];
    const world = new World({ destinations });
    world.dso({ name: 'a' });
    world.metric('a', 20);
    const { code, out, err } = await world.run('apply');
    expect(code).toBe(1);
    expect((out + err).replaceAll(/\s+/g, ' ')).toContain(
      'make the CA known with credentials.caFile of the destination',
    );
    expect(countOf(remote, 'one', 'a')).toBe(2);
    expect(remote.paths().filter((path) => path.startsWith('other/'))).toEqual([]);
  });
});

describe('over https through a proxy', () => {
  it('sends token and content through a tunnel, which the proxy cannot read', async () => {
    const { remote, site, host, wrapper, settings } = await setUp('IP:127.0.0.1', { account: `bot:${TOKEN}` });
    const proxy = await startProxy({ account: `me:${PASSWORD}` });
    const environment = { HTTPS_PROXY: `http://me:${PASSWORD}@${proxy.place}`, FLEET_TOKEN: TOKEN };
    const credentials = { username: 'bot', tokenEnvironment: 'FLEET_TOKEN', caFile: site.caFile };
    await (await openMirror(settings(credentials, environment))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
    expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${new URL(host.url).host}`]));
    const argv = wrapper.argv().join('\n');
    expect(argv).toContain('push');
    for (const secret of [PASSWORD, TOKEN]) expect(argv).not.toContain(secret);
  });

  it('of the destination: configuration to commit', async () => {
    const { remote, site, host } = await setUp();
    const proxy = await startProxy();
    const repository = `${host.url}/fleet.git`;
    const world = new World({
      destinations: [{ repository, proxy: `http://${proxy.place}`, credentials: { caFile: site.caFile } }],
    });
    world.dso({ name: 'a' });
    world.metric('a', 20);
    const { code, out, err } = await world.run('apply');
    expect(code, out + err).toBe(0);
    expect(countOf(remote, 'one', 'a')).toBe(2);
    expect(proxy.requests.length).toBeGreaterThan(1);
  });

  it.each([
    ['wants a password', { account: 'me:other' }, 'act', 'ProxyRefused'],
    ['forbids the host', { status: 403 }, 'act', 'ProxyRefused'],
    ['is down', { status: 502 }, 'later', 'RemoteUnavailable'],
  ] as const)('that %s', async (_name, behavior, kind, reason) => {
    const { site, host, settings } = await setUp();
    const proxy = await startProxy(behavior);
    const environment = { HTTPS_PROXY: `http://me:${PASSWORD}@${proxy.place}` };
    const error = await errorOf(openMirror(settings({ caFile: site.caFile }, environment)));
    expect(error).toMatchObject({ kind, reason });
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain(PASSWORD);
    expect(host.authorizations).toEqual([]);
  });
});
