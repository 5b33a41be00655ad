import { expect, it } from 'vitest';
import { overlayOf } from '../scenarios/world.ts';
import { scaled, verified } from './verified.ts';

const ONE = overlayOf('one', 'a');
const INDEX = 'scaling/members/one/default/kustomization.yaml';
const DANGLING = `was removed by hand, and ${INDEX} lists it: nothing there builds`;

it('an overlay that was removed, and not from its index, is named with it', async () => {
  const world = await scaled();
  const commit = world.home.commit({ [ONE]: null }, 'main', 'clean up', 'Eve');
  const { findings } = await verified(world);
  expect(findings).toMatchObject([{ reason: 'HandEdit', path: ONE, commit, author: 'Eve', message: DANGLING }]);
  world.home.commit({ [INDEX]: null });
  expect((await verified(world)).findings[0]).toMatchObject({ path: ONE, message: 'was removed by hand' });
});

it('the same of an overlay that was released is named until the index is in order', async () => {
  const world = await scaled();
  expect((await world.run('release', 'default/a', '--yes')).code).toBe(0);
  const index = world.home.read(INDEX) ?? '';
  const commit = world.home.commit({ [ONE]: null });
  const { findings, code } = await verified(world);
  expect([findings, code]).toMatchObject([[{ reason: 'HandEdit', path: ONE, commit, message: DANGLING }], 1]);
  world.home.commit({ [INDEX]: index.replace('- a\n', '- b\n'), [overlayOf('one', 'b')]: 'patches: []\n' });
  expect((await verified(world)).findings.filter(({ path }) => path === ONE)).toEqual([]);
});

it('what is released with its files is named by nobody', async () => {
  const world = await scaled();
  expect((await world.run('release', 'default/a', '--yes', '--delete-files')).code).toBe(0);
  expect([world.home.read(ONE), (await verified(world)).findings]).toEqual([null, []]);
});

it('a release is no hand edit of who released it, whatever is listed later', async () => {
  const world = await scaled();
  world.dso({ name: 'b' });
  world.metric('b', 20);
  await world.tick();
  expect((await world.run('release', 'default/a', '--yes', '--delete-files')).code).toBe(0);
  const text = world.home.read(INDEX) ?? '';
  const commit = world.home.commit({ [INDEX]: text.replace('- b', '- a\n  - b') });
  const { findings } = await verified(world);
  expect(findings).toMatchObject([{ reason: 'HandEdit', path: INDEX, commit }]);
});

it('what nobody decided, was listed and is gone is one finding', async () => {
  const world = await scaled();
  const [text, overlay] = [world.home.read(INDEX) ?? '', world.home.read(ONE)];
  world.home.commit({ [INDEX]: text.replace('- a', '- a\n  - x'), [overlayOf('one', 'x')]: overlay });
  const commit = world.home.commit({ [overlayOf('one', 'x')]: null });
  const { findings } = await verified(world);
  expect(findings).toMatchObject([{ reason: 'HandEdit', path: overlayOf('one', 'x'), commit, message: DANGLING }]);
});
