import { describe, expect, it } from 'vitest';
import { countOf, errorsOf, manifestOf, overlayOf, recordOf, verdictsOf, World } from './world.ts';

describe('two DSOs for one workload', () => {
  const workload = { target: { name: 'web' } };

  it('with no record both are stalled, and a third goes on', async () => {
    const world = new World();
    for (const name of ['a', 'b']) world.dso({ name, ...workload });
    world.dso({ name: 'c' });
    for (const name of ['a', 'b', 'c']) world.metric(name, 20);
    const result = await world.tick();
    expect(verdictsOf(result)).toEqual({
      'default/a': 'stalled WorkloadTaken',
      'default/b': 'stalled WorkloadTaken',
      'default/c': 'change',
    });
    expect(world.home.paths().filter((path) => /default\/[ab]/.test(path))).toEqual([]);
    expect(countOf(world.home, 'one', 'c')).toBe(2);
  });

  it('the one with the record goes on, the newcomer is stalled', async () => {
    const world = new World();
    world.dso({ name: 'b', ...workload });
    world.metric('b', 20);
    await world.tick();
    world.dso({ name: 'a', ...workload });
    world.metric('a', 500);
    world.metric('b', 40);
    world.restart();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'stalled WorkloadTaken', 'default/b': 'change' });
    expect(countOf(world.home, 'one', 'b')).toBe(4);
    expect(recordOf(world.home, 'a')).toBeNull();
  });

  it('in another namespace, by targetNamespace', async () => {
    const world = new World();
    world.dso({ name: 'a', namespace: 'shop', ...workload });
    world.dso({ name: 'b', namespace: 'ops', targetNamespace: 'shop', ...workload });
    const result = await world.tick();
    expect(Object.values(verdictsOf(result))).toEqual(['stalled WorkloadTaken', 'stalled WorkloadTaken']);
  });

  it('also when only one of them is asked for', async () => {
    const world = new World();
    for (const name of ['a', 'b']) {
      world.dso({ name, ...workload });
      world.metric(name, 20);
    }
    expect((await world.run('apply', 'default/a')).code).toBe(1);
    expect(recordOf(world.home, 'a')).toBeNull();
  });
});

describe('nothing is written for a DSO that', () => {
  it('names an unknown member', async () => {
    const world = new World({ members: ['member-1', 'member-2'] });
    world.dso({ name: 'a', members: { 'member-1': 1, 'memeber-2': 1 } });
    world.dso({ name: 'b', members: { 'member-1': 1 } });
    world.metric('a', 20);
    world.metric('b', 20);
    const result = await world.tick();
    expect(verdictsOf(result)).toEqual({ 'default/a': 'stalled UnknownMember', 'default/b': 'change' });
    const { verdict } = result.outcomes[0] ?? {};
    expect(verdict && 'message' in verdict ? verdict.message : '').toMatch(
      /"memeber-2" \(did you mean "member-2"\?\).*known: member-1, member-2/,
    );
    expect(world.home.paths().filter((path) => path.includes('default/a'))).toEqual([]);
  });

  it('belongs to another installation', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    const tip = world.home.tip();
    world.configure({ owner: 'second' });
    world.metric('a', 40);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'stalled ForeignOwner' });
    expect(world.home.tip()).toBe(tip);
  });

  it('has a record that cannot be read', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    world.home.commit({ 'scaling/decisions/default/a.yaml': 'kind: Decision\n' });
    world.metric('a', 40);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'stalled RecordUnreadable' });
    expect(countOf(world.home, 'one', 'a')).toBe(2);
  });

  it('has another target than its record', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    world.dso({ name: 'a', target: { name: 'other' } });
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'stalled TargetChanged' });
    expect(countOf(world.home, 'one', 'a')).toBe(2);
  });

  it('has a name that would lead out of the root', async () => {
    const world = new World();
    const names = ['../../etc', 'a\nb', '.git', 'x'.repeat(300)];
    for (const [index, name] of names.entries()) world.write(`${index}.yaml`, JSON.stringify(manifestOf({ name })));
    expect((await world.tick()).outcomes.map(({ verdict }) => 'reason' in verdict && verdict.reason)).toEqual(
      names.map(() => 'InvalidSpec'),
    );
    expect((await world.tick()).destinations).toEqual([]);
    expect(world.home.paths()).toEqual(['base/app.yaml']);
  });
});

