import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { countOf, World } from '../scenarios/world.ts';

function guide(): World {
  const world = new World();
  world.dso({ name: 'web', members: { one: 4, two: 6 }, max: 10 });
  world.metric('web', 20);
  return world;
}

describe('plan', () => {
  it('shows reading, total, split and difference, and writes nothing', async () => {
    const world = guide();
    const tip = world.home.tip();
    const { code, out } = await world.run('plan');
    expect(code).toBe(0);
    expect(out).toContain('ConfigMap default/web key "value" = 20');
    expect(out).toContain('4: value 20 / 5 per replica = 4 replicas');
    expect(out).toMatch(/one +4 +1\.60 +- +2/);
    expect(out).toContain('+        value: 2');
    expect(world.home.tip()).toBe(tip);
  });

  it('exits with 2 for changes when asked, and with 0 when there are none', async () => {
    const world = guide();
    expect((await world.run('plan', '--detailed-exitcode')).code).toBe(2);
    await world.run('apply');
    expect((await world.run('plan', '--detailed-exitcode')).code).toBe(0);
  });

  it.each(['json', 'yaml'])('prints the same as data with -o %s', async (format) => {
    const { out } = await guide().run('plan', '-o', format);
    expect(parse(out)).toMatchObject({
      dsos: [
        {
          key: 'default/web',
          verdict: 'change',
          total: { committed: null, decided: 4 },
          readings: [{ source: 'ConfigMap default/web key "value"', value: 20, problem: null }],
          members: [
            { name: 'one', weight: 4, committed: null, decided: 2 },
            { name: 'two', weight: 6, committed: null, decided: 2 },
          ],
          unplaced: 0,
        },
      ],
    });
  });

  it('prints a table for a comment with -o markdown', async () => {
    const { out } = await guide().run('plan', '-o', 'markdown');
    expect(out).toContain('| default/web | one | - | 2 | 1.60 |');
    expect(out).toContain('```diff');
  });

  it('selects by name and by namespace', async () => {
    const world = guide();
    world.dso({ name: 'api', namespace: 'shop' });
    world.metric('api', 5, 'shop');
    expect((await world.run('plan', 'shop/api', '-o', 'json')).out).not.toContain('default/web');
    expect((await world.run('plan', '-n', 'default', '-o', 'json')).out).not.toContain('shop/api');
    expect((await world.run('plan', '-A', '-o', 'json')).out).toContain('shop/api');
  });

  it('without a configuration prints a complete starter and fails', async () => {
    const { code, err } = await guide().run('plan', '-c', 'none.yaml');
    expect(code).toBe(1);
    expect(parse(err.slice(err.indexOf('apiVersion:')))).toMatchObject({
      kind: 'Configuration',
      members: ['member-1', 'member-2'],
    });
  });
});

describe('apply', () => {
  it('pushes one commit and says how to wire the members, once', async () => {
    const world = guide();
    const first = await world.run('apply');
    expect(first.code).toBe(0);
    expect(first.out).toContain('scale default/web at 4 (one 2, two 2)');
    expect(first.out).toContain('  - ../../scaling/members/one/default');
    expect(countOf(world.home, 'one', 'web')).toBe(2);
    world.metric('web', 37);
    const second = await world.run('apply');
    expect(second.out).toContain('scale default/web 4 -> 8 (one 2 -> 3, two 2 -> 5)');
    expect(second.out).not.toContain('components:');
  });

  it('of more workloads than anybody reads leaves out the members, and -o json does not', async () => {
    const world = new World();
    for (let index = 0; index < 101; index += 1) {
      world.dso({ name: `web-${index}`, members: { one: 4, two: 6 }, max: 10 });
      world.metric(`web-${index}`, 20);
    }
    const { dsos } = parse((await world.run('plan', '-o', 'json')).out);
    expect(dsos).toHaveLength(101);
    for (const { members } of dsos) expect(members).toHaveLength(2);
    const { out } = await world.run('apply');
    expect(out.match(/4: value 20 \/ 5 per replica = 4 replicas/g)).toHaveLength(101);
    expect(out).not.toMatch(/member +weight/);
    expect(out).toContain('the members of 101 objects are left out: name one of them, or say -o json');
    expect(out).toContain('scale 101 workloads on 2 clusters');
    expect((await world.run('apply', 'default/web-7')).out).toMatch(/one +4 +1\.60 +2/);
  });

  it('says what Git holds where the hub is empty: the files may be missing', async () => {
    const world = guide();
    expect((await world.run('apply')).err).not.toContain('any more');
    for (const file of readdirSync(join(world.directory, 'hub'))) world.remove(file);
    const tip = world.home.tip();
    for (const command of ['plan', 'apply', 'status']) {
      const { code, err } = await world.run(command);
      expect([command, code, err]).toEqual([command, 0, expect.stringMatching(/stays as it is.* default\/\w/)]);
    }
    expect(world.home.tip()).toBe(tip);
  });

  it('does nothing and exits with 0 when nothing changed', async () => {
    const world = guide();
    await world.run('apply');
    const tip = world.home.tip();
    const { code, out } = await world.run('apply');
    expect(code).toBe(0);
    expect(out).toContain('no change');
    expect(world.home.tip()).toBe(tip);
  });
});

describe('status', () => {
  it('tells total, split, decision, commit and reason', async () => {
    const world = guide();
    await world.run('apply');
    const { code, out } = await world.run('status', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      {
        key: 'default/web',
        committed: 4,
        decided: 4,
        members: { one: 2, two: 2 },
        decision: { seq: 1 },
        lastCommit: world.home.tip(),
        hold: null,
      },
    ]);
    expect((await world.run('status', 'default/web')).out).toContain('4 committed, 4 decided now');
  });

  it('finds the commit behind later foreign ones', async () => {
    const world = guide();
    await world.run('apply');
    const commit = world.home.tip();
    for (let index = 0; index < 3; index += 1) world.home.commit({ [`other-${index}.txt`]: 'x\n' });
    world.restart();
    expect(JSON.parse((await world.run('status', '-o', 'json')).out)).toMatchObject([{ lastCommit: commit }]);
  });
});

describe('explain', () => {
  it('goes from the reading to each number and ends with the wiring', async () => {
    const { code, out } = await guide().run('explain', 'default/web');
    expect(code).toBe(0);
    expect(out).toContain('ConfigMap default/web key "value" = 20');
    expect(out).toContain('value 20 / 5 per replica = 4 replicas');
    expect(out).toContain('two: weight 6 of 10 is 2.40 of 4, so 2');
    expect(out.trimEnd().endsWith('argocd.argoproj.io/manifest-generate-paths: .;/scaling/members/two')).toBe(true);
  });

  it('names what there is when the name is wrong', async () => {
    const { code, err } = await guide().run('explain', 'default/wob');
    expect(code).toBe(1);
    expect(err).toContain('there is no DistributedScaledObject default/wob; found: default/web');
  });
});

describe('every command', () => {
  it.each([
    'plan',
    'apply',
    'run',
    'status',
    'explain',
    'split',
    'simulate',
    'crd',
    'schema',
    'completion',
    'quickstart',
  ])('%s --help has examples', async (command) => {
    const { code, out } = await guide().run(command, '--help');
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
  });
});
