import { describe, expect, it } from 'vitest';
import { mergeOf, verified } from '../history/verified.ts';
import { countOf, decidedInTwo, recordOf, savedStates, TWO_REPOSITORIES, verdictsOf, World } from './world.ts';

/** Home is in a repository that has no decision yet. */
const THIRD = {
  destinations: [
    { repository: 'third.git', match: { members: ['one'] } },
    { repository: 'second.git', match: { members: ['two'] } },
  ],
};

describe('a home that has moved', () => {
  it.each([false, true])('is told, and the others alone are no total, in a new process: %s', async (isNew) => {
    const { world, second } = await decidedInTwo();
    const third = world.repository('third.git');
    world.metric('a', 100);
    await world.tick();
    await world.save();
    world.metric('a', 5);
    world.configure(THIRD);
    if (isNew) world.restart();
    const tip = second.tip();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'stalled DestinationChanged' });
    expect(second.tip()).toBe(tip);
    expect((await world.run('apply', '--adopt', 'default/a=20')).code).toBe(0);
    expect([countOf(third, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([10, 10]);
    expect([recordOf(third, 'a')?.seq, recordOf(second, 'a')?.seq]).toEqual([3, 3]);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'same' });
    expect((await verified(world)).findings).toEqual([]);
  });

  it('goes on where the order of the destinations is put back', async () => {
    const { world, second } = await decidedInTwo();
    world.repository('third.git');
    world.metric('a', 100);
    await world.tick();
    await world.save();
    world.configure(THIRD);
    await world.tick();
    world.configure(TWO_REPOSITORIES);
    world.metric('a', 120);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'change' });
    expect(countOf(second, 'two', 'a')).toBe(12);
  });
});

it('a former home remembers less than the present one: what is lost there is named', async () => {
  const { world } = await decidedInTwo();
  await world.save();
  const [first, second] = TWO_REPOSITORIES.destinations;
  world.configure({ destinations: [second, first] });
  for (const value of [60, 100]) {
    world.metric('a', value);
    await world.tick();
  }
  await world.save();
  expect((await verified(world)).findings).toEqual([]);
  world.home.git('update-ref', 'refs/heads/main', 'main~1');
  expect((await verified(world)).findings).toMatchObject([
    { reason: 'LostDecision', repository: world.home.directory },
  ]);
});

it('a decision that was removed in another repository than home, with its count, is held', async () => {
  const { world, second } = await decidedInTwo();
  world.metric('a', 60);
  expect((await world.run('apply')).code).toBe(0);
  const ours = second.paths().filter((path) => path.startsWith('scaling/'));
  const commit = second.commit(Object.fromEntries(ours.map((path) => [path, null])), 'main', 'not here');
  for (const isCold of [false, true]) {
    if (isCold) world.environment['DSO_GITOPS_CACHE'] += '-new';
    world.restart();
    const { outcomes } = await world.tick();
    expect(outcomes[0]?.verdict).toMatchObject({ kind: 'held', reason: 'Reverted', commit });
  }
  expect((await world.run('resume', 'default/a')).code).toBe(0);
  expect([countOf(world.home, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([6, 6]);
  expect(verdictsOf(await world.tick())['default/a']).not.toContain('held');
});

describe('what was released and is gone from the hub', () => {
  it('is forgotten by a process that goes on, and begins anew', async () => {
    const world = new World();
    for (const name of ['a', 'b']) {
      world.dso({ name });
      world.metric(name, 100);
    }
    await world.tick();
    await world.tick();
    // Not saved yet.
    world.metric('a', 99);
    await world.tick();
    world.remove('default.a.yaml');
    await world.tick();
    expect((await world.run('release', 'default/a', '--yes')).code).toBe(0);
    world.metric('b', 200);
    await world.tick();
    await world.save();
    expect([...savedStates(world.home).keys()]).toEqual(['default/b']);
    world.dso({ name: 'a' });
    expect(verdictsOf(await world.tick())['default/a']).toBe('change');
    expect(recordOf(world.home, 'a')?.seq).toBe(1);
  });

  it('is no revert when a branch from before is merged', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    for (const value of [20, 60, 100]) {
      world.metric('a', value);
      await world.tick();
    }
    await world.save();
    const { home } = world;
    const old = home.tip() ?? '';
    world.remove('default.a.yaml');
    expect((await world.run('release', 'default/a', '--yes')).code).toBe(0);
    world.restart();
    world.dso({ name: 'a' });
    await world.tick();
    expect(recordOf(home, 'a')?.seq).toBe(1);
    const main = home.tip() ?? '';
    home.git('update-ref', 'refs/heads/feature', old);
    const feature = home.commit({ 'base/app.yaml': 'new\n' }, 'feature');
    const [tree = ''] = home.git('merge-tree', '--write-tree', main, feature).trim().split('\n');
    mergeOf(home, [main, feature], tree);
    world.restart();
    world.metric('a', 200);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'change' });
  });
});
