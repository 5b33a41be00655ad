import { expect, it } from 'vitest';
import { countOf, errorsOf, recordOf, verdictsOf, World } from './world.ts';

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
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Reverted' });
  expect(world.home.tip()).toBe(before);
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