describe('first sight', () => {
  function waiting(annotations: Readonly<Record<string, string>> = {}): World {
    const world = new World({ firstSight: 'wait' });
    world.dso({ name: 'a', annotations });
    world.metric('a', 60);
    return world;
  }

  it('waits, with overlays that can be wired and hold no count', async () => {
    const world = waiting();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait AdoptionPending' });
    expect(world.home.subjects()[0]).toBe('prepare default/a');
    expect(world.home.read(overlayOf('one', 'a'))).toContain('patches: []');
    expect(recordOf(world.home, 'a')).toBeNull();
    const tip = world.home.tip();
    await world.tick();
    expect(world.home.tip()).toBe(tip);
  });

  it('goes on when the annotation is set', async () => {
    const world = waiting();
    await world.tick();
    world.dso({ name: 'a', annotations: { 'dso-gitops.dev/initial-total': '20' } });
    await world.tick();
    // 60 / 5 = 12, and the 20 that run hold as the first recommendation of the stabilisation window.
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([10, 10]);
    world.now += 301_000;
    await world.tick();
    expect(recordOf(world.home, 'a')?.total).toEqual({ before: 20, after: 12 });
  });

  it('does not wait for the pacing: the commit before held no decision', async () => {
    const world = new World({ destinations: [{ repository: 'fleet.git', pacing: { minInterval: '1h' } }] });
    world.dso({ name: 'a' });
    await world.tick();
    expect(world.home.subjects()[0]).toBe('prepare default/a');
    world.metric('a', 20);
    await world.stay();
    expect(countOf(world.home, 'one', 'a')).toBe(2);
    world.metric('a', 60);
    await world.stay();
    expect(countOf(world.home, 'one', 'a')).toBe(2);
  });

  it('goes on with apply --adopt, once', async () => {
    const world = waiting();
    expect((await world.run('apply', '--adopt', 'default/a=12')).code).toBe(0);
    expect(countOf(world.home, 'one', 'a')).toBe(6);
    const again = await world.run('apply', '--adopt', 'default/a=80');
    expect(again).toMatchObject({ code: 0, err: 'default/a: --adopt has no effect, decision 1 is there already\n' });
    expect(recordOf(world.home, 'a')?.total.after).toBe(12);
  });

  it('starts from the counts of our overlays when the record was removed', async () => {
    const world = waiting({ 'dso-gitops.dev/initial-total': '12' });
    await world.tick();
    world.home.commit({ 'scaling/decisions/default/a.yaml': null });
    world.metric('a', 0);
    world.restart();
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([6, 6]);
  });

  it('write: a positive number at once, zero only after a cooldown', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    world.dso({ name: 'b' });
    world.metric('a', 20);
    world.metric('b', 0);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'change', 'default/b': 'wait FirstSight' });
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'one', 'b')]).toEqual([2, null]);
    world.now += 301_000;
    await world.tick();
    expect(countOf(world.home, 'one', 'b')).toBe(0);
  });

  it('write: nothing, however long, as long as no trigger can be read', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    await world.tick();
    world.now += 3_600_000;
    world.restart();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait FirstSight' });
    expect([countOf(world.home, 'one', 'a'), recordOf(world.home, 'a')]).toEqual([null, null]);
    world.metric('a', 20);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(2);
  });

  it('write: what a person says counts as long as nothing was decided', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    await world.tick();
    await world.save();
    world.configure({ firstSight: 'wait' });
    world.metric('a', 60);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait AdoptionPending' });
    expect((await world.run('plan', '--adopt', 'default/a=20')).out).toContain(
      'scale default/a at 20 (one 10, two 10)',
    );
    world.dso({ name: 'a', annotations: { 'dso-gitops.dev/initial-total': '20' } });
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([10, 10]);
  });
});

describe('a host that refuses', () => {
  it('apply still prints its report, and ends with 1', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    world.home.hook('pre-receive', 'echo closed today; exit 1');
    const { code, out } = await world.run('apply');
    expect(code).toBe(1);
    expect(out).toContain('default/a');
    expect(out.replaceAll(/\s+/g, ' ')).toContain('closed today');
  });

  it('is tried again, and delivers what was decided meanwhile', async () => {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    world.home.hook('pre-receive', 'echo closed today; exit 1');
    expect(errorsOf(await world.tick())).toEqual(['HookDeclined']);
    world.home.hook('pre-receive', 'exit 0');
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(2);
    expect(recordOf(world.home, 'a')?.seq).toBe(1);
  });
});
