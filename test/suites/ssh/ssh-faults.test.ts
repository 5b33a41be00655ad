import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Mirror } from '../../../src/repository/mirror.ts';
import { openMirror, publication } from '../../repository/open-mirror.ts';
import { sshSite } from './ssh-site.ts';

/** Far above what a Git call takes, far below what Git and ssh wait by themselves. */
const DEADLINE_MS = 3000;

const push = publication({ 'scaling/a': 'a\n' }, { states: new Map([['default/a', '1\n']]) });
const SERVE = 'sh -c "$SSH_ORIGINAL_COMMAND"';

/** Where a session goes wrong, and how. */
const FAULTS: readonly (readonly [string, 'fetch' | 'push', string])[] = [
  ['is silent', 'fetch', 'exec sleep 60'],
  ['is silent', 'push', 'exec sleep 60'],
  ['says half and then nothing', 'fetch', `${SERVE} | head -c 100; exec sleep 60`],
  ['says a word now and then, without end', 'fetch', 'while :; do echo working >&2; sleep 0.3; done'],
  ['ends half way', 'fetch', `${SERVE} 2>/dev/null | { head -c 100; kill $$; }`],
  ['ends half way', 'push', `${SERVE} 2>/dev/null | { head -c 100; kill $$; }`],
  ['ends at once', 'fetch', 'exit 1'],
  ['greets first', 'fetch', `echo Welcome to this host; exec ${SERVE}`],
  ['answers with something else', 'push', 'yes garbage | head -c 100000'],
];

describe('a session that fails', () => {
  it.each(FAULTS)('%s, at %s: tried again later, and then everything is there once', async (_name, step, script) => {
    const { host, remote, settings, failure } = await sshSite();
    const mirror = await Mirror.open(settings({ deadlineMs: DEADLINE_MS }), new AbortController().signal);
    if (step === 'push') await mirror.refresh();
    host.force(script);
    const error = await failure(step === 'push' ? mirror.publish(push) : mirror.refresh());
    expect(error, error.message).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
    expect(remote.subjects()).toEqual(['foreign 0']);
    host.force(null);
    await mirror.refresh();
    await mirror.publish(push);
    expect(remote.subjects()).toEqual(['scale', 'foreign 0']);
  });

  it('after the push arrived: it is there once, and known after a refresh', async () => {
    const { remote, settings, failure } = await sshSite();
    const mirror = await openMirror(settings());
    // The session ends when the refs are written, and before that is answered.
    remote.hook('reference-transaction', '[ "$1" != committed ] || kill -9 $PPID');
    expect(await failure(mirror.publish(push))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
    remote.hook('reference-transaction', 'exit 0');
    await mirror.refresh();
    expect(mirror.tip).toBe(remote.tip());
    expect(mirror.states('scaling').get('default/a')).toBe('1\n');
    expect(remote.subjects()).toEqual(['scale', 'foreign 0']);
  });
});

describe('a host that refuses', () => {
  it.each([
    ['GitHub', 'ERROR: The key you are authenticating with has been marked as read only.'],
    ['GitLab', 'remote: ERROR: This deploy key does not have write access to this project.'],
    ['Bitbucket', 'repository access denied. access via a deployment key is read-only.'],
  ])('a key that only reads, as %s says it: PermissionDenied', async (_host, said) => {
    const { host, remote, settings, failure } = await sshSite();
    const mirror = await openMirror(settings());
    host.force(`case "$SSH_ORIGINAL_COMMAND" in git-receive*) echo '${said}' >&2; exit 1;; esac; exec ${SERVE}`);
    await mirror.refresh();
    const error = await failure(mirror.publish(push));
    expect(error).toMatchObject({ kind: 'act', reason: 'PermissionDenied' });
    expect(error.message).toContain(said);
    expect(remote.subjects()).toEqual(['foreign 0']);
  });

  it('by a hook: a person must act, and reads why', async () => {
    const { remote, settings, failure } = await sshSite();
    remote.hook('pre-receive', 'echo "no ticket in the message" >&2; exit 1');
    const error = await failure((await openMirror(settings())).publish(push));
    expect(error).toMatchObject({ kind: 'act', reason: 'HookDeclined' });
    expect(error.message).toContain('no ticket in the message');
  });
});

it('the server of this suite runs as an ordinary user', async () => {
  const { host, settings, key, directory } = await sshSite();
  host.force('id -u');
  settings();
  const options = ['-F', '/dev/null', '-i', key, '-o', `UserKnownHostsFile=${directory}/known_hosts`];
  const [user = '', port = ''] = host.url.slice('ssh://'.length).split(':');
  const id = execFileSync('ssh', [...options, '-o', 'BatchMode=yes', '-p', port, user, 'x'], { stdio: 'pipe' });
  expect(Number(id.toString())).toBeGreaterThan(0);
});

it('ssh is given the key as a file, among the arguments that are searched for it', async () => {
  const { wrapper, settings, key } = await sshSite();
  await openMirror(settings());
  const lines = wrapper.processes().filter((line) => line.includes('ssh '));
  expect(lines.join('\n')).toContain(key);
});
