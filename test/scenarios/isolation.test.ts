import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { DsoOutcome, TickResult } from '../../src/reconcile/outcome.ts';
import type { Patience } from '../../src/reconcile/patience.ts';
import type { BareRepository } from '../repository/bare-repository.ts';
import { gitAfter, wrapGit } from '../repository/git-wrapper.ts';
import { countOf, errorsOf, overlayOf, recordOf, verdictsOf, World } from './world.ts';

const TWO = {
  destinations: [
    { name: 'first', repository: 'fleet.git', match: { members: ['one'] } },
    { name: 'second', repository: 'second.git', match: { members: ['two'] } },
  ],
};
const INDEX = 'scaling/members/one/default/kustomization.yaml';

/** Takes a repository away; the result brings it back. */
function away(repository: BareRepository): () => void {
  renameSync(repository.directory, `${repository.directory}.away`);
  return () => renameSync(`${repository.directory}.away`, repository.directory);
}

describe('an index', () => {
  it('that is not as we write it is refused, and only who needs it waits', async () => {
    const world = new World();
    for (const name of ['a', 'b']) {
      world.dso({ name });
      world.metric(name, 20);
    }
    await world.tick();
    const text = world.home.read(INDEX) ?? '';
    world.home.commit({ [INDEX]: `<<<<<<< HEAD\n${text}` });
    world.dso({ name: 'c' });
    world.metric('c', 20);
    world.metric('a', 60);
    expect(errorsOf(await world.tick())).toEqual(['IndexNotOurs']);
    expect(world.home.read(INDEX)).toContain('<<<<<<<');
    expect(countOf(world.home, 'one', 'a')).toBe(6);
    expect(countOf(world.home, 'one', 'c')).toBeNull();
    world.home.commit({ [INDEX]: text.replace('components:', 'patches: []\ncomponents:') });
    expect(errorsOf(await world.tick())).toEqual(['IndexNotOurs']);
    world.home.commit({ [INDEX]: text });
    expect(errorsOf(await world.tick())).toEqual([]);
    expect(world.home.read(INDEX)).toBe(`${text}  - c\n`);
  });

  it('that was removed is made again from what lies there', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    world.home.commit({ [INDEX]: null });
    world.dso({ name: 'b' });
    world.metric('b', 20);
    await world.tick();
    expect(world.home.read(INDEX)).toContain('components:\n  - a\n  - b\n');
  });
});

describe('a destination that is down', () => {
  it('does not make its members unknown', async () => {
    const files = { 'clusters/one/x': 'x\n', 'clusters/two/x': 'x\n' };
    const world = new World({ members: { directories: 'clusters' } }, files);
    world.dso({ name: 'a' });
    world.metric('a', 20);
    const back = away(world.home);
    const [outcome] = (await world.tick()).outcomes;
    expect(outcome?.verdict).toMatchObject({ kind: 'wait', reason: 'RepositoryNotFound' });
    back();
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(2);
  });

  it('does not keep the states of the others from being saved', async () => {
    const world = new World(TWO);
    const second = world.repository('second.git');
    world.dso({ name: 'a', members: { one: 1 } });
    world.dso({ name: 'b', members: { two: 1 } });
    for (const name of ['a', 'b']) world.metric(name, 20);
    await world.tick();
    for (const name of ['a', 'b']) world.metric(name, 'abc');
    await world.tick();
    away(world.home);
    const before = [...second.refs()].join();
    await expect(world.save()).rejects.toThrow();
    expect([...second.refs()].join()).not.toBe(before);
  });

  it('that missed a decision gets a new one where the old overlay would be written otherwise today', async () => {
    const world = new World(TWO);
    const second = world.repository('second.git');
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    const back = away(second);
    world.metric('a', 60);
    await world.tick();
    world.dso({ name: 'a', annotations: { 'dso-gitops.dev/base-namespaces': 'other' } });
    back();
    await world.tick();
    world.metric('a', 80);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'change' });
    expect(countOf(second, 'two', 'a')).toBe(8);
  });

  it('at adoption is waited for: a sum of some counts is too low', async () => {
    const world = new World(TWO);
    const second = world.repository('second.git');
    world.dso({ name: 'a', max: 100 });
    world.metric('a', 100);
    await world.tick();
    world.home.commit({ 'scaling/decisions/default/a.yaml': null });
    world.metric('a', 'abc');
    const back = away(second);
    world.restart();
    const [outcome] = (await world.tick()).outcomes;
    expect(outcome?.verdict).toMatchObject({ kind: 'wait', reason: 'DestinationUnavailable' });
    back();
    await world.tick();
    expect(recordOf(world.home, 'a')?.total.after ?? 20).toBe(20);
    expect(countOf(world.home, 'one', 'a')).toBe(10);
  });
});

