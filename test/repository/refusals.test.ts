import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BareRepository, foreignCommit } from './bare-repository.ts';
import { errorOf, openMirror, publication, settingsOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

function setUp(name = 'fleet.git') {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, name), { 'base/app.yaml': 'x\n' });
  return { directory, remote, settings: settingsOf(remote.directory, join(directory, 'cache')) };
}

const push = publication({ 'scaling/a': 'a\n' }, { states: new Map([['default/a', '{}\n']]) });

const HOOKS: readonly (readonly [string, 'update' | 'pre-receive', string, string, string])[] = [
  [
    'a protected branch as GitHub says it',
    'update',
    'echo "error: GH006: Protected branch update failed for refs/heads/main."',
    'ProtectedBranch',
    'GH006',
  ],
  [
    'a ruleset as GitHub says it',
    'pre-receive',
    'echo "error: GH013: Repository rule violations found for refs/heads/main."',
    'ProtectedBranch',
    'GH013',
  ],
  [
    'a protected branch as GitLab says it',
    'pre-receive',
    'echo "GitLab: You are not allowed to push code to protected branches on this project."',
    'ProtectedBranch',
    'GitLab',
  ],
  [
    'signatures that GitHub demands',
    'pre-receive',
    'printf "error: GH013: Repository rule violations found for refs/heads/main.\\n\\n- Commits must have verified signatures.\\n"',
    'SignatureRequired',
    'Commits must have verified signatures',
  ],
  [
    'signatures that GitLab demands',
    'pre-receive',
    'echo "GitLab: Commit must be signed with a GPG key"',
    'SignatureRequired',
    'set signing in the destination',
  ],
  [
    'signatures that Gitea demands',
    'pre-receive',
    'echo "Gitea: Branch main is protected from unverified commit $(cut -d" " -f2)"',
    'SignatureRequired',
    'unverified commit',
  ],
  [
    'a hook that looks at the commit for a signature',
    'update',
    'case "$1" in refs/heads/*) ;; *) exit 0;; esac; git cat-file commit "$3" | grep -q "^gpgsig" && exit 0; echo "unsigned commit $3"',
    'SignatureRequired',
    'unsigned commit',
  ],
  ['a hook of the site', 'pre-receive', 'echo "no ticket in the message"', 'HookDeclined', 'no ticket in the message'],
];

describe('a host that refuses the push', () => {
  it.each(HOOKS)('%s: a person must act, and reads why', async (_name, hook, script, reason, words) => {
    const { remote, settings } = setUp();
    const tip = remote.tip();
    remote.hook(hook, `${script} >&2\nexit 1`);
    const mirror = await openMirror(settings);
    const error = await errorOf(mirror.publish(push));
    expect(error).toMatchObject({ kind: 'act', reason });
    expect(error.message).toContain(words);
    expect([...remote.refs()]).toEqual([['refs/heads/main', tip]]);
  });

  it('delivers as soon as it no longer does', async () => {
    const { remote, settings } = setUp();
    remote.hook('pre-receive', 'exit 1');
    const mirror = await openMirror(settings);
    await errorOf(mirror.publish(push));
    remote.hook('pre-receive', 'exit 0');
    await mirror.refresh();
    await mirror.publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
  });

  it('says that a deleted or denied branch was refused by the host', async () => {
    const { remote, settings } = setUp();
    const mirror = await openMirror(settings);
    remote.git('config', 'receive.denyCurrentBranch', 'refuse');
    remote.git('config', 'core.bare', 'false');
    expect(await errorOf(mirror.publish(push))).toMatchObject({ kind: 'act', reason: 'PushRefused' });
  });
});

it('a host without what the shallow mirror stands on: ShallowRefused, and it goes on from what is there', async () => {
  const { remote, settings } = setUp();
  remote.commit({ other: 'x\n' });
  const mirror = await openMirror({ ...settings, branch: 'scaling', isBranchCreated: true });
  // Somebody starts the history anew between looking and pushing.
  remote.commit({ new: 'x\n' }, 'other');
  remote.git('symbolic-ref', 'HEAD', 'refs/heads/other');
  remote.git('update-ref', '-d', 'refs/heads/main');
  remote.git('gc', '--quiet', '--prune=now');
  const error = await errorOf(mirror.publish(push));
  expect(error).toMatchObject({ kind: 'act', reason: 'ShallowRefused' });
  expect(remote.tip('scaling')).toBeNull();
  await mirror.refresh();
  await mirror.publish(push);
  expect(remote.subjects('scaling')).toEqual(['scale', 'foreign 2']);
});

describe('a repository that is not there', () => {
  it.each([
    ['a path without anything', 'nothing.git'],
    ['a directory that is no repository', 'empty'],
  ])('%s: RepositoryNotFound', async (_name, path) => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'empty'));
    const error = await errorOf(openMirror(settingsOf(join(directory, path), join(directory, 'cache'))));
    expect(error).toMatchObject({ kind: 'act', reason: 'RepositoryNotFound' });
    expect(error.message).toContain(path);
  });

  it('nobody listens: tried again later', async () => {
    const directory = temporaryDirectory();
    const error = await errorOf(openMirror(settingsOf('http://127.0.0.1:9/fleet.git', join(directory, 'cache'))));
    expect(error).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
  });
});

describe('words in a name', () => {
  // The classes are of what Git and the host say, never of what a person called the repository.
  it.each(['ruleset.git', 'push-rules GH006.git'])('a lost race in %s stays a lost race', async (name) => {
    const { remote, settings } = setUp(name);
    const mirror = await openMirror(settings);
    remote.commit({ other: 'x\n' });
    expect(await errorOf(mirror.publish(push))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
  });
});

it('a foreign commit between the check and the update of the ref is a lost race', async () => {
  const { remote, settings } = setUp();
  const mirror = await openMirror(settings);
  remote.hook(
    'pre-receive',
    `unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_DIR\n${foreignCommit(remote, 'between')}`,
  );
  const error = await errorOf(mirror.publish(push));
  expect(error).toMatchObject({ kind: 'retry', reason: 'LostRace' });
  remote.hook('pre-receive', 'exit 0');
  await mirror.refresh();
  await mirror.publish(push);
  expect(remote.subjects()).toEqual(['scale', 'between', 'foreign 0']);
});
