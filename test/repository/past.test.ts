import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MirrorSettings } from '../../src/repository/mirror.ts';
import { BareRepository, type Entry } from './bare-repository.ts';
import { type GitWrapper, wrapGit } from './git-wrapper.ts';
import { openMirror, settingsOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const RECORDS = 'scaling/decisions';

function pathOf(name: string): string {
  return `${RECORDS}/default/${name}.yaml`;
}

function recordOf(seq: number): string {
  return `metadata:\n  name: a\nseq: ${seq}\nreason: "seq: 99"\n`;
}

/** A repository, and a mirror of its tip alone whose calls of Git are noted. */
function setUp(): {
  readonly remote: BareRepository;
  readonly open: (given?: Partial<MirrorSettings>) => ReturnType<typeof openMirror>;
} & {
  readonly wrapper: GitWrapper;
} {
  const directory = temporaryDirectory();
  const wrapper = wrapGit(directory);
  const remote = BareRepository.make(join(directory, 'remote.git'), { 'base/app.yaml': 'x\n' });
  // Only over a transport a clone is shallow.
  const settings = settingsOf(`file://${remote.directory}`, join(directory, 'cache'), {
    parentEnvironment: { PATH: wrapper.path },
  });
  return { remote, wrapper, open: (given = {}) => openMirror({ ...settings, ...given }) };
}

/** As the product commits: with the line that tells its decisions. */
function decide(remote: BareRepository, seq: number, ...names: readonly string[]): string {
  const files = Object.fromEntries(names.map((name): [string, Entry] => [pathOf(name), recordOf(seq)]));
  return remote.commit(files, 'main', `scale\n\nDso: default/a\nDso-Decision: ${seq} 0123`);
}

function count({ wrapper }: { readonly wrapper: GitWrapper }, word: string): number {
  return wrapper.argv().filter((line) => line.includes(word)).length;
}

describe('the last changes of files', () => {
  it('are found for all of them in one walk, and deepened together', async () => {
    const world = setUp();
    const names = Array.from({ length: 150 }, (_, index) => `d${index}`);
    decide(world.remote, 1, ...names);
    const revert = decide(world.remote, 2, ...names.slice(0, 149));
    world.remote.commitOften(60);
    const mirror = await world.open();
    const changes = await mirror.lastChanges(names.map(pathOf));
    expect(changes.size).toBe(150);
    expect(new Set([...changes.values()].map(({ commit }) => commit)).size).toBe(2);
    expect(changes.get(pathOf('d7'))).toMatchObject({ commit: revert, author: 'somebody', subject: 'scale' });
    expect([count(world, '--deepen='), count(world, ' log ') < 10]).toEqual([2, true]);
  });

  it('are the same for two who ask at once, though what one of them fetches moves the end of the history', async () => {
    const { remote, open } = setUp();
    const people = new Map<string, string>();
    for (const name of ['a', 'b']) {
      decide(remote, 9, name);
      people.set(pathOf(name), remote.commit({ [pathOf(name)]: recordOf(8) }, 'main', 'set back', 'person'));
      remote.commitOften(60);
    }
    const slow = wrapGit(temporaryDirectory(), { word: 'log', script: 'sleep 0.5' });
    const mirror = await open({ parentEnvironment: { PATH: slow.path } });
    const paths = ['a', 'b'].map(pathOf);
    const found = await Promise.all(paths.map((path) => mirror.lastChanges([path])));
    expect(found.map((one, index) => one.get(paths[index] ?? '')?.commit)).toEqual([...people.values()]);
    const previous = await Promise.all(paths.map((path) => mirror.previousSequences([path])));
    expect(previous.map((one) => [...one.values()])).toEqual([[9], [9]]);
  });

  it('are the commits that made the files what they are, also where branches met', async () => {
    const { remote, open } = setUp();
    const first = decide(remote, 1, 'a', 'b');
    remote.git('branch', 'side', first);
    const side = remote.commit({ [pathOf('a')]: recordOf(0) }, 'side', 'back');
    const second = decide(remote, 2, 'a', 'b');
    // The merge takes a from the side, and writes b itself.
    remote.commit({ [pathOf('a')]: recordOf(0), [pathOf('b')]: recordOf(5) }, 'main', 'to be merged');
    const tree = remote.git('rev-parse', 'main^{tree}').trim();
    const who = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.com'];
    const merge = remote.git(...who, 'commit-tree', '-p', second, '-p', side, '-m', 'merge', tree).trim();
    remote.git('update-ref', 'refs/heads/main', merge);
    const mirror = await open();
    const changes = await mirror.lastChanges([pathOf('a'), pathOf('b')]);
    expect([changes.get(pathOf('a'))?.commit, changes.get(pathOf('b'))?.commit]).toEqual([side, merge]);
  });
});

describe('the highest number that a record ever had', () => {
  it('is looked for at its path alone, and of records that only rose nothing but the one before is read', async () => {
    const world = setUp();
    for (let seq = 1; seq <= 40; seq += 1) decide(world.remote, seq, 'a', 'b', 'c');
    const mirror = await world.open();
    expect([...(await mirror.highestSequences([pathOf('b')]))]).toEqual([[pathOf('b'), 39]]);
    const logs = world.wrapper.argv().filter((line) => line.includes(' log '));
    expect(logs).toEqual([expect.stringMatching(/ --raw .* -- scaling\/decisions\/default\/b\.yaml $/)]);
    expect(logs[0]).not.toContain(' -p ');
  });

  it('is found where an older one was put back, once or in steps, as it was or with another text', async () => {
    const { remote, open } = setUp();
    for (const seq of [1, 2, 3]) decide(remote, seq, 'once', 'steps', 'text', 'forth');
    remote.commit({ [pathOf('once')]: recordOf(1), [pathOf('steps')]: recordOf(2), [pathOf('forth')]: recordOf(1) });
    remote.commit({ [pathOf('steps')]: recordOf(1), [pathOf('text')]: `${recordOf(2)}note: x\n` });
    remote.commit({ [pathOf('forth')]: recordOf(2) });
    const names = ['once', 'steps', 'text', 'forth'];
    const highest = await (await open()).highestSequences(names.map(pathOf));
    expect(names.map((name) => highest.get(pathOf(name)))).toEqual([3, 3, 3, 3]);
  });

  it('does not count a number that nothing could follow', async () => {
    const { remote, open } = setUp();
    decide(remote, 1, 'a');
    remote.commit({ [pathOf('a')]: recordOf(Number.MAX_SAFE_INTEGER) });
    remote.commit({ [pathOf('a')]: recordOf(1) });
    expect((await (await open()).highestSequences([pathOf('a')])).size).toBe(0);
  });

  it('does not count what was there before the record was removed', async () => {
    const { remote, open } = setUp();
    for (const seq of [1, 2, 3]) decide(remote, seq, 'a');
    remote.commit({ [pathOf('a')]: null });
    decide(remote, 1, 'a');
    expect((await (await open()).highestSequences([pathOf('a')])).size).toBe(0);
  });
});

describe('the number that a record had before', () => {
  it('is found without more of the history than that takes', async () => {
    const world = setUp();
    for (const seq of [1, 2, 3]) decide(world.remote, seq, 'a', 'b');
    world.remote.commitOften(60);
    world.remote.commit({ [pathOf('a')]: recordOf(2) });
    const mirror = await world.open();
    expect([...(await mirror.previousSequences([pathOf('a')]))]).toEqual([[pathOf('a'), 3]]);
    expect(count(world, '--deepen=')).toBe(1);
    expect([...(await mirror.previousSequences([pathOf('b'), pathOf('none')]))]).toEqual([[pathOf('b'), 2]]);
    expect(count(world, '--deepen=')).toBe(2);
  });
});

describe('numbers that others replaced after our last decision', () => {
  it('are none, and nothing is fetched for it, where nothing was decided yet', async () => {
    const world = setUp();
    world.remote.commitOften(20);
    const mirror = await world.open();
    expect((await mirror.replacedSequences(RECORDS)).size).toBe(0);
    expect(count(world, '--deepen=')).toBe(0);
  });

  it('are none, and cost two short looks, where that is the tip', async () => {
    const world = setUp();
    for (const seq of [1, 2, 3]) decide(world.remote, seq, 'a');
    const mirror = await world.open();
    const before = world.wrapper.argv().length;
    expect((await mirror.replacedSequences(RECORDS)).size).toBe(0);
    expect(world.wrapper.argv().length - before).toBe(2);
  });

  it('are found below what others committed since', async () => {
    const world = setUp();
    for (const seq of [1, 2, 3]) decide(world.remote, seq, 'a', 'b');
    world.remote.commit({ [pathOf('a')]: recordOf(1) });
    world.remote.commitOften(20);
    const mirror = await world.open();
    expect([...(await mirror.replacedSequences(RECORDS))]).toEqual([[pathOf('a'), 3]]);
    expect(count(world, '--deepen=')).toBe(2);
  });

  it('are not looked for without end', async () => {
    const world = setUp();
    decide(world.remote, 1, 'a');
    world.remote.commitOften(200);
    const mirror = await world.open();
    expect((await mirror.replacedSequences(RECORDS)).size).toBe(0);
    expect(count(world, '--deepen=')).toBe(3);
  });
});