/** Hangs the first fetch of older commits. @param how the option that asks for them */
function hangHistory(world: World, how: string): { readonly patience: Patience; readonly end: () => Promise<void> } {
  const answer = join(world.directory, 'answer');
  const script = `while [ ! -e '${answer}' ]; do sleep 0.1; done`;
  world.environment['PATH'] = wrapGit(world.directory, { word: how, script }).path;
  let resume = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    resume = resolve;
  });
  const end = async (): Promise<void> => {
    writeFileSync(answer, '');
    await answered;
  };
  return { patience: { ms: 300, resume }, end };
}

/** A new process on another machine, which has the tip alone, when it has reached all remotes. */
async function moveAway(world: World): Promise<void> {
  rmSync(join(world.directory, 'cache'), { recursive: true });
  world.restart();
  await world.stay();
  await sleep(1000);
}

function verdictOf({ outcomes }: TickResult, key: string): DsoOutcome['verdict'] | undefined {
  return outcomes.find((outcome) => outcome.key === key)?.verdict;
}

describe('a history that a remote does not give', () => {
  const world = (): World => {
    const made = new World(TWO);
    made.dso({ name: 'a', members: { one: 1 } });
    made.dso({ name: 'b', members: { two: 1 } });
    for (const name of ['a', 'b']) made.metric(name, 20);
    return made;
  };

  it('keeps a hold nameless, and nobody waiting', async () => {
    const here = world();
    const second = here.repository('second.git');
    await here.tick();
    const edited = here.home.commit({ [overlayOf('one', 'a')]: 'by hand\n' });
    here.dso({ name: 'c', members: { one: 1 } });
    here.metric('c', 20);
    await here.tick();
    const { patience, end } = hangHistory(here, '--deepen=50');
    here.metric('b', 60);
    await moveAway(here);
    expect(verdictOf(await here.stay({ background: patience }), 'default/a')).toMatchObject({
      kind: 'held',
      commit: null,
    });
    expect(countOf(second, 'two', 'b')).toBe(12);
    here.metric('b', 80);
    await here.stay({ background: patience });
    expect(countOf(second, 'two', 'b')).toBe(16);
    await end();
    expect(verdictOf(await here.stay(), 'default/a')).toMatchObject({ kind: 'held', commit: edited });
  });

  it.each([
    ['no state tells the last decision of', '--deepen=2147483647', {}],
    ['others may have replaced', '--deepen=8', { 'base/app.yaml': 'x\n' }],
  ])('holds back what %s, and nothing else', async (_what, how, foreign) => {
    const here = world();
    const second = here.repository('second.git');
    await here.tick();
    here.metric('b', 40);
    await here.tick();
    for (const ref of here.home.refs().keys())
      if (ref.startsWith('refs/dso-gitops/')) here.home.git('update-ref', '-d', ref);
    if (Object.keys(foreign).length > 0) here.home.commit(foreign);
    const { patience, end } = hangHistory(here, how);
    for (const name of ['a', 'b']) here.metric(name, 60);
    await moveAway(here);
    const hung = await here.stay({ background: patience });
    expect(verdictOf(hung, 'default/a')).toMatchObject({ kind: 'wait', reason: 'ReadingHistory' });
    expect([countOf(here.home, 'one', 'a'), countOf(second, 'two', 'b')]).toEqual([4, 12]);
    await end();
    await here.moment();
    expect(countOf(here.home, 'one', 'a')).toBe(12);
  });

  it('that it refuses is asked for ever more rarely, and who needs it is told why', async () => {
    const here = world();
    here.repository('second.git');
    await here.tick();
    here.home.commit({ 'base/app.yaml': 'x\n' });
    const real = here.environment['PATH'];
    const refusal = 'error: RPC failed; HTTP 503 curl 22 The requested URL returned error: 503';
    const calls = join(here.directory, 'calls');
    const script = `case " $* " in *" --deepen="*) echo x >> '${calls}'; echo '${refusal}' >&2; exit 128;; esac`;
    here.environment['PATH'] = gitAfter(script, join(here.directory, 'bin'), real);
    here.metric('a', 60);
    await moveAway(here);
    const { now } = here;
    for (let round = 0; round < 20; round += 1) {
      await here.stay();
      here.now = now + round * 100;
    }
    expect(verdictOf(await here.stay(), 'default/a')).toMatchObject({ kind: 'wait', reason: 'RemoteUnavailable' });
    expect(readFileSync(calls, 'utf8').split('\n').length - 1).toBeLessThan(5);
    here.environment['PATH'] = real;
    here.now += 600_000;
    await here.moment();
    expect(countOf(here.home, 'one', 'a')).toBe(12);
  });
});

