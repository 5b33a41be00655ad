import { expect, it } from 'vitest';
import { recordOf, World } from './world.ts';

it('a commit that waited for its time says what moved the total, not what was read last', async () => {
  const world = new World({ destinations: [{ repository: 'fleet.git', pacing: { minInterval: '1h' } }] });
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.metric('a', 100);
  await world.stay();
  // Inside the tolerance: it moves nothing.
  world.metric('a', 104);
  await world.stay();
  await world.tick();
  const record = recordOf(world.home, 'a');
  expect(record?.total).toEqual({ before: 4, after: 20 });
  expect(record?.reason).toContain('100 / 5 per replica = 20 replicas');
  expect(record?.steps.join('\n')).toContain('total 4 -> 20');
});

it('a total that a process decided and did not deliver is not explained by what is read now', async () => {
  const world = new World({ destinations: [{ repository: 'fleet.git', pacing: { minInterval: '1h' } }] });
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.metric('a', 100);
  await world.stay();
  await world.save();
  world.restart();
  await world.tick();
  expect(recordOf(world.home, 'a')?.reason).toBe('total 20 was decided from earlier readings');
});
