import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { World } from './world.ts';

const ELEVEN_MINUTES = 660_000;

/** Ticks until what is gone was looked for twice. */
async function passTime(world: World): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    world.now += ELEVEN_MINUTES;
    await world.tick();
  }
}

/** Whether each is still in memory after all that can be thrown away was. */
async function areKept(references: Readonly<Record<string, WeakRef<object>>>): Promise<Record<string, boolean>> {
  setFlagsFromString('--expose-gc');
  // What was looked at in this turn of the loop is kept until its end.
  await sleep(0);
  runInNewContext('gc')();
  return Object.fromEntries(Object.entries(references).map(([name, one]) => [name, one.deref() !== undefined]));
}

/** What a tick made of every DSO, and what is remembered of it. */
async function remembered(world: World): Promise<Readonly<Record<string, WeakRef<object>>>> {
  const { outcomes } = await world.tick();
  const parts = outcomes.flatMap(({ placed, decided }): [string, object][] => {
    const { name = '' } = placed?.dso ?? {};
    return [
      [`${name} placed`, placed ?? {}],
      [`${name} members`, placed?.members ?? {}],
      [`${name} state`, decided?.state ?? {}],
    ];
  });
  return Object.fromEntries(parts.map(([name, one]) => [name, new WeakRef(one)]));
}

it('nothing is kept of a DSO that is gone, and all of one that stays', async () => {
  const world = new World();
  world.dso({ name: 'stays' });
  world.dso({ name: 'goes', members: { one: 1, two: 7 } });
  for (const name of ['stays', 'goes']) world.metric(name, 20);
  await world.tick();
  const references = await remembered(world);
  world.remove('default.goes.yaml');
  world.remove('default.goes.metric.yaml');
  await passTime(world);
  expect(await areKept(references)).toMatchObject({
    'stays placed': true,
    'stays members': true,
    'goes placed': false,
    'goes members': false,
    'goes state': false,
  });
});

it('a state that is not saved yet is not forgotten, however long its DSO is gone', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.metric('a', 'abc');
  await world.tick();
  world.remove('default.a.yaml');
  await passTime(world);
  const before = [...world.home.refs()].join();
  await world.save();
  expect([...world.home.refs()].join()).not.toBe(before);
});
