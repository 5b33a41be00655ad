import { describe, expect, it } from 'vitest';
import { countOf, World } from './world.ts';

/** Text of the trigger's object after the change, and what the message must say. */
const CASES: readonly (readonly [string, (world: World) => void, RegExp])[] = [
  ['a missing ConfigMap', (world) => world.remove('default.web.metric.yaml'), /ConfigMap default\/web is not there/],
  ['a missing key', (world) => configMap(world, { other: '1' }), /has no key "value"; its keys: other/],
  ['abc', (world) => world.metric('web', 'abc'), /is not a number such as 20; found "abc"/],
  ['5abc', (world) => world.metric('web', '5abc'), /is not a number such as 20; found "5abc"/],
  ['NaN', (world) => world.metric('web', 'NaN'), /is not a number such as 20; found "NaN"/],
  ['1e400', (world) => world.metric('web', '1e400'), /is too large for a number; found "1e400"/],
  ['-1', (world) => world.metric('web', '-1'), /is negative; expected 0 or more; found "-1"/],
  ['nothing', (world) => world.metric('web', ''), /is empty; expected a number such as 20/],
  [
    '10 MB',
    (world) => world.metric('web', '7'.repeat(10_000_000)),
    /is too large; expected at most 1048576 characters, found 10000000/,
  ],
  [
    'a number that is not quoted',
    (world) => configMap(world, { value: 5 }),
    /is not a text; found 5; put it in quotes/,
  ],
];

describe('a bad reading', () => {
  it.each(CASES)(
    '%s: is said in plan, run and exit code, lowers nothing, and the others go on',
    async (_name, spoil, message) => {
      const world = new World();
      for (const name of ['web', 'api']) {
        world.dso({ name });
        world.metric(name, 40);
      }
      await world.tick();
      expect(countOf(world.home, 'one', 'web')).toBe(4);
      spoil(world);
      world.metric('api', 80);
      const plan = await world.run('plan', '-o', 'json');
      expect(plan.code).toBe(1);
      expect(plan.out.length).toBeLessThan(20_000);
      expect(JSON.parse(plan.out).dsos[1].readings[0].problem).toMatch(message);
      // Longer than every window and cooldown.
      for (let step = 0; step < 3; step += 1) {
        world.now += 600_000;
        const { code, out } = await world.run('apply');
        expect(code).toBe(1);
        expect(out.replaceAll(/\s+/g, ' ')).toMatch(message);
      }
      expect(countOf(world.home, 'one', 'web')).toBe(4);
      expect(countOf(world.home, 'two', 'web')).toBe(4);
      expect(countOf(world.home, 'one', 'api')).toBe(8);
    },
  );
});

describe('a Secret', () => {
  it('that is not base64 is said without its text', async () => {
    const world = new World();
    secretDso(world);
    secret(world, 'MjA=');
    await world.tick();
    expect(countOf(world.home, 'one', 'web')).toBe(2);
    secret(world, 'hunter2!');
    const { code, out, err } = await world.run('apply');
    expect(code).toBe(1);
    expect(out).toContain('is not base64');
    expect(out + err).not.toContain('hunter2');
    expect(countOf(world.home, 'one', 'web')).toBe(2);
  });

  it('that holds no number is said without its text, and only the number is recorded', async () => {
    const world = new World();
    secretDso(world);
    secret(world, Buffer.from('20').toString('base64'));
    await world.tick();
    secret(world, Buffer.from('swordfish').toString('base64'));
    const { code, out, err } = await world.run('apply');
    expect(code).toBe(1);
    expect(out.replaceAll(/\s+/g, ' ')).toContain('not shown, it is a Secret');
    expect(out + err).not.toContain('swordfish');
    expect(world.home.read('scaling/decisions/default/web.yaml')).not.toContain(Buffer.from('20').toString('base64'));
  });
});

function configMap(world: World, data: Readonly<Record<string, unknown>>): void {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace: 'default' }, data };
  world.write('default.web.metric.yaml', JSON.stringify(object));
}

function secret(world: World, value: string): void {
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web', namespace: 'default' }, data: { value } };
  world.write('secret.yaml', JSON.stringify(object));
}

function secretDso(world: World): void {
  world.write(
    'dso.yaml',
    `apiVersion: keda.kedify.io/v1alpha1
kind: DistributedScaledObject
metadata: {name: web, namespace: default}
spec:
  memberClusters: [{name: one}, {name: two}]
  scaledObjectSpec:
    scaleTargetRef: {name: web-app}
    triggers:
      - type: kubernetes-resource
        metadata: {resourceKind: Secret, resourceName: web, key: value, targetValue: "5"}
`,
  );
}
