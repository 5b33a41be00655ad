import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mergeOf } from '../history/verified.ts';
import type { BareRepository } from '../repository/bare-repository.ts';
import { countOf, decidedInTwo, errorsOf, recordOf, verdictsOf, World } from './world.ts';

const OURS = ['scaling/decisions/default/a.yaml', 'one', 'two'];

async function reverted(): Promise<World> {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  const before = world.home.tip() ?? '';
  world.metric('a', 60);
  await world.tick();
  const paths = OURS.map((path) =>
    path.includes('/') ? path : `scaling/members/${path}/default/a/kustomization.yaml`,
  );
  world.home.commit(Object.fromEntries(paths.map((path) => [path, world.home.read(path, before) ?? ''])));
  world.metric('a', 80);
  return world;
}

it('a revert is held by the process that decided', async () => {
  const world = await reverted();
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Reverted' });
  expect(countOf(world.home, 'one', 'a')).toBe(2);
});

it('a revert is held by a new process, from the state beside the branch', async () => {
  const world = await reverted();
  world.restart();
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Reverted' });
});

it('a revert is held from the history where the state ref was removed, too', async () => {
  const world = await reverted();
  for (const ref of world.home.refs().keys())
    if (ref.startsWith('refs/dso-gitops/')) world.home.git('update-ref', '-d', ref);
  world.restart();
  world.environment['DSO_GITOPS_CACHE'] += '-new';
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Reverted' });
  expect(countOf(world.home, 'one', 'a')).toBe(2);
});

it('without the state ref the last record goes on', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  for (const ref of world.home.refs().keys())
    if (ref.startsWith('refs/dso-gitops/')) world.home.git('update-ref', '-d', ref);
  world.restart();
  world.metric('a', 60);
  await world.tick();
  expect([countOf(world.home, 'one', 'a'), recordOf(world.home, 'a')?.seq]).toEqual([6, 2]);
});

it('a branch that was set back since it was looked at is held, not pushed over', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  const before = world.home.tip() ?? '';
  world.metric('a', 40);
  await world.tick();
  world.home.git('update-ref', 'refs/heads/main', before);
  world.metric('a', 60);
  const raced = await world.stay();
  expect([verdictsOf(raced), errorsOf(raced)]).toEqual([{ 'default/a': 'change' }, []]);
  const held = await world.tick();
  expect(verdictsOf(held)).toEqual({ 'default/a': 'held Reverted' });
  expect(held.outcomes[0]?.verdict).toMatchObject({
    commit: null,
    message: expect.stringContaining('(the branch was set back, or a merge left it out: see its history)'),
  });
  expect(world.home.tip()).toBe(before);
});

it('a revert of the first decision is held as well, names the commit, and begins anew by resume', async () => {
  for (const firstSight of ['write', 'wait']) {
    const world = new World({ firstSight });
    world.dso({ name: 'a', annotations: { 'dso-gitops.dev/initial-total': '4' } });
    world.metric('a', 20);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(2);
    await world.save();
    world.dso({ name: 'a' });
    const ours = world.home.paths().filter((path) => path.startsWith('scaling/'));
    const commit = world.home.commit(Object.fromEntries(ours.map((path) => [path, null])), 'main', 'not this');
    for (const isNew of [false, true]) {
      if (isNew) world.restart();
      const { outcomes } = await world.tick();
      expect(outcomes[0]?.verdict).toMatchObject({ kind: 'held', reason: 'Reverted', commit });
    }
    expect(world.home.tip()).toBe(commit);
    const word = await world.run('resume', 'default/a');
    expect(word.out).toContain(firstSight === 'wait' ? 'AdoptionPending' : 'changes');
    world.restart();
    const after = firstSight === 'wait' ? 'wait AdoptionPending' : 'same';
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': after });
    expect(countOf(world.home, 'one', 'a')).toBe(firstSight === 'wait' ? null : 2);
  }
});

it('a secret that was removed by setting the branch back does not come back', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  const before = world.home.tip() ?? '';
  world.home.commit({ 'base/secret.txt': 'leaked\n' });
  await world.tick();
  world.home.git('update-ref', 'refs/heads/main', before);
  world.metric('a', 60);
  await world.stay();
  await world.tick();
  expect([countOf(world.home, 'one', 'a'), world.home.read('base/secret.txt')]).toEqual([6, null]);
  expect(world.home.git('rev-parse', 'main~1').trim()).toBe(before);
});

it('a revert is held by a new process that finds an older state than what was reverted', async () => {
  for (const isCold of [false, true]) {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    const before = world.home.tip() ?? '';
    const state = [...world.home.refs()].find(([ref]) => ref.startsWith('refs/dso-gitops/state/'));
    world.metric('a', 60);
    await world.tick();
    // As where a process was killed between the push and the writing of its state.
    world.home.git('update-ref', ...(state ?? []));
    setBack(world.home, before);
    world.home.commitOften(10);
    world.restart();
    if (isCold) world.environment['DSO_GITOPS_CACHE'] += '-new';
    expect(verdictsOf(await world.tick()), String(isCold)).toEqual({ 'default/a': 'held Reverted' });
    await world.save();
    // It is remembered, also when decisions about others have landed since.
    world.dso({ name: 'b' });
    world.metric('b', 20);
    await world.tick();
    world.restart();
    expect(verdictsOf(await world.tick())['default/a'], String(isCold)).toBe('held Reverted');
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'one', 'b')]).toEqual([2, 2]);
    expect((await world.run('resume', 'default/a')).code).toBe(0);
    expect(verdictsOf(await world.tick())['default/a']).not.toContain('held');
  }
});

