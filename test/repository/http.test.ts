import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MirrorSettings } from '../../src/repository/mirror.ts';
import { BareRepository } from './bare-repository.ts';
import { wrapGit } from './git-wrapper.ts';
import { type HttpBehavior, serveHttp } from './http-server.ts';
import { errorOf, NO_CREDENTIALS, openMirror, publication, settingsOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const TOKEN = 'ghp_v3rySecretT0ken/+=';
const BASIC = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
const ACCOUNT = `x-access-token:${TOKEN}`;

async function setUp(behavior: HttpBehavior) {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, 'host', 'fleet.git'), { 'base/app.yaml': 'x\n' });
  const host = await serveHttp(join(directory, 'host'), behavior);
  const wrapper = wrapGit(directory);
  const settings = (token: string | null, given: Partial<MirrorSettings> = {}) =>
    settingsOf(`${host.url}/fleet.git`, join(directory, 'cache'), {
      credentials: { ...NO_CREDENTIALS, tokenEnvironment: token === null ? null : 'FLEET_TOKEN' },
      parentEnvironment: { PATH: wrapper.path, FLEET_TOKEN: token ?? undefined },
      ...given,
    });
  return { directory, remote, host, wrapper, settings };
}

const push = publication({ 'scaling/a': 'a\n' }, { states: new Map([['default/a', '1\n']]) });

/** Texts of every small file below a directory: where a secret could have been left. */
function everything(directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n');
}

describe('over http', () => {
  it('fetches and pushes without credentials', async () => {
    const { remote, host, settings } = await setUp({});
    const mirror = await openMirror(settings(null));
    await mirror.publish(push);
    remote.commit({ theirs: 'x\n' });
    expect((await errorOf(mirror.publish(publication({ 'scaling/a': 'b\n' })))).kind).toBe('retry');
    await mirror.refresh();
    await mirror.publish(publication({ 'scaling/a': 'b\n' }, { message: 'second\n' }));
    expect(remote.subjects()).toEqual(['second', 'foreign 1', 'scale', 'foreign 0']);
    expect(new Set(host.authorizations)).toEqual(new Set([null]));
  });

  it('takes the token from the environment, and leaves it in no argument and no file', async () => {
    const { directory, remote, wrapper, settings } = await setUp({ account: ACCOUNT });
    await (await openMirror(settings(TOKEN))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
    expect(wrapper.argv().length).toBeGreaterThan(3);
    for (const text of [wrapper.argv().join('\n'), everything(join(directory, 'cache'))]) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(BASIC);
    }
  });

  it('takes the token from a file', async () => {
    const { directory, remote, settings } = await setUp({ account: ACCOUNT });
    const tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, `${TOKEN}\n`);
    await (await openMirror(settings(null, { credentials: { ...NO_CREDENTIALS, tokenFile } }))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
  });

  it('with a user name of the site', async () => {
    const { settings } = await setUp({ account: `oauth2:${TOKEN}` });
    const credentials = { ...NO_CREDENTIALS, username: 'oauth2', tokenEnvironment: 'FLEET_TOKEN' };
    expect((await openMirror(settings(TOKEN, { credentials }))).tip).not.toBeNull();
  });

  it.each([
    ['a wrong token', 'wrong-token-value'],
    ['no token', null],
  ])('%s: AuthenticationFailed, and it is not repeated', async (_name, token) => {
    const { settings } = await setUp({ account: ACCOUNT });
    const error = await errorOf(openMirror(settings(token)));
    expect(error).toMatchObject({ kind: 'act', reason: 'AuthenticationFailed' });
    const said = `${error.message}${error.stack}${String(error.cause)}`;
    expect(said).not.toContain('wrong-token-value');
    expect(said).not.toContain(Buffer.from('x-access-token:wrong-token-value').toString('base64'));
  });

  it.each([
    [403, 'act', 'PermissionDenied'],
    [404, 'act', 'RepositoryNotFound'],
    [429, 'later', 'RemoteUnavailable'],
    [500, 'later', 'RemoteUnavailable'],
    [503, 'later', 'RemoteUnavailable'],
  ])('answer %i: %s %s', async (status, kind, reason) => {
    const { settings } = await setUp({ status });
    expect(await errorOf(openMirror(settings(null)))).toMatchObject({ kind, reason });
  });

  it('does not carry the token to where it is redirected', async () => {
    const { directory, settings: _settings } = await setUp({});
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
