import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BareRepository, foreignCommit } from './bare-repository.ts';
import { wrapGit } from './git-wrapper.ts';
import { errorOf, openMirror, publication, settingsOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const FILE = 'scaling/members/one/default/web/kustomization.yaml';

function setUp(files: Parameters<typeof BareRepository.make>[1] = { 'base/app.yaml': 'replicas: 1\n' }) {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, 'fleet.git'), files);
  const settings = (cache = 'cache', given = {}) => settingsOf(remote.directory, join(directory, cache), given);
  return { directory, remote, settings };
}

describe('branches', () => {
  it('starts the branch of an empty repository and goes on from it', async () => {
    const { remote, settings } = setUp(null);
    const mirror = await openMirror(settings());
    expect(mirror.tip).toBeNull();
    const { commit: first } = await mirror.publish(publication({ [FILE]: 'one\n' }, { message: 'first\n' }));
    const { commit: second } = await mirror.publish(publication({ [FILE]: 'two\n' }, { message: 'second\n' }));
    expect(remote.log().map(({ id, subject }) => [id, subject])).toEqual([
      [second, 'second'],
      [first, 'first'],
    ]);
    expect(remote.paths()).toEqual([FILE]);
    expect(remote.read(FILE)).toBe('two\n');
  });

  it('refuses a branch that is absent in a repository that has others', async () => {
    const { remote, settings } = setUp();
    const error = await errorOf(openMirror(settings('cache', { branch: 'scaled' })));
    expect(error).toMatchObject({ kind: 'act', reason: 'BranchMissing' });
    expect(error.message).toContain('createBranch');
    expect([...remote.refs().keys()]).toEqual(['refs/heads/main']);
  });

  it('creates the branch from the default branch where it is asked to', async () => {
    const { remote, settings } = setUp();
    const main = remote.tip();
    const mirror = await openMirror(settings('cache', { branch: 'scaled', isBranchCreated: true }));
    await mirror.publish(publication({ [FILE]: 'one\n' }));
    expect(
      remote
        .log('scaled')
        .map(({ id }) => id)
        .at(-1),
    ).toBe(main);
    expect(remote.paths('scaled')).toEqual(['base/app.yaml', FILE]);
    expect(remote.tip()).toBe(main);
  });

  it('does not start a branch without history where the default branch is absent', async () => {
    const { remote, settings } = setUp(null);
    remote.commit({ 'base/app.yaml': 'x\n' }, 'develop');
    const opened = openMirror(settings('cache', { isBranchCreated: true }));
    const error = await errorOf(opened.then((mirror) => mirror.publish(publication({ [FILE]: 'one\n' }))));
    expect(error.kind).toBe('act');
    expect([...remote.refs().keys()]).toEqual(['refs/heads/develop']);
  });
});

describe('reading', () => {
  it('gives entries, contents and directories of the tip, and follows it', async () => {
    const { remote, settings } = setUp({
      'clusters/b/x': '1',
      'clusters/a/x': '1',
      'clusters/file': '1',
      [FILE]: 'één\n',
    });
    const mirror = await openMirror(settings());
    expect(await mirror.directories('clusters')).toEqual(['a', 'b']);
    expect(await mirror.directories('clusters')).toBe(await mirror.directories('clusters'));
    const before = (await mirror.entries([FILE, 'scaling/none'])).get(FILE);
    expect((await mirror.entries(['scaling/none'])).get('scaling/none')).toBeNull();
    expect([...(await mirror.contents([before?.id ?? ''])).values()]).toEqual(['één\n']);
    remote.commit({ [FILE]: 'two\n', 'scaling/none': 'now\n' });
    await mirror.refresh();
    const after = await mirror.entries([FILE, 'scaling/none']);
    const texts = await mirror.contents([...after.values()].map((entry) => entry?.id ?? ''));
    expect([...texts.values()]).toEqual(['two\n', 'now\n']);
  });

  it('compares tips below the root alone', async () => {
    const { directory, remote, settings } = setUp({ [FILE]: 'one\n' });
    const wrapper = wrapGit(directory);
    const mirror = await openMirror(settings('cache', { parentEnvironment: { PATH: wrapper.path } }));
    await mirror.entries([FILE]);
    remote.commit({ 'base/app.yaml': 'theirs\n', [FILE]: 'two\n' });
    await mirror.refresh();
    expect((await mirror.entries([FILE])).get(FILE)?.id).toBe(remote.git('rev-parse', `main:${FILE}`).trim());
    expect(wrapper.argv().filter((line) => / diff-tree /.test(line))).toEqual([expect.stringMatching(/ -- scaling $/)]);
  });

  it('lists more paths than fit on a command line', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 1500 }, (_, index) => [`scaling/members/${index}/f`, `${index}`]),
    );
    const { settings } = setUp(files);
    const mirror = await openMirror(settings());
    const entries = await mirror.entries([...Object.keys(files), 'scaling/members/none/f']);
    expect([...entries.values()].filter((entry) => entry === null)).toHaveLength(1);
  });

  it('takes the tip that it fetched when the branch moves between looking and fetching', async () => {
    const { directory, remote, settings } = setUp();
    const wrapper = wrapGit(directory, {
      word: 'fetch',
      script: foreignCommit(remote, 'between'),
    });
    const mirror = await openMirror(settings('cache', { parentEnvironment: { PATH: wrapper.path } }));
    expect(remote.subjects()).toEqual(['between', 'foreign 0']);
    expect((await mirror.entries(['base/app.yaml'])).get('base/app.yaml')).not.toBeNull();
  });
});

