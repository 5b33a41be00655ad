import { expect, it } from 'vitest';
import { manifestOf, recordOf, World } from './world.ts';

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

it('a total that a process decided and did not deliver is explained by what it read, not by what is read now', async () => {
  const world = new World({ destinations: [{ repository: 'fleet.git', pacing: { minInterval: '1h' } }] });
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.metric('a', 100);
  await world.stay();
  await world.save();
  world.restart();
  world.metric('a', 104);
  await world.tick();
  expect(recordOf(world.home, 'a')?.reason).toBe(
    'value 100 / 5 per replica = 20 replicas; decided at 2026-01-01T00:00:15.000Z',
  );
  expect((await world.run('verify')).code).toBe(0);
});

it('a fallback in effect is told as one, in the record and in the commit', async () => {
  const world = new World();
  const dso = manifestOf({ name: 'a' }) as { spec: { scaledObjectSpec: object } };
  Object.assign(dso.spec.scaledObjectSpec, { fallback: { failureThreshold: 1, replicas: 30 }, pollingInterval: 10 });
  world.write('a.yaml', JSON.stringify(dso));
  world.metric('a', 20);
  await world.tick();
  world.remove('default.a.metric.yaml');
  await world.tick();
  await world.tick();
  const record = recordOf(world.home, 'a');
  expect(record?.total.after).toBe(30);
  expect(record?.reason).toMatch(/cannot be read \(.*\), its fallback counts as 150 \/ 5 per replica = 30 replicas/);
  expect(record?.steps.join('\n')).toContain('its fallback counts as 150');
  expect(world.home.log()[0]?.body).toContain('its fallback counts as 150');
});
