import { describe, expect, it } from 'vitest';
import { countOf, recordOf, verdictsOf, World } from './world.ts';

const MANUAL = { 'dso-gitops.dev/engine': 'manual' };

function counts(world: World): readonly (number | null)[] {
  return [countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')];
}

describe('the engine manual', () => {
  it('splits the number that is written, at once and in both directions, and verify agrees', async () => {
    const world = new World();
    for (const [total, expected] of [
      [7, [3, 4]],
      [100, [50, 50]],
      [1, [0, 1]],
      [0, [0, 0]],
      [3, [1, 2]],
    ] as const) {
      world.dso({ name: 'a', annotations: MANUAL, total });
      await world.tick();
      expect(counts(world)).toEqual(expected);
    }
    const record = recordOf(world.home, 'a');
    expect(record?.readings).toMatchObject([{ source: 'Scale default/a key "replicas"', reading: { value: 3 } }]);
    expect((await world.run('verify')).code).toBe(0);
  });

  it('keeps to the bounds, and says so', async () => {
    const world = new World();
    world.dso({ name: 'a', annotations: MANUAL, total: 50, max: 10 });
    await world.tick();
    expect(counts(world)).toEqual([5, 5]);
    expect(recordOf(world.home, 'a')?.reason).toContain('10');
  });

  it('leaves what is committed where nothing is written any more, and writes nothing where nothing ever was', async () => {
    const world = new World();
    world.dso({ name: 'a', annotations: MANUAL });
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait FirstSight' });
    expect(counts(world)).toEqual([null, null]);
    world.dso({ name: 'a', annotations: MANUAL, total: 8 });
    await world.tick();
    world.dso({ name: 'a', annotations: MANUAL });
    const [outcome] = (await world.tick()).outcomes;
    expect(outcome?.readings?.get('scale')?.reading).toMatchObject({ kind: 'missing', reason: 'NotScaled' });
    expect(counts(world)).toEqual([4, 4]);
  });

  it('leaves nothing behind that the triggers go on from but what is committed', async () => {
    const world = new World();
    world.metric('a', 30);
    world.dso({ name: 'a', annotations: MANUAL, total: 50, max: 40 });
    await world.tick();
    expect(counts(world)).toEqual([20, 20]);
    world.dso({ name: 'a', max: 60 });
    await world.tick();
    expect(counts(world)).toEqual([20, 20]);
    world.now += 600_000;
    await world.tick();
    expect(counts(world)).toEqual([3, 3]);
    expect((await world.run('verify')).code).toBe(0);
  });

  it('goes on from what is committed when it takes over, and gives it back', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 30);
    await world.tick();
    expect(counts(world)).toEqual([3, 3]);
    world.dso({ name: 'a', annotations: MANUAL });
    await world.tick();
    expect(counts(world)).toEqual([3, 3]);
    world.dso({ name: 'a', annotations: MANUAL, total: 10 });
    await world.tick();
    expect(counts(world)).toEqual([5, 5]);
    world.dso({ name: 'a', total: 10 });
    world.metric('a', 60);
    await world.tick();
    expect(counts(world)).toEqual([6, 6]);
  });

  it('pauses as the other one does', async () => {
    const world = new World();
    world.dso({ name: 'a', annotations: MANUAL, total: 8 });
    await world.tick();
    world.dso({ name: 'a', annotations: { ...MANUAL, 'autoscaling.keda.sh/paused-scale-in': 'true' }, total: 4 });
    await world.tick();
    expect(counts(world)).toEqual([4, 4]);
    world.dso({ name: 'a', annotations: { ...MANUAL, 'autoscaling.keda.sh/paused-scale-in': 'true' }, total: 12 });
    await world.tick();
    expect(counts(world)).toEqual([6, 6]);
  });

  it('needs no trigger that is known here', async () => {
    const world = new World();
    world.dso({ name: 'a', annotations: { 'dso-gitops.dev/engine': 'mannual' }, total: 4 });
    const [outcome] = (await world.tick()).outcomes;
    expect(outcome?.problems[0]?.message).toBe('expected one of auto, builtin, keda, manual; found "mannual"');
  });
});
