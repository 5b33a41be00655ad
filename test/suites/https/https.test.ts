import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HttpBehavior } from '../../repository/http-server.ts';
import { ACCOUNT, httpSite, TOKEN } from '../../repository/http-site.ts';
import { openMirror, publication } from '../../repository/open-mirror.ts';
import { startProxy } from '../../repository/proxy-server.ts';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';
import { countOf, World } from '../../scenarios/world.ts';
import { makeSite } from './certificates.ts';

const PASSWORD = 'pr0xy-S3cret-0f-the-site';

async function setUp(name = 'IP:127.0.0.1', behavior: HttpBehavior = {}) {
  const site = makeSite(join(temporaryDirectory(), 'site'), name);
  const { settingsWith: settings, ...served } = await httpSite({ ...behavior, tls: site.tls }, [PASSWORD]);
  return { ...served, site, settings };
}

const push = publication({ 'scaling/a': 'a\n' }, { states: new Map([['default/a', '1\n']]) });

describe('over https with the CA of a site', () => {
  it('is refused without it, and says where it goes', async () => {
    const { settings, failure } = await setUp();
    const error = await failure(openMirror(settings({})));
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
    const { directory, site, settings, failure } = await setUp();
    const other = makeSite(join(directory, 'other'), 'IP:127.0.0.1').caFile;
    expect((await openMirror(settings({ caFile: site.caFile }, { SSL_CERT_FILE: other }))).tip).not.toBeNull();
    const error = await failure(openMirror(settings({ caFile: other }, { SSL_CERT_FILE: site.caFile })));
    expect(error).toMatchObject({ kind: 'act', reason: 'CertificateRefused' });
  });

  it('is refused for another name', async () => {
    const { settings, site, failure } = await setUp('DNS:git.example.com');
    const error = await failure(openMirror(settings({ caFile: site.caFile })));
    expect(error).toMatchObject({ kind: 'act', reason: 'CertificateRefused' });
    expect(error.message).toContain('check the name in the URL');
  });

  it('a CA file that is missing or holds none is said before anything is sent', async () => {
    const { directory, host, settings, failure } = await setUp();
    writeFileSync(join(directory, 'empty'), 'hello\n');
    for (const caFile of [join(directory, 'none'), join(directory, 'empty')]) {
      const error = await failure(openMirror(settings({ caFile })));
      expect(error).toMatchObject({ kind: 'act', reason: 'CredentialMissing' });
      expect(error.message).toContain(caFile);
    }
    expect(host.authorizations).toEqual([]);
  });

  it('an environment that names a file that is not there is refused', async () => {
    const { settings, failure } = await setUp();
    const error = await failure(openMirror(settings({}, { SSL_CERT_FILE: '/nonexistent/ca.pem' })));
    expect(error).toMatchObject({ kind: 'act', reason: 'CertificateRefused' });
  });

  it('is of one destination alone: configuration to commit, beside one that does not trust it', async () => {
    const { remote, site, host } = await setUp();
    const repository = `${host.url}/fleet.git`;
    const destinations = [
      { name: 'with', repository, match: { members: ['one'] }, credentials: { caFile: site.caFile } },
      { name: 'without', repository, branch: 'other', createBranch: true },
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
    expect([...remote.refs().keys()]).not.toContain('refs/heads/other');
  });
});

describe('over https through a proxy', () => {
  it('sends token and content through a tunnel, which the proxy cannot read', async () => {
    const { remote, site, host, wrapper, settings } = await setUp('IP:127.0.0.1', { account: ACCOUNT });
    const proxy = await startProxy({ account: `me:${PASSWORD}` });
    const environment = { HTTPS_PROXY: `http://me:${PASSWORD}@${proxy.place}`, FLEET_TOKEN: TOKEN };
    const credentials = { tokenEnvironment: 'FLEET_TOKEN', caFile: site.caFile };
    await (await openMirror(settings(credentials, environment))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
    expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${new URL(host.url).host}`]));
    expect(wrapper.processes().join('\n')).toMatch(/remote-https/);
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
    const { site, host, settings, failure } = await setUp();
    const proxy = await startProxy(behavior);
    const environment = { HTTPS_PROXY: `http://me:${PASSWORD}@${proxy.place}` };
    const error = await failure(openMirror(settings({ caFile: site.caFile }, environment)));
    expect(error).toMatchObject({ kind, reason });
    expect(host.authorizations).toEqual([]);
  });
});
