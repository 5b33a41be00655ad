import { expect, it } from 'vitest';
import { countOf, overlayOf, recordOf, verdictsOf, World } from './world.ts';

const ONE = overlayOf('one', 'a');
const RECORD = 'scaling/decisions/default/a.yaml';
const WINDOW = { scaleDown: { stabilizationWindowSeconds: 300 } };

/** Two members at 10 each, of a DSO whose load has fallen since. */
async function fallen(): Promise<World> {
  const world = new World({ firstSight: 'wait' });
  world.dso({ name: 'a', behavior: WINDOW });
  world.metric('a', 100);
  await world.tick({ adopt: new Map([['default/a', 20]]) });
  world.metric('a', 10);
  return world;
}

async function verified(world: World): Promise<{ readonly findings: readonly unknown[]; readonly code: number }> {
  const { out, code } = await world.run('verify', '-o', 'json');
  return { findings: (JSON.parse(out) as { findings: readonly unknown[] }).findings, code };
}

it('resume counts a member whose overlay was emptied as it was decided last, and lowers no other one', async () => {
  const world = await fallen();
  world.home.commit({ [ONE]: 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: []\n' });
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held HandEdit' });
  expect((await world.run('resume', 'default/a')).code).toBe(0);
  expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([10, 10]);
  expect(await verified(world)).toEqual({ findings: [], code: 0 });
});

it('resume asks for the total where the count of a member and its record were removed, and writes nothing', async () => {
  const world = await fallen();
  const removal = world.home.commit({ [ONE]: null, [RECORD]: null });
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Reverted' });
  const { code, out } = await world.run('resume', 'default/a');
  expect([code, out.replaceAll(/\s+/g, ' ')]).toEqual([
    1,
    expect.stringContaining('nobody knows how many replicas one runs now; restore what was removed,'),
  ]);
  world.restart();
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait AdoptionPending' });
  expect(world.home.tip()).toBe(removal);
  expect((await world.run('apply', '--adopt', 'default/a=20')).code).toBe(0);
  expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([10, 10]);
  expect((await verified(world)).findings).toMatchObject([
    { reason: 'RemovedRecord', commit: removal },
    { reason: 'HandEdit', path: ONE, commit: removal },
  ]);
});

it('where all of it was removed nothing is put there without a count: what is wired goes on as it is', async () => {
  const world = await fallen();
  const ours = world.home.paths().filter((path) => path.startsWith('scaling/'));
  const removal = world.home.commit(Object.fromEntries(ours.map((path) => [path, null])));
  const { code, out } = await world.run('resume', 'default/a');
  expect([code, out]).toEqual([1, expect.stringContaining('AdoptionPending')]);
  world.restart();
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait AdoptionPending' });
  expect(world.home.tip()).toBe(removal);
  expect((await world.run('apply', '--adopt', 'default/a=20')).code).toBe(0);
  expect(recordOf(world.home, 'a')).toMatchObject({ seq: 2, total: { after: 20 } });
  expect(await verified(world)).toEqual({ findings: [], code: 0 });
});
