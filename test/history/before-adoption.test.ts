import { describe, expect, it } from 'vitest';
import { overlayOf, World } from '../scenarios/world.ts';
import { RECORD, scaled, verified } from './verified.ts';

const ONE = overlayOf('one', 'a');
const README = 'scaling/README.md';

describe('what was below the root before the first decision', () => {
  it('is no hand edit, neither where nothing is decided yet nor later', async () => {
    const world = new World({}, { 'base/app.yaml': 'x\n', [README]: 'ours\n', [ONE]: 'kind: Component\n' });
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    expect(world.home.log().length).toBe(1);
    expect((await verified(world)).findings).toEqual([]);
    world.home.commit({ [ONE]: null });
    await world.tick();
    world.home.commit({ [README]: 'ours, and more\n' });
    expect(world.home.read(RECORD)).not.toBeNull();
    const { findings, resumed, recomputed, code } = await verified(world);
    expect([findings, resumed, recomputed, code]).toEqual([[], [], 1, 0]);
  });

  it('is adopted without a word, and is held to the record from then on', async () => {
    const source = await scaled();
    const own = Object.fromEntries(
      ['one', 'two'].map((member) => [overlayOf(member, 'a'), source.home.read(overlayOf(member, 'a'))]),
    );
    const world = new World({}, { 'base/app.yaml': 'x\n', ...own });
    world.dso({ name: 'a' });
    world.metric('a', 120);
    await world.tick();
    expect(world.home.log().length).toBe(2);
    expect((await verified(world)).findings).toEqual([]);
    const commit = world.home.commit({ [ONE]: (world.home.read(ONE) ?? '').replace(/value: \d+/, 'value: 3') });
    expect((await verified(world)).findings).toMatchObject([{ reason: 'HandEdit', path: ONE, commit }]);
  });

  it('is no hand edit of a DSO that comes later than others', async () => {
    const world = await scaled();
    const path = overlayOf('one', 'b');
    const text = (world.home.read(ONE) ?? '').replaceAll('a-app', 'b-app').replace('default/a', 'default/b');
    const commit = world.home.commit({ [path]: text });
    // Until it is decided about, nobody knows whose it is.
    expect((await verified(world)).findings).toMatchObject([{ reason: 'HandEdit', path, commit }]);
    world.dso({ name: 'b' });
    world.metric('b', 120);
    await world.tick();
    expect(world.home.read('scaling/decisions/default/b.yaml')).not.toBeNull();
    expect((await verified(world)).findings).toEqual([]);
  });

  it('is a hand edit where it came later and no decision ever was about it', async () => {
    const world = await scaled();
    const commit = world.home.commit({ 'scaling/members/one/default/other/kustomization.yaml': 'kind: Component\n' });
    expect((await verified(world)).findings).toMatchObject([{ reason: 'HandEdit', commit }]);
  });
});
