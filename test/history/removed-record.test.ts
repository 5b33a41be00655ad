import { describe, expect, it } from 'vitest';
import { decidedInTwo, overlayOf, type World } from '../scenarios/world.ts';
import { mergeOf, RECORD, scaled, verified } from './verified.ts';

const ONE = overlayOf('one', 'a');

/** An overlay with another count. */
function edited(world: World, count: number): string {
  return (world.home.read(ONE) ?? '').replace(/value: \d+/, `value: ${count}`);
}

describe('a record that was removed alone', () => {
  it('is named, and with it the hand edit that follows, also when a decision has begun from there', async () => {
    const world = await scaled();
    const removal = world.home.commit({ [RECORD]: null }, 'main', 'clean up', 'Eve');
    const { directory: repository } = world.home;
    const named = { reason: 'RemovedRecord', path: RECORD, commit: removal, author: 'Eve', repository };
    const { findings, code } = await verified(world);
    expect([findings, code]).toEqual([[{ ...named, message: expect.stringContaining(ONE) }], 1]);
    const edit = world.home.commit({ [ONE]: edited(world, 30) }, 'main', 'more', 'Mallory');
    const both = [named, { reason: 'HandEdit', path: ONE, commit: edit, author: 'Mallory' }];
    expect((await verified(world)).findings).toMatchObject(both);
    const { length } = world.home.log();
    world.metric('a', 250);
    await world.tick();
    expect(world.home.log().length).toBe(length + 1);
    const later = await verified(world);
    expect([later.findings.length, later.resumed, later.recomputed]).toEqual([2, [], 3]);
    expect(later.findings).toMatchObject(both);
  });

  it.each([
    ['removed', () => null],
    ['emptied', () => 'patches: []\n'],
    ['put back to what an older record says', (world: World) => world.home.read(ONE, 'main~2')],
  ])('an overlay that is %s afterwards is named', async (_, change) => {
    const world = await scaled();
    world.home.commit({ [RECORD]: null });
    const commit = world.home.commit({ [ONE]: change(world) });
    const { findings } = await verified(world);
    expect(findings.map(({ reason }) => reason)).toEqual(['RemovedRecord', 'HandEdit']);
    expect(findings[1]).toMatchObject({ path: ONE, commit });
  });

  it('covers no hand edit that was there before', async () => {
    const world = await scaled();
    const edit = world.home.commit({ [ONE]: edited(world, 30) });
    world.home.commit({ [RECORD]: null });
    await world.tick();
    const { findings, resumed } = await verified(world);
    expect(findings.map(({ reason }) => reason).toSorted()).toEqual(['HandEdit', 'RemovedRecord']);
    expect([findings.some(({ commit }) => commit === edit), resumed]).toEqual([true, []]);
  });

  it('is named also where some of what it set was given back', async () => {
    const world = await scaled();
    const commit = world.home.commit({ [RECORD]: null, [ONE]: 'patches: []\n' });
    const { findings } = await verified(world);
    expect(findings).toMatchObject([
      { reason: 'RemovedRecord', commit },
      { reason: 'HandEdit', path: ONE, commit },
    ]);
  });

  it('is told when it is put back, and what comes then follows it', async () => {
    const world = await scaled();
    const record = world.home.read(RECORD);
    const removal = world.home.commit({ [RECORD]: null });
    const back = world.home.commit({ [RECORD]: record });
    world.metric('a', 250);
    await world.tick();
    const { findings, reverts, recomputed } = await verified(world);
    expect(findings.map(({ reason, commit }) => [reason, commit])).toEqual([['RemovedRecord', removal]]);
    expect([reverts, recomputed]).toMatchObject([[{ path: RECORD, commit: back }], 3]);
  });

  it('is named once where it could not be read before: to remove it is what is advised then', async () => {
    const world = await scaled();
    const spoiled = world.home.commit({ [RECORD]: 'nothing\n' });
    const edit = world.home.commit({ [ONE]: edited(world, 30) });
    world.home.commit({ [RECORD]: null });
    await world.tick();
    const { findings } = await verified(world);
    expect(findings.map(({ reason, commit }) => [reason, commit])).toEqual([
      ['UnreadableRecord', spoiled],
      ['HandEdit', edit],
    ]);
  });
});

it('a record that could not be read and was removed is named until something is decided, also after what is accepted', async () => {
  const world = await scaled();
  const spoiled = world.home.commit({ [RECORD]: 'nothing\n' });
  const removal = world.home.commit({ [RECORD]: null }, 'main', 'clean up', 'Eve');
  const { findings, accepted, code } = await verified(world, '--since', spoiled);
  expect([accepted, code]).toEqual([1, 1]);
  const message = expect.stringContaining(`could not be read was removed, and what it set is left: ${ONE}`);
  const named = { reason: 'RemovedRecord', path: RECORD, commit: removal, author: 'Eve' };
  expect(findings).toEqual([{ ...named, message, repository: world.home.directory }]);
  world.metric('a', 250);
  await world.tick();
  expect((await verified(world, '--since', spoiled)).findings).toEqual([]);
});