it('a DSO that is released and made again begins anew, whatever its numbers were', async () => {
  const world = await reverted();
  world.restart();
  expect((await world.run('release', 'default/a', '--yes')).code).toBe(0);
  world.remove('default.a.yaml');
  for (const ref of world.home.refs().keys())
    if (ref.startsWith('refs/dso-gitops/')) world.home.git('update-ref', '-d', ref);
  world.environment['DSO_GITOPS_CACHE'] += '-new';
  world.dso({ name: 'b' });
  world.metric('b', 20);
  world.home.commit({ 'scaling/holds/default/a.yaml': null });
  world.dso({ name: 'a' });
  await world.tick();
  await world.tick();
  expect(recordOf(world.home, 'a')?.seq).toBe(1);
  world.restart();
  expect(verdictsOf(await world.tick())['default/a']).not.toContain('held');
});

/** What is ours becomes what it was at a commit. */
function setBack(repository: BareRepository, commit: string): string {
  const paths = repository.paths(commit).filter((path) => path.startsWith('scaling/'));
  return repository.commit(
    Object.fromEntries(paths.map((path) => [path, repository.read(path, commit)])),
    'main',
    'back',
  );
}

describe('a merge that drops the last decision is a revert', () => {
  it('also where no state tells it', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    for (const value of [20, 100]) {
      world.metric('a', value);
      await world.tick();
    }
    mergeOf(world.home, ['main^', 'main'], 'main^');
    for (const [ref] of world.home.refs())
      if (ref.startsWith('refs/dso-gitops/')) world.home.git('update-ref', '-d', ref);
    world.restart();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Reverted' });
  });
});

describe('a revert in another repository than home', () => {
  /** Decided twice, and the second was set back in the repository of member two. */
  async function revertedElsewhere(): Promise<{
    readonly world: World;
    readonly second: BareRepository;
    readonly revert: string;
  }> {
    const { world, second } = await decidedInTwo();
    const before = second.tip() ?? '';
    world.metric('a', 60);
    await world.tick();
    return { world, second, revert: setBack(second, before) };
  }

  it('is held by the process that decided, and by new ones, warm or cold', async () => {
    const { world, second, revert } = await revertedElsewhere();
    for (const isCold of [null, false, true]) {
      if (isCold !== null) world.restart();
      if (isCold) world.environment['DSO_GITOPS_CACHE'] += '-new';
      const { outcomes } = await world.tick();
      expect(outcomes[0]?.verdict).toMatchObject({ kind: 'held', reason: 'Reverted', commit: revert });
      expect(outcomes[0]?.decided?.committed).toEqual(
        new Map([
          ['one', 6],
          ['two', 2],
        ]),
      );
    }
    expect([countOf(world.home, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([6, 2]);
  });

  it('is held where the branch was forced back, by a command that begins with nothing', async () => {
    const { world, second } = await decidedInTwo();
    const before = second.tip() ?? '';
    world.metric('a', 60);
    expect((await world.run('apply')).code).toBe(0);
    second.git('update-ref', 'refs/heads/main', before);
    world.environment['DSO_GITOPS_CACHE'] += '-new';
    world.metric('a', 80);
    const { code, out } = await world.run('apply');
    expect([code, out]).toEqual([1, expect.stringContaining('Reverted')]);
    expect([countOf(world.home, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([6, 2]);
  });

  it('is remembered when decisions about others have landed there since', async () => {
    const { world, second } = await revertedElsewhere();
    world.restart();
    await world.tick();
    await world.save();
    world.dso({ name: 'b' });
    world.metric('b', 20);
    await world.tick();
    expect(countOf(second, 'two', 'b')).toBe(2);
    world.restart();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Reverted', 'default/b': 'same' });
  });

  it('is found below what was decided about others by who did not look at it', async () => {
    const { world, second, revert } = await revertedElsewhere();
    for (const name of ['b', 'c']) {
      world.restart();
      world.dso({ name });
      world.metric(name, 20);
      await world.tick({ only: (key) => key === `default/${name}` });
      expect(countOf(second, 'two', name)).toBe(2);
    }
    world.environment['DSO_GITOPS_CACHE'] += '-new';
    world.restart();
    const { outcomes } = await world.tick();
    const held = { kind: 'held', reason: 'Reverted', commit: revert };
    expect(outcomes.find(({ key }) => key === 'default/a')?.verdict).toMatchObject(held);
    expect([countOf(world.home, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([6, 2]);
  });

  it('is none where the later decision never got there, whatever others committed', async () => {
    const { world, second } = await decidedInTwo();
    second.hook('pre-receive', 'exit 1');
    world.metric('a', 60);
    await world.tick();
    second.commit({ 'base/app.yaml': 'y\n' });
    world.restart();
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([6, 2]);
    rmSync(`${second.directory}/hooks`, { recursive: true });
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'change' });
    expect(countOf(second, 'two', 'a')).toBe(6);
  });

  it('ends where it is put back', async () => {
    const { world, second } = await revertedElsewhere();
    await world.tick();
    setBack(second, 'main~1');
    world.metric('a', 80);
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([8, 8]);
  });

  it('ends by resume from the counts of both, also where the other one is not reached then', async () => {
    const { world, second } = await revertedElsewhere();
    await world.tick();
    second.hook('pre-receive', 'exit 1');
    expect((await world.run('resume', 'default/a')).code).toBe(1);
    expect(recordOf(world.home, 'a')).toMatchObject({ seq: 3, total: { before: 8 } });
    rmSync(`${second.directory}/hooks`, { recursive: true });
    for (const isNew of [false, true]) {
      if (isNew) world.restart();
      expect(verdictsOf(await world.tick())['default/a']).not.toContain('held');
    }
    expect(second.read(OURS[0] ?? '')).toBe(world.home.read(OURS[0] ?? ''));
  });
});
