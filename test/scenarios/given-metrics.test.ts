import { expect, it } from 'vitest';
import { countOf, recordOf, World } from './world.ts';

/** Without a ConfigMap; `all` are the arguments beside the value. */
function given(): World {
  const world = new World();
  world.dso({ name: 'a' });
  return world;
}

it('a metric that is given is read instead of the ConfigMap, and the record says so', async () => {
  const world = given();
  const { code, out } = await world.run('apply', '--set-metric', 'default/a:value=60');
  expect([code, out]).toEqual([0, expect.stringContaining('ConfigMap default/a key "value", given = 60')]);
  expect(countOf(world.home, 'one', 'a')).toBe(6);
  const [reading] = Object.values(recordOf(world.home, 'a')?.readings ?? {});
  expect(reading).toMatchObject({ source: expect.stringContaining(', given'), reading: { value: 60 } });
  expect((await world.run('verify')).code).toBe(0);
  world.metric('a', 20);
  expect((await world.run('apply', '--set-metric', 'default/a:value=80')).code).toBe(0);
  expect(countOf(world.home, 'one', 'a')).toBe(8);
});

it('what was given once is missing the next time, which scales nothing down', async () => {
  const world = given();
  await world.run('apply', '--set-metric', 'default/a:value=60');
  expect((await world.run('apply')).code).toBe(1);
  expect(countOf(world.home, 'one', 'a')).toBe(6);
});

it.each([
  ['a value that is no number', 'default/a:value=abc', 'found "abc"'],
  ['a metric that no trigger reads', 'default/b:value=1', 'triggers read: default/a:value'],
  ['a key that no trigger reads', 'default/a:valeu=1', 'no trigger reads the metric default/a:valeu'],
  ['no value', 'default/a:value=', 'expected <namespace>/<configmap>:<key>=<value>'],
  ['no key', 'default/a=1', 'expected <namespace>/<configmap>:<key>=<value>'],
])('%s is refused', async (_what, metric, message) => {
  const world = given();
  const { code, out, err } = await world.run('apply', '--set-metric', metric);
  expect([code, `${out}${err}`.replaceAll(/\s+/g, ' ')]).toEqual([1, expect.stringContaining(message)]);
  expect(countOf(world.home, 'one', 'a')).toBeNull();
});
