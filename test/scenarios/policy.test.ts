import { describe, expect, it } from 'vitest';
import { countOf, recordOf, verdictsOf, World } from './world.ts';

const START = Date.UTC(2026, 0, 1);

/** A DSO at 2 and 2, and a destination that delivers by these rules from then on. */
async function scaled(delivery: object): Promise<World> {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  await world.save();
  world.configure({ destinations: [{ repository: 'fleet.git', delivery }] });
  return world;
}

/** A person edits an overlay. */
function edit(world: World, count: number): void {
  const path = 'scaling/members/one/default/a/kustomization.yaml';
  world.home.commit({ [path]: (world.home.read(path) ?? '').replace(/value: \d+/, `value: ${count}`) });
}

/** A person reverts the last commit. */
function setBack(world: World): void {
  const before = world.home.git('rev-parse', 'main^').trim();
  const paths = world.home.paths(before).filter((path) => path.includes('default/a'));
  world.home.commit(Object.fromEntries(paths.map((path) => [path, world.home.read(path, before)])));
}

const OFFICE = { cron: '0 9 * * *', duration: '8h', timeZone: 'UTC' };

describe('delivery', () => {
  it('by a rule that holds waits for a person, says who and what, and goes when it is approved', async () => {
    const world = await scaled({ rules: [{ name: 'large', when: { replicas: { min: 10 } }, then: 'hold' }] });
    world.metric('a', 30);
    expect((await world.run('apply')).out).not.toContain('rule ');
    expect(countOf(world.home, 'one', 'a')).toBe(3);
    world.metric('a', 100);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait ApprovalNeeded' });
    const plan = await world.run('plan');
    expect(plan).toMatchObject({ code: 1 });
    expect(plan.out.replaceAll(/\s+/g, ' ')).toContain(
      'ApprovalNeeded: rule "large" of destinations[0] holds it: nothing is written until you run: dso-gitops apply --approve default/a',
    );
    expect(countOf(world.home, 'one', 'a')).toBe(3);
    const applied = await world.run('apply', '--approve', 'default/a');
    expect(applied).toMatchObject({ code: 0 });
    expect(countOf(world.home, 'one', 'a')).toBe(10);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'same' });
  });

  it('holds a first decision as long as nobody approves it, however often it is looked at', async () => {
    const destinations = [
      { repository: 'fleet.git', delivery: { rules: [{ name: 'up', when: { direction: 'up' }, then: 'hold' }] } },
    ];
    for (const annotations of [{}, { 'dso-gitops.dev/initial-total': '4' }] as const) {
      const world = new World({ destinations });
      world.dso({ name: 'a', annotations });
      world.metric('a', 300);
      for (let time = 0; time < 3; time += 1) {
        expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait ApprovalNeeded' });
        await world.save();
        if (time === 1) world.restart();
      }
      expect(recordOf(world.home, 'a')).toBeNull();
      await world.run('apply', '--approve', 'default/a');
      expect(countOf(world.home, 'one', 'a')).toBe(30);
    }
  });

  it.each([
    ['hold', { name: 'all', when: {}, then: 'hold' }],
    ['wait', { name: 'all', when: {}, then: 'wait', until: OFFICE }],
  ])('by a rule that says %s does not keep a hold from ending: the numbers wait, not the word', async (_then, rule) => {
    for (const isReverted of [false, true]) {
      const world = await scaled({ rules: [rule] });
      world.metric('a', 40);
      await world.run('apply', '--approve', 'default/a');
      expect(countOf(world.home, 'one', 'a')).toBe(4);
      if (isReverted) setBack(world);
      else edit(world, 3);
      world.metric('a', 100);
      const reason = isReverted ? 'held Reverted' : 'held HandEdit';
      expect(verdictsOf(await world.tick())['default/a']).toBe(reason);
      expect(await world.run('resume', 'default/a')).toMatchObject({ code: 0, err: '' });
      expect(countOf(world.home, 'one', 'a')).toBe(isReverted ? 2 : 3);
      expect(verdictsOf(await world.tick())['default/a']).toMatch(/^wait (ApprovalNeeded|WaitsForWindow)$/);
      expect((await world.run('verify')).code).toBe(0);
      await world.run('apply', '--approve', 'default/a');
      expect(countOf(world.home, 'one', 'a')).toBe(10);
      expect((await world.run('verify')).code).toBe(0);
    }
  });

  it('tells the reason of a number that another process had decided, wherever it waits', async () => {
    const world = await scaled({ rules: [{ name: 'all', when: {}, then: 'hold' }] });
    world.metric('a', 50);
    expect((await world.run('apply')).code).toBe(1);
    const because = 'value 50 / 5 per replica = 10 replicas; decided at 2026-01-01T00:00:15.000Z';
    const [planned] = JSON.parse((await world.run('plan', '-o', 'json')).out).dsos;
    expect(planned.because).toBe(because);
    expect((await world.run('apply', '--approve', 'default/a')).code).toBe(0);
    expect(recordOf(world.home, 'a')?.reason).toBe(because);
    expect((await world.run('verify')).code).toBe(0);
  });

  it('measures growth over the last hour: small steps do not add up unseen', async () => {
    const world = await scaled({ rules: [{ name: 'steep', when: { percent: { min: 101 } }, then: 'hold' }] });
    world.metric('a', 30);
    await world.tick();
    world.restart();
    world.metric('a', 42);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait ApprovalNeeded' });
    world.now += 3_600_000;
    await world.tick();
    expect(recordOf(world.home, 'a')?.total).toEqual({ before: 6, after: 9 });
  });

  it('waits for its window, looks again when it opens, and decides with what is read then', async () => {
    const world = await scaled({
      rules: [{ name: 'office', when: { direction: 'up' }, then: 'wait', until: OFFICE }],
    });
    world.metric('a', 50);
    const result = await world.tick();
    expect(verdictsOf(result)).toEqual({ 'default/a': 'wait WaitsForWindow' });
    expect(result.outcomes[0]?.verdict).toMatchObject({ message: expect.stringContaining('2026-01-01T09:00:00.000Z') });
    world.now = START + 9 * 3_600_000 - 1000;
    const last = await world.tick();
    expect(last.deadline).toBeLessThanOrEqual(START + 9 * 3_600_000);
    world.now = START + 9 * 3_600_000;
    world.metric('a', 60);
    await world.tick();
    expect(recordOf(world.home, 'a')?.total).toEqual({ before: 4, after: 12 });
  });

  it('in a freeze writes nothing of what it matches, but a hold of a person', async () => {
    const window = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00+01:00' };
    const world = await scaled({ freezes: [{ name: 'sale', when: { direction: 'up' }, window }] });
    world.metric('a', 50);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait WaitsForWindow' });
    expect((await world.run('hold', 'default/a', '--reason', 'sale')).code).toBe(0);
    expect(world.home.subjects()[0]).toBe('hold default/a');
    await world.run('resume', 'default/a');
    world.now = START + 23 * 3_600_000;
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(5);
  });

  it('tells the rule that pushes, too, in plan and explain', async () => {
    const world = await scaled({ rules: [{ name: 'all', then: 'push' }] });
    world.metric('a', 50);
    expect((await world.run('plan')).out).toContain('rule     "all" of destinations[0]: push');
    expect((await world.run('explain', 'default/a')).out).toContain('delivery rule "all" of destinations[0]: push');
    const [dso] = JSON.parse((await world.run('plan', '-o', 'json')).out).dsos;
    expect(dso.rules).toEqual(['"all" of destinations[0]: push']);
  });

  it('moves no more than the limit in one commit; what is more goes with the next ones', async () => {
    const pacing = { minInterval: '10s' };
    const world = new World({
      destinations: [{ repository: 'fleet.git', pacing, delivery: { maxReplicasPerCommit: 12 } }],
    });
    const names = ['a', 'b', 'c'];
    for (const name of names) {
      world.dso({ name });
      world.metric(name, 20);
    }
    await world.tick();
    for (const name of names) world.metric(name, 50);
    const first = await world.stay();
    expect(verdictsOf(first)).toEqual({ 'default/a': 'change', 'default/b': 'change', 'default/c': 'wait CommitFull' });
    expect(first.deadline).toBe(first.now + 10_000);
    expect(names.map((name) => countOf(world.home, 'one', name))).toEqual([5, 5, 2]);
    world.metric('a', 500);
    expect(verdictsOf(await world.stay())).toEqual({
      'default/a': 'wait ApprovalNeeded',
      'default/b': 'same',
      'default/c': 'change',
    });
    expect(names.map((name) => countOf(world.home, 'one', name))).toEqual([5, 5, 5]);
  });

  it('takes nothing of the limit of a commit for what a person lets through', async () => {
    const world = new World({ destinations: [{ repository: 'fleet.git', delivery: { maxReplicasPerCommit: 12 } }] });
    for (const name of ['a', 'b']) {
      world.dso({ name });
      world.metric(name, 20);
    }
    await world.tick();
    await world.save();
    for (const name of ['a', 'b']) world.metric(name, 80);
    expect((await world.run('apply', '--approve', 'default/a')).code).toBe(0);
    expect(['a', 'b'].map((name) => countOf(world.home, 'one', name))).toEqual([8, 8]);
  });

  it('does not write elsewhere what its home keeps back', async () => {
    const world = new World();
    const other = world.repository('other.git');
    const destinations = (delivery: object): Record<string, unknown> => ({
      destinations: [
        { repository: 'fleet.git', match: { members: ['one'] }, delivery },
        { repository: 'other.git', match: { members: ['two'] } },
      ],
    });
    world.configure(destinations({}));
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(other, 'two', 'a')]).toEqual([2, 2]);
    await world.save();
    world.configure(destinations({ rules: [{ name: 'all', then: 'hold' }] }));
    world.metric('a', 60);
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(other, 'two', 'a')]).toEqual([2, 2]);
    await world.run('apply', '--approve', 'default/a');
    expect([countOf(world.home, 'one', 'a'), countOf(other, 'two', 'a')]).toEqual([6, 6]);
  });

  it('of a name that is not there is not approved', async () => {
    const world = await scaled({});
    expect(await world.run('apply', '--approve', 'default/nobody')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no DistributedScaledObject default/nobody'),
    });
    expect((await world.run('apply', '--approve', 'a')).err).toContain('expected <namespace>/<name>');
  });
});
