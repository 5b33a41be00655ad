import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Mirror } from '../../src/repository/mirror.ts';
import { BareRepository } from './bare-repository.ts';
import { wrapGit } from './git-wrapper.ts';
import { errorOf, openMirror, publication, settingsOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const STATE = /^refs\/dso-gitops\/state\/[0-9a-f]{16}$/;
const BRANCH = 'refs/heads/dso-gitops-state';

function setUp() {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, 'fleet.git'), { 'base/app.yaml': 'x\n' });
  const settings = (cache = 'cache', given = {}) => settingsOf(remote.directory, join(directory, cache), given);
  return { remote, settings };
}

function states(given: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(given));
}

function refNames(remote: BareRepository): readonly string[] {
  return [...remote.refs().keys()];
}

describe('state beside the branch', () => {
  it('is one parentless commit on a ref of its own, and another mirror reads it', async () => {
    const { remote, settings } = setUp();
    const one = await openMirror(settings('one'));
    await one.publish(publication({ 'scaling/a': 'a\n' }, { states: states({ 'default/a': '1\n' }) }));
    await one.publish(publication({}, { states: states({ 'default/a': '2\n', 'shop/b': '1\n' }) }));
    const ref = refNames(remote).find((name) => STATE.test(name)) ?? '';
    expect(remote.git('rev-list', '--count', ref).trim()).toBe('1');
    expect(remote.paths(ref).map((path) => path.slice(path.indexOf('/') + 1))).toEqual([
      'default/a.json',
      'shop/b.json',
    ]);
    const other = await openMirror(settings('other'));
    expect([...other.states('scaling')]).toEqual([
      ['default/a', '2\n'],
      ['shop/b', '1\n'],
    ]);
    expect(remote.subjects()).toHaveLength(2);
  });

  it('alone makes no commit on the branch', async () => {
    const { remote, settings } = setUp();
    const tip = remote.tip();
    const mirror = await openMirror(settings());
    const alone = publication({}, { states: states({ 'default/a': '1\n' }) });
    expect((await mirror.publish(alone)).commit).toBeNull();
    expect(remote.tip()).toBe(tip);
  });

  it('is lost to a faster writer as retry, and merged per file after a refresh', async () => {
    const { settings } = setUp();
    const [one, other] = [await openMirror(settings('one')), await openMirror(settings('other'))];
    await one.publish(publication({}, { states: states({ 'default/a': 'one\n', 'default/b': 'one\n' }) }));
    const late = publication({}, { states: states({ 'default/b': 'other\n', 'default/c': 'other\n' }) });
    expect((await errorOf(other.publish(late))).kind).toBe('retry');
    await other.refresh();
    await other.publish(late);
    const third = await openMirror(settings('third'));
    expect(Object.fromEntries(third.states('scaling'))).toEqual({
      'default/a': 'one\n',
      'default/b': 'other\n',
      'default/c': 'other\n',
    });
  });

  it('loses together with the branch: neither moves when one cannot', async () => {
    const { remote, settings } = setUp();
    const one = await openMirror(settings('one'));
    const other = await openMirror(settings('other'));
    await one.publish(publication({}, { states: states({ 'default/a': 'one\n' }) }));
    const [tip, before] = [remote.tip(), [...remote.refs()]];
    const late = publication({ 'scaling/a': 'a\n' }, { states: states({ 'default/a': 'other\n' }) });
    expect((await errorOf(other.publish(late))).kind).toBe('retry');
    expect(remote.tip()).toBe(tip);
    expect([...remote.refs()]).toEqual(before);
  });

  it('is kept apart by branch and root', async () => {
    const { remote, settings } = setUp();
    const one = await openMirror(settings('one'));
    await one.publish(publication({}, { states: states({ 'default/a': 'one\n' }) }));
    const other = await openMirror(settings('other', { roots: ['elsewhere'] }));
    expect(other.states('elsewhere').size).toBe(0);
    await other.publish(publication({}, { root: 'elsewhere', states: states({ 'default/a': 'other\n' }) }));
    expect(refNames(remote).filter((name) => STATE.test(name))).toHaveLength(2);
    expect((await openMirror(settings('third'))).states('scaling').get('default/a')).toBe('one\n');
  });

  it('of several roots goes with one push, and each installation finds its own', async () => {
    const { remote, settings } = setUp();
    const both = await openMirror(settings('both', { roots: ['scaling', 'elsewhere'] }));
    const saved = new Map([
      ['scaling', states({ 'default/a': 'one\n' })],
      ['elsewhere', states({ 'default/a': 'other\n' })],
    ]);
    await both.publish({ ...publication({ 'scaling/a': 'a\n', 'elsewhere/a': 'a\n' }), states: saved });
    expect(remote.subjects()).toHaveLength(2);
    expect(refNames(remote).filter((name) => STATE.test(name))).toHaveLength(2);
    expect((await openMirror(settings('one'))).states('scaling').get('default/a')).toBe('one\n');
    const other = await openMirror(settings('other', { roots: ['elsewhere', 'scaling'] }));
    expect(['scaling', 'elsewhere'].map((root) => other.states(root).get('default/a'))).toEqual(['one\n', 'other\n']);
  });

  it('never speaks of a commit that is not known: what was pushed while it was looked at is learnt with it', async () => {
    const { remote, settings } = setUp();
    const wrapped = temporaryDirectory();
    const [mirror, other] = [await openMirror(settings('one')), await openMirror(settings('other'))];
    await other.publish(publication({}, { states: states({ 'default/a': '1\n' }) }));
    const ref = refNames(remote).find((name) => STATE.test(name)) ?? '';
    const [tip, state] = [remote.tip(), remote.refs().get(ref)];
    await other.publish(publication({ 'scaling/a': 'a\n' }, { states: states({ 'default/a': '2\n' }) }));
    const [newTip, newState] = [remote.tip(), remote.refs().get(ref)];
    remote.git('update-ref', 'refs/heads/main', tip ?? '');
    remote.git('update-ref', ref, state ?? '');
    const git = `git --git-dir='${remote.directory}' update-ref`;
    const script = `${git} refs/heads/main ${newTip}; ${git} ${ref} ${newState}`;
    const { path } = wrapGit(wrapped, { word: 'fetch', script });
    const late = await Mirror.open(
      settings('one', { parentEnvironment: { PATH: path } }),
      new AbortController().signal,
    );
    expect([mirror.tip, late.tip]).toEqual([tip, tip]);
    await late.refresh();
    expect([late.tip, late.states('scaling').get('default/a')]).toEqual([newTip, '2\n']);
  });

  it('follows when somebody removes the ref', async () => {
    const { remote, settings } = setUp();
    const mirror = await openMirror(settings());
    await mirror.publish(publication({}, { states: states({ 'default/a': 'one\n' }) }));
    for (const ref of refNames(remote).filter((name) => STATE.test(name))) remote.git('update-ref', '-d', ref);
    await mirror.refresh();
    expect(mirror.states('scaling').size).toBe(0);
    await mirror.publish(publication({}, { states: states({ 'default/a': 'two\n' }) }));
    expect((await openMirror(settings('other'))).states('scaling').get('default/a')).toBe('two\n');
  });
});