it('what cannot be read is no record that was put back', async () => {
  const world = await scaled();
  world.home.commit({ [RECORD]: 'nothing\n' });
  const removal = world.home.commit({ [RECORD]: null });
  const again = world.home.commit({ [RECORD]: 'nothing\n' }, 'main', 'again', 'Mallory');
  const { findings, reverts } = await verified(world, '--since', removal);
  expect(findings).toMatchObject([{ reason: 'UnreadableRecord', commit: again, author: 'Mallory' }]);
  expect(reverts).toEqual([]);
});

describe('a record that was removed with all that it had set', () => {
  it.each([[[]], [['--delete-files']]])('is told and no finding: release %s', async (more) => {
    const world = await scaled();
    await world.run('release', 'default/a', '--yes', '--reason', 'moved', ...more);
    const commit = world.home.tip();
    expect(world.home.read(RECORD)).toBeNull();
    const { findings, removed, code } = await verified(world);
    expect([findings, code]).toEqual([[], 0]);
    expect(removed).toEqual([{ path: RECORD, commit, author: 'dso-gitops', repository: world.home.directory }]);
    expect((await world.run('verify')).out).toContain(`by dso-gitops removed ${RECORD} and all that it had set`);
  });

  it('is told in each repository, and one that was removed alone is named in its own', async () => {
    const { world, second } = await decidedInTwo();
    const tip = second.tip() ?? '';
    const commit = second.commit({ [RECORD]: null });
    expect((await verified(world)).findings).toMatchObject([{ reason: 'RemovedRecord', path: RECORD, commit }]);
    second.git('update-ref', 'refs/heads/main', tip);
    await world.run('release', 'default/a', '--yes', '--reason', 'moved');
    const { findings, removed } = await verified(world);
    expect(findings).toEqual([]);
    expect(removed.map((one) => one.commit)).toEqual([world.home.tip(), second.tip()]);
  });

  it('is a record again after a new start, and each count by hand meanwhile is told', async () => {
    const world = await scaled();
    const text = world.home.read(ONE, 'main^');
    await world.run('release', 'default/a', '--yes', '--reason', 'moved');
    const edit = world.home.commit({ [ONE]: text });
    expect((await verified(world)).findings).toMatchObject([{ reason: 'HandEdit', path: ONE, commit: edit }]);
    await world.run('resume', 'default/a');
    world.metric('a', 250);
    await world.tick();
    const { findings, resumed, removed, recomputed } = await verified(world);
    expect([findings, recomputed, removed.length]).toEqual([[], 3, 1]);
    expect(resumed).toMatchObject([{ path: ONE, commit: edit }]);
  });
});

describe('a merge that drops what was decided', () => {
  it.each([
    ['the last decision', 'main^', 'reverts'],
    ['all decisions', 'main~2', 'removed'],
  ] as const)('is told with the merge, in either order: %s', async (_, from, told) => {
    for (const order of [
      ['topic', 'main'],
      ['main', 'topic'],
    ]) {
      const world = await scaled();
      const { home } = world;
      home.git('branch', 'topic', from);
      home.commit({ 'docs/a.md': 'x\n' }, 'topic');
      const merge = mergeOf(home, order, 'topic');
      const result = await verified(world);
      expect([result.findings, result.recomputed]).toEqual([[], 2]);
      expect(result[told]).toEqual([{ path: RECORD, commit: merge, author: 'Eve', repository: home.directory }]);
      expect((await world.run('verify')).out).toContain(merge.slice(0, 10));
    }
  });

  it('is told also where clocks were wrong, and what comes afterwards follows', async () => {
    const world = await scaled();
    const { home } = world;
    world.metric('a', 250);
    await world.tick();
    // By its date the last decision is years older than the first.
    const paths = [RECORD, ONE, overlayOf('two', 'a')];
    const files = Object.fromEntries(paths.map((path) => [path, home.read(path)]));
    home.git('update-ref', 'refs/heads/main', 'main^');
    home.commit(files);
    home.git('branch', 'topic', 'main~2');
    home.commit({ 'docs/a.md': 'x\n' }, 'topic');
    const merge = mergeOf(home, ['topic', 'main'], 'topic');
    const { findings, reverts, recomputed } = await verified(world);
    expect([findings, recomputed]).toEqual([[], 3]);
    expect(reverts).toEqual([{ path: RECORD, commit: merge, author: 'Eve', repository: home.directory }]);
  });

  it('breaks no chain where the other side had put an older record back meanwhile', async () => {
    const world = await scaled();
    const { home } = world;
    const files = [RECORD, ONE, overlayOf('two', 'a')].map((path) => [path, home.read(path, 'main^')] as const);
    home.git('branch', 'topic', 'main');
    const revert = home.commit(Object.fromEntries(files), 'topic');
    world.metric('a', 250);
    await world.tick();
    for (const order of [
      ['topic', 'main'],
      ['main', 'topic'],
    ]) {
      const tip = home.tip() ?? '';
      mergeOf(home, order, 'main');
      const { findings, recomputed, reverts } = await verified(world);
      expect([findings, recomputed]).toEqual([[], 3]);
      expect(reverts.map(({ commit }) => commit)).toContain(revert);
      home.git('update-ref', 'refs/heads/main', tip);
    }
  });
});
