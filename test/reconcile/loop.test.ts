import { expect, it } from 'vitest';
import { runLoop } from '../../src/reconcile/loop.ts';
import { overlayOf, World } from '../scenarios/world.ts';

/** Runs the loop for a while on the real clock, on top of the time of a world. */
async function ticksOf(world: World, ms: number): Promise<number> {
  const stop = new AbortController();
  const base = Date.now();
  const now = (): number => world.now + Date.now() - base;
  let ticks = 0;
  setTimeout(() => stop.abort(), ms);
  await runLoop({
    engine: await world.engine(),
    watch: () => async () => undefined,
    now,
    onTick: () => {
      ticks += 1;
    },
    onError: () => undefined,
    stop: stop.signal,
    abort: new AbortController().signal,
  });
  return ticks;
}

it('a held DSO whose deadline passed does not keep the loop busy', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.metric('a', 0);
  await world.tick();
  await world.save();
  world.home.commit({ [overlayOf('one', 'a')]: 'kind: Component\n' });
  world.now += 600_000;
  expect(await ticksOf(world, 1500)).toBeLessThan(3);
});

it('a branch that refuses is tried again ever more rarely, whatever else is due', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 0);
  await world.tick();
  world.home.hook('update', 'exit 1');
  world.now += 600_000;
  expect(await ticksOf(world, 3500)).toBeLessThan(5);
});
