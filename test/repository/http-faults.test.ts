import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Mirror } from '../../src/repository/mirror.ts';
import type { HttpFault, HttpStep } from './http-server.ts';
import { ACCOUNT, httpSite, TOKEN } from './http-site.ts';
import { openMirror, publication } from './open-mirror.ts';

/** Far above what a Git call takes, far below what Git waits by itself. */
const DEADLINE_MS = 3000;

const states = new Map([['default/a', '1\n']]);
const push = publication({ 'scaling/a': 'a\n' }, { states });

/** Step, fault, and whether the push arrived all the same. */
const FAULTS: readonly (readonly [HttpStep, HttpFault, boolean])[] = [
  ['list', 'silent', false],
  ['list', 'cut', false],
  ['list', 'lost', false],
  ['list', 'garbage', false],
  ['pack', 'silent', false],
  ['pack', 'stuck', false],
  ['pack', 'dripping', false],
  ['pack', 'cut', false],
  ['pack', 'lost', false],
  ['pack', 'garbage', false],
  ['offer', 'silent', false],
  ['offer', 'cut', false],
  ['offer', 'garbage', false],
  ['push', 'stuck', true],
  ['push', 'dripping', true],
  ['push', 'cut', true],
  ['push', 'lost', true],
  ['push', 'garbage', true],
];

describe('a host that fails', () => {
  it.each(FAULTS)(
    'at %s, %s: tried again later, and then everything is there once',
    async (step, fault, hasArrived) => {
      const { host, remote, settings, failure } = await httpSite({ account: ACCOUNT });
      const mirror = await Mirror.open(settings(TOKEN, { deadlineMs: DEADLINE_MS }), new AbortController().signal);
      const isOfPush = step === 'offer' || step === 'push';
      if (isOfPush) await mirror.refresh();
      host.behave({ account: ACCOUNT, step, fault });
      const error = await failure(isOfPush ? mirror.publish(push) : mirror.refresh());
      expect(error).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
      expect(error.message).toMatch(/; the host cannot be reached now; try again later, run does so by itself$/);
      expect(remote.subjects()).toEqual(hasArrived ? ['scale', 'foreign 0'] : ['foreign 0']);
      host.behave({ account: ACCOUNT });
      await mirror.refresh();
      expect(mirror.tip).toBe(remote.tip());
      expect(mirror.states('scaling').get('default/a')).toBe(hasArrived ? '1\n' : undefined);
      if (!hasArrived) await mirror.publish(push);
      expect(remote.subjects()).toEqual(['scale', 'foreign 0']);
      expect((await mirror.entries(['scaling/a'])).get('scaling/a')).not.toBeNull();
    },
  );

  it('half way through a large push: nothing of it is there, and it arrives when it is tried again', async () => {
    const { host, remote, settings, failure } = await httpSite({ account: ACCOUNT });
    const mirror = await openMirror(settings(TOKEN, { deadlineMs: DEADLINE_MS }));
    const large = publication({ 'scaling/a': randomBytes(2_000_000).toString('hex') }, { states });
    const before = [...remote.refs()];
    host.behave({ account: ACCOUNT, step: 'push', fault: 'unread' });
    expect(await failure(mirror.publish(large))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
    expect([...remote.refs()]).toEqual(before);
    host.behave({ account: ACCOUNT });
    await mirror.refresh();
    await mirror.publish(large);
    expect(remote.read('scaling/a')).toBe(large.files.get('scaling/a'));
  });

  it('by name: a call has a deadline, and says that it is over', async () => {
    const { settings, failure } = await httpSite({ account: ACCOUNT, step: 'list', fault: 'dripping' });
    const error = await failure(openMirror(settings(TOKEN, { deadlineMs: 1500 })));
    expect(error.message).toContain('git timed out: it did not end within 1.5 s');
  });

  it('with a page for people instead of a repository: RepositoryNotFound', async () => {
    const { settings, failure } = await httpSite({
      status: 200,
      headers: { 'content-type': 'text/html' },
      text: () => '<html>\nPlease sign in\n</html>\n',
    });
    const error = await failure(openMirror(settings(TOKEN)));
    expect(error).toMatchObject({ kind: 'act', reason: 'RepositoryNotFound' });
  });
});
