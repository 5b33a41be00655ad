import { expect, it } from 'vitest';
import { verified } from '../history/verified.ts';
import { countOf, overlayOf, recordOf, verdictsOf, World } from './world.ts';

const ONE = overlayOf('one', 'a');
const RECORD = 'scaling/decisions/default/a.yaml';
const EMPTY = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: []\n';
/** What says that a hold has ended. */
const HOLD = 'scaling/holds/default/a.yaml';
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

/** Files that changed since a commit. */
function written(world: World, since: string): readonly string[] {
  return world.home.git('diff', '--name-only', since, 'main').trim().split('\n');
}

it('resume counts a member whose overlay was emptied as it was decided last, and lowers no other one', async () => {
  const world = await fallen();
  world.home.commit({ [ONE]: EMPTY });
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held HandEdit' });
  expect((await world.run('resume', 'default/a')).code).toBe(0);
  expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([10, 10]);
  const after = await verified(world);
  expect([after.findings, after.code]).toEqual([[], 0]);
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
  expect(written(world, removal)).toEqual([HOLD]);
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
  expect(written(world, removal)).toEqual([HOLD]);
  expect((await world.run('apply', '--adopt', 'default/a=20')).code).toBe(0);
  expect(recordOf(world.home, 'a')).toMatchObject({ seq: 2, total: { after: 20 } });
  const after = await verified(world);
  expect([after.findings, after.code]).toEqual([[], 0]);
});

it.each([
  ['wait', undefined],
  ['write', undefined],
  ['wait', '2'],
])(
  'all overlays emptied beside their record count as decided last, with firstSight %s and annotation %s',
  async (firstSight, said) => {
    const world = new World({ firstSight });
    const annotations = said === undefined ? {} : { 'dso-gitops.dev/initial-total': said };
    world.dso({ name: 'a', behavior: WINDOW, annotations });
    world.metric('a', 100);
    await world.tick({ adopt: new Map([['default/a', 20]]) });
    world.metric('a', 10);
    world.home.commit({ [ONE]: EMPTY, [overlayOf('two', 'a')]: EMPTY });
    world.restart();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held HandEdit' });
    expect((await world.run('resume', 'default/a')).code).toBe(0);
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([10, 10]);
  },
);

it.each(['wait', 'write'])(
  'what was removed, resumed and put back goes on as if nothing had been, with firstSight %s',
  async (firstSight) => {
    const world = new World({ firstSight });
    world.dso({ name: 'a', behavior: WINDOW });
    world.metric('a', 100);
    await world.tick({ adopt: new Map([['default/a', 20]]) });
    await world.save();
    const before = world.home.tip() ?? '';
    const ours = world.home.paths().filter((path) => path.startsWith('scaling/'));
    const texts = Object.fromEntries(ours.map((path) => [path, world.home.read(path, before)]));
    world.metric('a', 10);
    world.home.commit(Object.fromEntries(ours.map((path) => [path, null])));
    world.restart();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Reverted' });
    await world.run('resume', 'default/a');
    world.home.commit(texts);
    for (const isNew of [false, true]) {
      if (isNew) world.restart();
      await world.tick();
      expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([10, 10]);
    }
  },
);

it('an annotation from before lowers nothing after all was removed, and one process tells it to the others', async () => {
  const world = new World({ firstSight: 'wait' });
  for (const name of ['a', 'b']) {
    world.dso({ name, behavior: WINDOW });
    world.metric(name, 100);
  }
  await world.tick({
    adopt: new Map([
      ['default/a', 20],
      ['default/b', 20],
    ]),
  });
  await world.tick();
  world.metric('a', 99);
  world.home.commit({ [ONE]: null, [RECORD]: null });
  expect(verdictsOf(await world.tick())['default/a']).toBe('held Reverted');
  // Beside a service that goes on.
  expect((await world.run('resume', 'default/a')).code).toBe(1);
  world.metric('b', 200);
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait AdoptionPending', 'default/b': 'change' });
  world.dso({ name: 'a', behavior: WINDOW, annotations: { 'dso-gitops.dev/initial-total': '2' } });
  await world.tick();
  expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([10, 10]);
});
