import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countOf, errorsOf, overlayOf, recordOf, verdictsOf, World } from './world.ts';

function started(names: readonly string[], value = 20): World {
  const world = new World();
  for (const name of names) {
    world.dso({ name });
    world.metric(name, value);
  }
  return world;
}

describe('one commit a tick', () => {
  it('holds everything that changed, with a trailer for each, and nothing else', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const world = started(names);
    await world.tick();
    for (const name of names.slice(1)) world.metric(name, 40);
    await world.tick();
    const [last, first] = world.home.log();
    expect(world.home.log()).toHaveLength(3);
    expect(first?.subject).toBe('scale 4 workloads on 2 clusters');
    expect(last?.subject).toBe('scale 3 workloads on 2 clusters');
    expect(last?.body).toMatch(/Dso: default\/b\nDso-Decision: 2 [0-9a-f]{40}\nDso: default\/c/);
    const expected = names
      .slice(1)
      .flatMap((name) => [`scaling/decisions/default/${name}.yaml`, overlayOf('one', name), overlayOf('two', name)]);
    expect(world.home.changed(last?.id ?? '')).toEqual(expected.sort());
    expect(names.map((name) => countOf(world.home, 'one', name))).toEqual([2, 4, 4, 4]);
  });

  it('is not made when nothing changed, by the same process or by another', async () => {
    const world = started(['a', 'b']);
    await world.tick();
    const tip = world.home.tip();
    await world.tick();
    world.restart();
    await world.tick();
    expect((await world.run('apply')).code).toBe(0);
    expect(world.home.tip()).toBe(tip);
  });

  it('follows a weight edit', async () => {
    const world = started(['a']);
    await world.tick();
    world.dso({ name: 'a', members: { one: 3, two: 1 } });
    await world.tick();
    await world.tick();
    expect(world.home.subjects()).toEqual([
      'scale default/a at 4 (one 2 -> 3, two 2 -> 1)',
      'scale default/a at 4 (one 2, two 2)',
      'foreign 0',
    ]);
    expect(recordOf(world.home, 'a')?.reason).toContain('weights changed');
  });

  it('writes nothing in a plan', async () => {
    const world = started(['a']);
    const refs = [...world.home.refs()];
    const { code, out } = await world.run('plan', '--detailed-exitcode');
    expect(code).toBe(2);
    expect(out).toContain('default/a');
    expect([...world.home.refs()]).toEqual(refs);
  });
});

describe('a faster writer', () => {
  it('between two ticks: the decision is computed from the new tip', async () => {
    const world = started(['a']);
    await world.tick();
    world.home.commit({ 'base/app.yaml': 'y\n' });
    world.metric('a', 40);
    await world.tick();
    expect(world.home.subjects().slice(0, 2)).toEqual(['scale default/a 4 -> 8 (one 2 -> 4, two 2 -> 4)', 'foreign 1']);
  });

  it('a lost race is decided again from what the hub says then', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    world.metric('a', 80);
    const metric = join(world.directory, 'hub', 'default.a.metric.yaml');
    const later = join(world.directory, 'later');
    renameSync(metric, later);
    world.metric('a', 60);
    world.race(world.home, { 'base/app.yaml': 'y\n' }, { also: `mv '${later}' '${metric}'` });
    await world.tick();
    expect(recordOf(world.home, 'a')).toMatchObject({ seq: 2, total: { before: 4, after: 16 } });
    expect((await world.run('verify')).code).toBe(0);
  });

  it('between learning the tip and the push: tried again on the new tip, once', async () => {
    const world = started(['a', 'b']);
    await world.tick();
    world.race(world.home, { 'base/app.yaml': 'y\n' });
    world.metric('a', 40);
    const result = await world.tick();
    expect(errorsOf(result)).toEqual([]);
    expect(world.home.subjects().slice(0, 2)).toEqual(['scale default/a 4 -> 8 (one 2 -> 4, two 2 -> 4)', 'foreign 1']);
    expect(world.home.read('base/app.yaml')).toBe('y\n');
    expect(recordOf(world.home, 'a')?.seq).toBe(2);
  });

  it('that edits our overlay meanwhile is not overwritten', async () => {
    const world = started(['a', 'b']);
    await world.tick();
    const edited = world.home.read(overlayOf('one', 'a'))?.replace('value: 2', 'value: 9') ?? '';
    world.race(world.home, { [overlayOf('one', 'a')]: edited });
    world.metric('a', 40);
    world.metric('b', 40);
    const result = await world.tick();
    expect(verdictsOf(result)).toEqual({ 'default/a': 'held HandEdit', 'default/b': 'change' });
    expect(countOf(world.home, 'one', 'a')).toBe(9);
    expect(countOf(world.home, 'one', 'b')).toBe(4);
  });

  it('that is a second installation of the same owner: every decision is there once', async () => {
    const world = started(['a']);
    await world.tick();
    world.metric('a', 40);
    expect((await world.run('apply')).code).toBe(0);
    // The tip that is known here is the old one: it is not due to be learnt.
    await world.stay();
    await world.tick();
    expect(world.home.subjects()).toHaveLength(3);
    expect(recordOf(world.home, 'a')).toMatchObject({ seq: 2, total: { before: 4, after: 8 } });
  });
});

