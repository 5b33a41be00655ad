import { expect, it } from 'vitest';
import { manifestOf, recordOf, verdictsOf, World } from './world.ts';

it('what was replayed after hours without a process can be read again', async () => {
  const world = new World();
  const policies = [{ type: 'Pods', value: 1, periodSeconds: 1 }];
  const behavior = { scaleUp: { stabilizationWindowSeconds: 0, policies } };
  world.write('a.json', JSON.stringify(manifestOf({ name: 'a', max: 1_000_000, behavior })));
  world.metric('a', 5);
  await world.tick();
  world.metric('a', 5_000_000);
  await world.tick();
  await world.save();
  world.restart();
  world.now += 2 * 3_600_000;
  await world.tick();
  expect(recordOf(world.home, 'a')?.total.after).toBeGreaterThan(4000);
  await world.save();
  world.restart();
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'change' });
  expect((await world.run('verify')).code).toBe(0);
});
