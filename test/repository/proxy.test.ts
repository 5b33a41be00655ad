import { describe, expect, it } from 'vitest';
import { httpSite } from './http-site.ts';
import { openMirror, publication } from './open-mirror.ts';
import { type ProxyBehavior, startProxy } from './proxy-server.ts';

const PASSWORD = 'pr0xy-S3cret-0f-the-site';

async function setUp(behavior: ProxyBehavior = {}) {
  const site = await httpSite({}, [PASSWORD]);
  const proxy = await startProxy(behavior);
  const settings = (environment: NodeJS.ProcessEnv, own: string | null = null) =>
    site.settingsWith({ proxy: own }, environment);
  return { ...site, proxy, settings };
}

const push = publication({ 'scaling/a': 'a\n' });

describe('through a proxy', () => {
  it.each(['http_proxy', 'all_proxy', 'ALL_PROXY'])('of the environment, %s', async (name) => {
    const { remote, host, proxy, settings } = await setUp();
    await (await openMirror(settings({ [name]: `http://${proxy.place}` }))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
    expect(proxy.requests).toHaveLength(host.authorizations.length);
  });

  it('except for the hosts of NO_PROXY', async () => {
    const { remote, proxy, settings } = await setUp();
    const environment = { http_proxy: `http://${proxy.place}`, NO_PROXY: '127.0.0.1' };
    await (await openMirror(settings(environment))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
    expect(proxy.requests).toEqual([]);
  });

  it('of the destination, whatever the environment says', async () => {
    const { remote, host, proxy, settings } = await setUp();
    const environment = { http_proxy: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1', no_proxy: '*' };
    await (await openMirror(settings(environment, `http://${proxy.place}`))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
    expect(proxy.requests).toHaveLength(host.authorizations.length);
  });

  it('with a password of the environment', async () => {
    const { remote, wrapper, proxy, settings } = await setUp({ account: `bot:${PASSWORD}` });
    const environment = { http_proxy: `http://bot:${PASSWORD}@${proxy.place}` };
    await (await openMirror(settings(environment))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
    expect(wrapper.processes().join('\n')).toMatch(/remote-http/);
  });

  it.each([
    ['a wrong password', { account: 'bot:other' }, 'act', 'ProxyRefused'],
    ['a proxy that is down', { status: 503 }, 'later', 'RemoteUnavailable'],
  ] as const)('%s is said without it', async (_name, behavior, kind, reason) => {
    const { failure, proxy, settings } = await setUp(behavior);
    const error = await failure(openMirror(settings({ http_proxy: `http://bot:${PASSWORD}@${proxy.place}` })));
    expect(error).toMatchObject({ kind, reason });
  });

  it('a proxy that nobody answers at is tried again', async () => {
    const { failure, settings } = await setUp();
    const error = await failure(openMirror(settings({ http_proxy: `http://bot:${PASSWORD}@127.0.0.1:9` })));
    expect(error).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
  });
});