describe('an overlay that is not ours', () => {
  it('stops an adoption, naming it', async () => {
    const world = new World();
    world.dso({ name: 'a', max: 100 });
    world.metric('a', 100);
    await world.tick();
    world.home.commit({
      'scaling/decisions/default/a.yaml': null,
      [overlayOf('two', 'a')]: '<<<<<<< HEAD\nkind: Component\n',
    });
    const [outcome] = (await world.tick()).outcomes;
    expect(outcome?.verdict).toMatchObject({ kind: 'stalled', reason: 'OverlayUnreadable' });
    expect(countOf(world.home, 'one', 'a')).toBe(10);
  });
});

describe('a path that is refused', () => {
  it('at home stops only the DSO that needs it, in every destination', async () => {
    const world = new World({
      destinations: [
        { name: 'first', repository: 'fleet.git', match: { members: ['one'] } },
        { name: 'second', repository: 'second.git' },
      ],
    });
    const second = world.repository('second.git');
    world.home.commit({ [overlayOf('one', 'x')]: { link: '../../../../secret' } });
    for (const name of ['x', 'y']) {
      world.dso({ name });
      world.metric(name, 20);
    }
    expect(errorsOf(await world.tick())).toEqual(['PathNotOurs']);
    expect(countOf(world.home, 'one', 'y')).toBe(2);
    expect(countOf(second, 'two', 'y')).toBe(2);
    expect(countOf(second, 'two', 'x')).toBeNull();
  });
});

describe('a hook that refuses everything', () => {
  it('is named at once, also where states were taken before', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    world.home.hook('pre-receive', 'echo the branch is closed today >&2; exit 1');
    world.metric('a', 60);
    const start = performance.now();
    const result = await world.tick();
    expect(errorsOf(result)).toEqual(['HookDeclined']);
    expect(result.destinations[0]?.error?.message).toContain('the branch is closed today');
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

it('a host that takes the commit and refuses the state: what landed is told, the state fails for itself', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.home.git('config', 'receive.advertiseAtomic', 'false');
  world.home.hook('update', 'case "$1" in refs/heads/main) exit 0;; esac; echo "only main"; exit 1');
  world.restart();
  world.metric('a', 60);
  const result = await world.tick();
  expect([result.destinations.map(({ commit }) => commit), errorsOf(result)]).toEqual([[world.home.tip()], []]);
  await expect(world.save()).rejects.toMatchObject({ reason: 'HookDeclined' });
  rmSync(join(world.home.directory, 'hooks'), { recursive: true });
  // The host is left alone for a while.
  world.now += 60_000;
  await world.save();
  const [state = ''] = [...world.home.refs().keys()].filter((ref) => ref.startsWith('refs/dso-gitops/'));
  const [path = ''] = world.home.paths(state);
  expect(JSON.parse(world.home.read(path, state) ?? '')).toMatchObject({ seq: 2 });
});

describe('members that are found in the repository', () => {
  it('count also when the commit that brought them won a race', async () => {
    const files = { 'clusters/one/x': 'x\n', 'clusters/two/x': 'x\n' };
    const world = new World({ members: { directories: 'clusters' } }, files);
    world.dso({ name: 'a', members: {} });
    world.metric('a', 20);
    await world.tick();
    world.race(world.home, { 'clusters/three/x': 'x\n' });
    world.metric('a', 60);
    await world.tick();
    await world.tick();
    expect(Object.keys(recordOf(world.home, 'a')?.members ?? {})).toEqual(['one', 'three', 'two']);
  });
});