describe('a person said no', () => {
  it('by editing an overlay: it is held, the others go on, and putting it back ends it', async () => {
    const world = started(['a', 'b']);
    await world.tick();
    const ours = world.home.read(overlayOf('one', 'a')) ?? '';
    world.home.commit({ [overlayOf('one', 'a')]: ours.replace('value: 2', 'value: 0') });
    world.metric('a', 40);
    world.metric('b', 40);
    const held = await world.tick();
    expect(verdictsOf(held)).toEqual({ 'default/a': 'held HandEdit', 'default/b': 'change' });
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a'), countOf(world.home, 'two', 'b')]).toEqual(
      [0, 2, 4],
    );
    expect((await world.run('apply')).code).toBe(1);
    world.home.commit({ [overlayOf('one', 'a')]: ours });
    expect(verdictsOf(await world.tick())['default/a']).toBe('change');
    expect(countOf(world.home, 'one', 'a')).toBe(4);
  });

  it('an overlay that was removed is written again: a missing count means 1', async () => {
    const world = started(['a']);
    await world.tick();
    world.home.commit({ [overlayOf('one', 'a')]: null });
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(2);
  });

  it('a symlink in the place of one overlay refuses that commit and says where', async () => {
    const world = started(['a']);
    world.home.commit({ [overlayOf('one', 'a')]: { link: '../../../../../base/app.yaml' } });
    const tip = world.home.tip();
    expect(errorsOf(await world.tick())).toEqual(['PathNotOurs']);
    expect(world.home.tip()).toBe(tip);
  });

  it('a symlink in the place of one DSO does not stop the others', async () => {
    const world = started(['a', 'b']);
    world.home.commit({ [overlayOf('one', 'a')]: { link: '../../../../../base/app.yaml' } });
    await world.tick();
    expect(countOf(world.home, 'one', 'b')).toBe(2);
  });
});

describe('nothing is scaled by accident', () => {
  it('a deleted DSO leaves its numbers, and so does an emptied source', async () => {
    const world = started(['a', 'b']);
    await world.tick();
    world.remove('default.a.yaml');
    world.metric('b', 40);
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'one', 'b')]).toEqual([2, 4]);
    const tip = world.home.tip();
    for (const file of ['default.a.metric.yaml', 'default.b.yaml', 'default.b.metric.yaml']) world.remove(file);
    await world.tick();
    expect(world.home.tip()).toBe(tip);
  });

  it('a re-created DSO goes on from its record', async () => {
    const world = started(['a']);
    await world.tick();
    world.remove('default.a.yaml');
    await world.tick();
    world.restart();
    world.dso({ name: 'a' });
    world.remove('default.a.metric.yaml');
    const tip = world.home.tip();
    await world.tick();
    expect(world.home.tip()).toBe(tip);
    expect(recordOf(world.home, 'a')?.seq).toBe(1);
  });

  it('a broken file stops what is in it and nothing else', async () => {
    const world = started(['a', 'b']);
    await world.tick();
    world.write('default.a.yaml', 'kind: DistributedScaledObject\n  broken: [\n');
    world.metric('b', 40);
    const result = await world.tick();
    expect(result.problems[0]?.where).toMatch(/default\.a\.yaml:\d/);
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'one', 'b')]).toEqual([2, 4]);
    expect((await world.run('apply')).code).toBe(1);
  });

  it('a member that leaves is orphaned: its count stays, the others take the total', async () => {
    const world = started(['a']);
    await world.tick();
    world.dso({ name: 'a', members: { two: 1 } });
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([2, 4]);
    expect(recordOf(world.home, 'a')?.orphaned).toEqual({ one: 2 });
    world.dso({ name: 'a' });
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([2, 2]);
    expect(recordOf(world.home, 'a')?.orphaned).toEqual({});
  });
});
