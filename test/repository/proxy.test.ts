import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BareRepository } from './bare-repository.ts';
import { wrapGit } from './git-wrapper.ts';
import { serveHttp } from './http-server.ts';
import { errorOf, NO_CREDENTIALS, openMirror, publication, settingsOf } from './open-mirror.ts';
import { type ProxyBehavior, startProxy } from './proxy-server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const PASSWORD = 'pr0xy-S3cret';

async function setUp(behavior: ProxyBehavior = {}) {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, 'host', 'fleet.git'), { 'base/app.yaml': 'x\n' });
  const host = await serveHttp(join(directory, 'host'));
  const proxy = await startProxy(behavior);
  const wrapper = wrapGit(directory);
  const settings = (environment: NodeJS.ProcessEnv, own: string | null = null) =>
    settingsOf(`${host.url}/fleet.git`, join(directory, 'cache'), {
      credentials: { ...NO_CREDENTIALS, proxy: own },
      parentEnvironment: { PATH: wrapper.path, ...environment },
    });
  return { remote, host, proxy, wrapper, settings };
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

  it('with a password of the environment, which is in no argument', async () => {
    const { remote, wrapper, proxy, settings } = await setUp({ account: `bot:${PASSWORD}` });
    const environment = { http_proxy: `http://bot:${PASSWORD}@${proxy.place}` };
    await (await openMirror(settings(environment))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
    expect(wrapper.argv().length).toBeGreaterThan(3);
    expect(wrapper.argv().join('\n')).not.toContain(PASSWORD);
  });

  it.each([
    ['a wrong password', { account: 'bot:other' }, 'act', 'ProxyRefused'],
    ['a proxy that is down', { status: 503 }, 'later', 'RemoteUnavailable'],
  ] as const)('%s is said without it', async (_name, behavior, kind, reason) => {
    const { proxy, settings } = await setUp(behavior);
    const error = await errorOf(openMirror(settings({ http_proxy: `http://bot:${PASSWORD}@${proxy.place}` })));
    expect(error).toMatchObject({ kind, reason });
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain(PASSWORD);
  });

  it('a proxy that nobody answers at is tried again', async () => {
    const { settings } = await setUp();
    const error = await errorOf(openMirror(settings({ http_proxy: `http://bot:${PASSWORD}@127.0.0.1:9` })));
    expect(error).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
    expect(error.message).not.toContain(PASSWORD);
  });
});
