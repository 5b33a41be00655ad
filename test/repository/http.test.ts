import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serveHttp } from './http-server.ts';
import { ACCOUNT, httpSite, TOKEN } from './http-site.ts';
import { errorOf, NO_CREDENTIALS, openMirror, publication, settingsOf } from './open-mirror.ts';

const push = publication({ 'scaling/a': 'a\n' }, { states: new Map([['default/a', '1\n']]) });

describe('over http', () => {
  it('fetches and pushes without credentials', async () => {
    const { remote, host, settings } = await httpSite({});
    const mirror = await openMirror(settings(null));
    await mirror.publish(push);
    remote.commit({ theirs: 'x\n' });
    expect((await errorOf(mirror.publish(publication({ 'scaling/a': 'b\n' })))).kind).toBe('retry');
    await mirror.refresh();
    await mirror.publish(publication({ 'scaling/a': 'b\n' }, { message: 'second\n' }));
    expect(remote.subjects()).toEqual(['second', 'foreign 1', 'scale', 'foreign 0']);
    expect(new Set(host.authorizations)).toEqual(new Set([null]));
  });

  it('takes the token from the environment', async () => {
    const { remote, wrapper, settings } = await httpSite({ account: ACCOUNT });
    await (await openMirror(settings(TOKEN))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
    expect(wrapper.argv().length).toBeGreaterThan(3);
    expect(wrapper.processes().join('\n')).toMatch(/remote-http/);
  });

  it('takes the token from a file', async () => {
    const { directory, remote, settings } = await httpSite({ account: ACCOUNT });
    const tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, `${TOKEN}\n`);
    await (await openMirror(settings(null, { credentials: { ...NO_CREDENTIALS, tokenFile } }))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
  });

  it('takes a token that was rotated at once, without a new mirror', async () => {
    const { directory, remote, failure, settings } = await httpSite({ account: ACCOUNT });
    const tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, `${TOKEN}\n`);
    const mirror = await openMirror(settings(null, { credentials: { ...NO_CREDENTIALS, tokenFile } }));
    writeFileSync(tokenFile, 'revoked-token\n');
    expect(await failure(mirror.publish(push))).toMatchObject({ kind: 'act', reason: 'AuthenticationFailed' });
    writeFileSync(tokenFile, `${TOKEN}\n`);
    await mirror.publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
  });

  it('with a user name of the site', async () => {
    const { settings } = await httpSite({ account: `oauth2:${TOKEN}` });
    const credentials = { ...NO_CREDENTIALS, username: 'oauth2', tokenEnvironment: 'FLEET_TOKEN' };
    expect((await openMirror(settings(TOKEN, { credentials }))).tip).not.toBeNull();
  });

  it.each([
    ['a wrong token', 'wrong-token-value'],
    ['no token', null],
  ])('%s: AuthenticationFailed, and it is not repeated', async (_name, token) => {
    const { failure, settings } = await httpSite({ account: ACCOUNT });
    expect(await failure(openMirror(settings(token)))).toMatchObject({ kind: 'act', reason: 'AuthenticationFailed' });
  });

  it('does not carry the token to where it is redirected', async () => {
    const { directory, settings: _settings } = await httpSite({});
    const other = await serveHttp(join(directory, 'host'));
    const front = await serveHttp(join(directory, 'host'), { location: other.url });
    const credentials = { ...NO_CREDENTIALS, tokenEnvironment: 'FLEET_TOKEN' };
    const environment = { PATH: process.env['PATH'], FLEET_TOKEN: TOKEN };
    const given = { credentials, parentEnvironment: environment };
    const error = await errorOf(openMirror(settingsOf(`${front.url}/fleet.git`, join(directory, 'two'), given)));
    expect(error.reason).not.toBe('GitFailed');
    expect(other.authorizations).toEqual([]);
  });
});
