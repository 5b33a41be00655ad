import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Mirror } from '../../src/repository/mirror.ts';
import type { HttpBehavior, HttpStep } from './http-server.ts';
import { ACCOUNT, httpSite, TOKEN } from './http-site.ts';
import { NO_CREDENTIALS, openMirror, publication } from './open-mirror.ts';

const push = publication({ 'scaling/a': 'a\n' }, { states: new Map([['default/a', '1\n']]) });

const EVERY: readonly HttpStep[] = ['list', 'pack', 'offer', 'push'];

/** Git shows the text of an answer only where it asks for refs. */
const WITH_TEXT: readonly HttpStep[] = ['list', 'offer'];

/** What is answered, where, and what comes of it. */
const ANSWERS: readonly (readonly [string, readonly HttpStep[], HttpBehavior, string, string])[] = [
  ['401', EVERY, { status: 401 }, 'act', 'AuthenticationFailed'],
  ['403', EVERY, { status: 403, text: () => 'Write access to repository not granted.' }, 'act', 'PermissionDenied'],
  [
    '403 for a secondary limit',
    WITH_TEXT,
    {
      status: 403,
      headers: { 'retry-after': '60' },
      text: () => 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    },
    'later',
    'RateLimited',
  ],
  ['404', ['list', 'push'], { status: 404, text: () => 'Not Found' }, 'act', 'RepositoryNotFound'],
  ['429', EVERY, { status: 429, headers: { 'retry-after': '30' }, text: () => 'Retry later' }, 'later', 'RateLimited'],
  ['500', ['list', 'push'], { status: 500, text: () => 'oops' }, 'later', 'RemoteUnavailable'],
  ['502', ['list'], { status: 502 }, 'later', 'RemoteUnavailable'],
  ['503', EVERY, { status: 503, headers: { 'retry-after': '30' } }, 'later', 'RemoteUnavailable'],
];
const CASES = ANSWERS.flatMap(([name, steps, ...rest]) => steps.map((step) => [name, step, ...rest] as const));

it.each(CASES)('an answer %s at %s', async (_name, step, behavior, kind, reason) => {
  const { host, remote, settings, failure } = await httpSite({ account: ACCOUNT });
  const mirror = await Mirror.open(settings(TOKEN), new AbortController().signal);
  const isOfPush = step === 'offer' || step === 'push';
  if (isOfPush) await mirror.refresh();
  const before = [...remote.refs()];
  host.behave({ account: ACCOUNT, step, ...behavior });
  expect(await failure(isOfPush ? mirror.publish(push) : mirror.refresh())).toMatchObject({ kind, reason });
  expect([...remote.refs()]).toEqual(before);
  host.behave({ account: ACCOUNT });
  await mirror.refresh();
  await mirror.publish(push);
  expect(remote.subjects()).toEqual(['scale', 'foreign 0']);
});

describe('a host that repeats the credentials', () => {
  const repeat = (authorization: string): string => {
    const account = Buffer.from(authorization.split(' ')[1] ?? '', 'base64').toString();
    return `unknown: ${authorization} (${account})`;
  };

  it.each([403, 500, 503])('in its answer %i: they are not in the error', async (status) => {
    const { settings, failure } = await httpSite({ status, text: repeat });
    const error = await failure(openMirror(settings(TOKEN)));
    expect(error.message).toContain('remote: unknown: Basic *** (x-access-token:***)');
  });

  it('in what a hook says: they are not in the error', async () => {
    const { remote, settings, failure } = await httpSite({ account: ACCOUNT });
    const hex = Buffer.from(TOKEN).toString('hex');
    const script = `process.stderr.write(Buffer.from("${hex}", "hex"))`;
    remote.hook('pre-receive', `'${process.execPath}' -e '${script}'; exit 1`);
    const error = await failure((await openMirror(settings(TOKEN))).publish(push));
    expect(error).toMatchObject({ kind: 'act', reason: 'HookDeclined' });
    expect(error.message).toContain('remote: ***');
  });
});

describe('credentials and repositories that go and come back', () => {
  it('a token that is revoked, and renewed in its file', async () => {
    const { directory, host, remote, settings, failure } = await httpSite({ account: ACCOUNT });
    const tokenFile = join(directory, 'token');
    writeFileSync(tokenFile, TOKEN);
    const mirror = await openMirror(settings(null, { credentials: { ...NO_CREDENTIALS, tokenFile } }));
    host.behave({ account: 'x-access-token:another-secret-of-24-h' });
    expect(await failure(mirror.publish(push))).toMatchObject({ kind: 'act', reason: 'AuthenticationFailed' });
    expect(remote.subjects()).toEqual(['foreign 0']);
    writeFileSync(tokenFile, 'another-secret-of-24-h');
    await mirror.refresh();
    await mirror.publish(push);
    expect(remote.subjects()).toEqual(['scale', 'foreign 0']);
  });

  it('a repository that is moved away, and comes back', async () => {
    const { remote, settings, failure } = await httpSite({ account: ACCOUNT });
    const mirror = await openMirror(settings(TOKEN));
    renameSync(remote.directory, `${remote.directory}.away`);
    expect(await failure(mirror.publish(push))).toMatchObject({ kind: 'act', reason: 'RepositoryNotFound' });
    renameSync(`${remote.directory}.away`, remote.directory);
    await mirror.publish(push);
    expect(remote.subjects()).toEqual(['scale', 'foreign 0']);
  });
});