it('a ref that another tool removes between looking and pushing is a lost race', async () => {
  const { remote, settings } = setUp();
  const mirror = await openMirror(settings());
  await mirror.publish(publication({}, { states: states({ 'default/a': 'one\n' }) }));
  for (const ref of refNames(remote).filter((name) => STATE.test(name))) remote.git('update-ref', '-d', ref);
  const late = publication({ 'scaling/a': 'a\n' }, { states: states({ 'default/a': 'two\n' }) });
  expect(await errorOf(mirror.publish(late))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
  expect(remote.subjects()).toEqual(['foreign 0']);
  await mirror.refresh();
  await mirror.publish(late);
  expect(remote.subjects()).toEqual(['scale', 'foreign 0']);
  expect((await openMirror(settings('other'))).states('scaling').get('default/a')).toBe('two\n');
});

const REFUSALS: readonly (readonly [string, (remote: BareRepository) => void])[] = [
  [
    'an update hook',
    (remote) => remote.hook('update', 'case "$1" in refs/heads/*) exit 0;; esac; echo "only branches"; exit 1'),
  ],
  [
    'a pre-receive hook',
    (remote) =>
      remote.hook(
        'pre-receive',
        'while read old new ref; do case "$ref" in refs/heads/*) ;; *) echo "only branches"; exit 1;; esac; done',
      ),
  ],
  [
    'a hook with a long explanation',
    (remote) =>
      remote.hook(
        'update',
        `case "$1" in refs/heads/*) exit 0;; esac; for i in $(seq 20); do echo "${'only branches are taken here; '.repeat(4)}"; done; exit 1`,
      ),
  ],
  ['hidden refs', (remote) => void remote.git('config', 'receive.hideRefs', 'refs/dso-gitops')],
];

describe('a host that takes no refs outside heads', () => {
  const push = publication({ 'scaling/a': 'a\n' }, { states: states({ 'default/a': '1\n' }) });

  it.each(REFUSALS)('%s: the branch dso-gitops-state serves instead', async (_name, refuse) => {
    const { remote, settings } = setUp();
    refuse(remote);
    const mirror = await openMirror(settings());
    await mirror.publish(push);
    expect(refNames(remote)).toEqual([BRANCH, 'refs/heads/main']);
    await mirror.publish(publication({ 'scaling/a': 'b\n' }, { states: states({ 'default/b': '1\n' }) }));
    const other = await openMirror(settings('other'));
    expect([...other.states('scaling').keys()]).toEqual(['default/a', 'default/b']);
    expect(remote.read('scaling/a')).toBe('b\n');
    expect(remote.git('rev-list', '--count', BRANCH).trim()).toBe('1');
  });

  it.each(REFUSALS.slice(0, -1))(
    '%s, which came after states were taken: all of them move into the branch',
    async (_name, refuse) => {
      const { remote, settings } = setUp();
      const roots = ['scaling', 'elsewhere'];
      const mirror = await openMirror(settings('one', { roots }));
      const saved = (text: string) => new Map([['scaling', states({ 'default/a': text })]]);
      await mirror.publish({
        ...publication({}),
        states: saved('old\n').set('elsewhere', states({ 'shop/b': 'old\n' })),
      });
      await mirror.publish(publication({}, { states: states({ 'default/c': 'old\n' }) }));
      refuse(remote);
      await mirror.publish({ ...publication({ 'scaling/a': 'a\n' }), states: saved('new\n') });
      await mirror.publish(publication({}, { root: 'elsewhere', states: states({ 'shop/d': 'new\n' }) }));
      const other = await openMirror(settings('two', { roots }));
      expect(Object.fromEntries(other.states('scaling'))).toEqual({ 'default/a': 'new\n', 'default/c': 'old\n' });
      expect(Object.fromEntries(other.states('elsewhere'))).toEqual({ 'shop/b': 'old\n', 'shop/d': 'new\n' });
      await other.publish(publication({}, { states: states({ 'default/a': 'newer\n' }) }));
      await mirror.refresh();
      expect(mirror.states('scaling').get('default/a')).toBe('newer\n');
    },
  );

  it('is not looked for at every try where everything is refused', async () => {
    const { remote, settings } = setUp();
    const mirror = await openMirror(settings());
    await mirror.publish(push);
    const tries = join(remote.directory, 'tries');
    const late = publication({ 'scaling/a': 'b\n' }, { states: states({ 'default/a': '2\n' }) });
    remote.hook('pre-receive', `echo once more >> '${tries}'; exit 1`);
    for (let number = 0; number < 4; number += 1) await errorOf(mirror.publish(late));
    expect(readFileSync(tries, 'utf8').split('\n').length - 1).toBe(5);
  });

  it('may be raced on the way into that branch, and lands at the next try', async () => {
    const { remote, settings } = setUp();
    const mirror = await openMirror(settings());
    remote.git('branch', 'race', 'main');
    const theirs = remote.commit({ 'base/app.yaml': 'theirs\n' }, 'race');
    remote.hook(
      'update',
      `case "$1" in refs/heads/*) exit 0;; esac; git update-ref refs/heads/main ${theirs}; echo "only branches"; exit 1`,
    );
    expect(await errorOf(mirror.publish(push))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
    await mirror.refresh();
    await mirror.publish(push);
    expect(remote.read('base/app.yaml')).toBe('theirs\n');
    expect([remote.read('scaling/a'), refNames(remote).includes(BRANCH)]).toEqual(['a\n', true]);
  });

  it('hidden refs, which came after states were taken, are a race that is lost once, as refs that were removed', async () => {
    const { remote, settings } = setUp();
    const mirror = await openMirror(settings());
    await mirror.publish(push);
    remote.git('config', 'transfer.hideRefs', 'refs/dso-gitops');
    const late = publication({ 'scaling/a': 'b\n' }, { states: states({ 'default/a': '2\n' }) });
    expect(await errorOf(mirror.publish(late))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
    await mirror.refresh();
    await mirror.publish(late);
    expect((await openMirror(settings('other'))).states('scaling').get('default/a')).toBe('2\n');
    expect(remote.read('scaling/a')).toBe('b\n');
  });

  it('shares that branch with another branch of the repository', async () => {
    const { remote, settings } = setUp();
    remote.git('config', 'receive.hideRefs', 'refs/dso-gitops');
    await (await openMirror(settings())).publish(push);
    const other = await openMirror(settings('other', { branch: 'two', isBranchCreated: true }));
    await other.publish(publication({ 'scaling/a': 'a\n' }, { states: states({ 'default/a': '2\n' }) }));
    expect((await openMirror(settings('third'))).states('scaling').get('default/a')).toBe('1\n');
  });

  it('is not guessed from a refusal of the branch itself: no branch is made for it', async () => {
    const { remote, settings } = setUp();
    remote.hook(
      'update',
      'case "$1" in refs/heads/main) echo "GH006: Protected branch update failed for refs/heads/main."; exit 1;; esac',
    );
    const mirror = await openMirror(settings());
    expect(await errorOf(mirror.publish(push))).toMatchObject({ kind: 'act', reason: 'ProtectedBranch' });
    await mirror.publish(publication({}, { states: states({ 'default/a': '1\n' }) }));
    expect(refNames(remote).filter((name) => name === BRANCH)).toEqual([]);
  });
});

it('pushes without --atomic where the host does not offer it', async () => {
  const { remote, settings } = setUp();
  remote.git('config', 'receive.advertiseAtomic', 'false');
  const mirror = await openMirror(settings());
  await mirror.publish(publication({ 'scaling/a': 'a\n' }, { states: states({ 'default/a': '1\n' }) }));
  expect(remote.read('scaling/a')).toBe('a\n');
  expect((await openMirror(settings('other'))).states('scaling').get('default/a')).toBe('1\n');
});

it('a commit that landed where the host refuses the state, and cannot take both or none, is told', async () => {
  const { remote, settings } = setUp();
  remote.git('config', 'receive.advertiseAtomic', 'false');
  remote.hook('update', 'case "$1" in refs/heads/main) exit 0;; esac; echo "only main"; exit 1');
  const mirror = await openMirror(settings());
  const state = { states: states({ 'default/a': '1\n' }) };
  const { commit } = await mirror.publish(publication({ 'scaling/a': 'a\n' }, state));
  expect([commit, mirror.tip, mirror.states('scaling').size]).toEqual([remote.tip(), remote.tip(), 0]);
  expect(await errorOf(mirror.publish(publication({}, state)))).toMatchObject({ reason: 'HookDeclined' });
});