describe('another writer', () => {
  it('loses the race as retry, and succeeds after a refresh; both commits are there once', async () => {
    const { remote, settings } = setUp();
    const [one, other] = [await openMirror(settings('one')), await openMirror(settings('other'))];
    await one.publish(publication({ [FILE]: 'one\n' }, { message: 'one\n' }));
    const late = publication({ 'scaling/other': 'other\n' }, { message: 'other\n' });
    expect(await errorOf(other.publish(late))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
    expect(remote.subjects()).toEqual(['one', 'foreign 0']);
    await other.refresh();
    await other.publish(late);
    expect(remote.subjects()).toEqual(['other', 'one', 'foreign 0']);
    expect(remote.read(FILE)).toBe('one\n');
    expect(remote.read('scaling/other')).toBe('other\n');
  });

  it('never loses a foreign commit, whenever it comes', async () => {
    const { remote, settings } = setUp();
    const mirror = await openMirror(settings());
    for (let round = 0; round < 4; round += 1) {
      remote.commit({ [`base/${round}.yaml`]: 'theirs\n' });
      const ours = publication({ [FILE]: `${round}\n` }, { message: `ours ${round}\n` });
      expect((await errorOf(mirror.publish(ours))).kind).toBe('retry');
      await mirror.refresh();
      await mirror.publish(ours);
    }
    const expected = [3, 2, 1, 0].flatMap((round) => [`ours ${round}`, `foreign ${round + 1}`]);
    expect(remote.subjects()).toEqual([...expected, 'foreign 0']);
  });

  it('is not seen in a lock that a killed process left in the mirror', async () => {
    const { directory, settings } = setUp();
    const mirror = await openMirror(settings());
    const [name] = readdirSync(join(directory, 'cache'));
    const work = join(directory, 'cache', name ?? '', 'refs', 'dso-gitops', 'work');
    await mirror.publish(publication({ [FILE]: 'one\n' }));
    for (const ref of readdirSync(work)) writeFileSync(join(work, `${ref}.lock`), '');
    expect((await errorOf(mirror.publish(publication({ [FILE]: 'two\n' })))).reason).toBe('MirrorDamaged');
  });

  it('follows a branch that was set back', async () => {
    const { remote, settings } = setUp();
    const first = remote.tip() ?? '';
    const mirror = await openMirror(settings());
    await mirror.publish(publication({ [FILE]: 'one\n' }));
    remote.git('update-ref', 'refs/heads/main', first);
    await mirror.refresh();
    expect((await mirror.entries([FILE])).get(FILE)).toBeNull();
    await mirror.publish(publication({ [FILE]: 'two\n' }, { message: 'again\n' }));
    expect(remote.subjects()).toEqual(['again', 'foreign 0']);
  });

  it('that set the branch back is not pushed over, though that would be a fast-forward', async () => {
    const { remote, settings } = setUp();
    const first = remote.tip() ?? '';
    const mirror = await openMirror(settings());
    await mirror.publish(publication({ [FILE]: 'one\n' }));
    remote.git('update-ref', 'refs/heads/main', first);
    const late = publication({ [FILE]: 'two\n' });
    expect(await errorOf(mirror.publish(late))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
    expect(remote.tip()).toBe(first);
  });

  it('that removed the branch does not see it come back', async () => {
    const { remote, settings } = setUp();
    remote.commit({ 'base/app.yaml': 'x\n' }, 'other');
    const mirror = await openMirror(settings());
    remote.git('update-ref', '-d', 'refs/heads/main');
    const late = publication({ [FILE]: 'two\n' });
    expect(await errorOf(mirror.publish(late))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
    expect([...remote.refs().keys()]).toEqual(['refs/heads/other']);
  });

  it('that made the branch which was to be created is not pushed over', async () => {
    const { remote, settings } = setUp();
    const mirror = await openMirror(settings('cache', { branch: 'scaled', isBranchCreated: true }));
    const theirs = remote.commit({ 'base/theirs.yaml': 'x\n' }, 'scaled');
    const late = publication({ [FILE]: 'two\n' });
    expect(await errorOf(mirror.publish(late))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
    expect(remote.tip('scaled')).toBe(theirs);
  });
});

describe('the repository cannot act', () => {
  it('runs no hook, filter or attribute of it, and leaves links and submodules as they are', async () => {
    const { directory, remote, settings } = setUp({
      '.gitattributes': '* filter=evil text eol=crlf\n*.yaml export-ignore\n',
      '.gitmodules': '[submodule "sub"]\n  path = sub\n  url = ext::sh -c touch% evil\n',
      '.githooks/pre-push': { executable: '#!/bin/sh\nexit 1\n' },
      sub: { submodule: 'a'.repeat(40) },
      link: { link: '/etc/passwd' },
    });
    const before = remote.modes();
    const mirror = await openMirror(settings());
    await mirror.publish(publication({ [FILE]: 'one\ntwo\n' }));
    expect(remote.read(FILE)).toBe('one\ntwo\n');
    expect(remote.modes()).toEqual({ ...before, [FILE]: '100644' });
    expect(existsSync(join(directory, 'evil'))).toBe(false);
    const [entry] = (await (await openMirror(settings('second'))).entries([FILE])).values();
    expect(entry?.id).toBe(remote.git('rev-parse', `main:${FILE}`).trim());
  });
});

it('a repository whose branches are gone is not taken for a new one, though a state of ours is left', async () => {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, 'fleet.git'), { 'base/app.yaml': 'x\n' });
  const mirror = await openMirror(settingsOf(remote.directory, join(directory, 'cache')));
  await mirror.publish(publication({ 'scaling/a': 'a\n' }, { states: new Map([['default/a', '1\n']]) }));
  const tip = remote.tip();
  remote.git('update-ref', '-d', 'refs/heads/main');
  expect(await errorOf(mirror.refresh())).toMatchObject({ kind: 'later', reason: 'RepositoryEmptied' });
  expect(mirror.tip).toBe(tip);
});
