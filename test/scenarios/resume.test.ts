import { describe, expect, it } from 'vitest';
import { countOf, overlayOf, recordOf, scaledTwice, verdictsOf, type World } from './world.ts';

function edit(world: World, name: string, count: number): string {
  const path = overlayOf('one', name);
  const text = (world.home.read(path) ?? '').replace(/value: \d+/, `value: ${count}`);
  return world.home.commit({ [path]: text }, 'main', `only ${count} in one`);
}

describe('a hold', () => {
  it('says who did what in which commit, in plan, log and exit code', async () => {
    const world = await scaledTwice();
    const commit = edit(world, 'a', 3);
    const plan = await world.run('plan', 'default/a');
    expect(plan.code).toBe(1);
    expect(plan.out.replaceAll(/\s+/g, ' ')).toContain(`(commit ${commit.slice(0, 10)} by somebody: only 3 in one)`);
  });

  it('that the host refuses is said to be none', async () => {
    const world = await scaledTwice();
    world.home.hook('pre-receive', 'echo closed today; exit 1');
    const { code, out, err } = await world.run('hold', 'default/a', '--reason', 'sale');
    expect([code, err.split('\n')[0]]).toEqual([1, 'default/a is not held: what says so could not be delivered']);
    expect(out).toMatch(/^not delivered to /);
  });

  it('of what is not served is said to be none', async () => {
    const world = await scaledTwice();
    world.dso({ name: 'a', members: { one: -4, two: 6 } });
    const { code, err } = await world.run('hold', 'default/a', '--reason', 'sale');
    expect([code, err]).toEqual([1, expect.stringContaining('default/a is not held: InvalidSpec')]);
    expect(world.home.paths('main').filter((path) => path.includes('/holds/'))).toEqual([]);
  });

  it('that a destroyed branch began does not end by a resume that the host refuses', async () => {
    const world = await scaledTwice();
    world.home.git('update-ref', 'refs/heads/main', 'main^');
    expect(verdictsOf(await world.tick())['default/a']).toBe('held Reverted');
    world.home.hook('update', 'case "$1" in refs/heads/main) echo closed today; exit 1;; esac');
    expect((await world.run('resume', 'default/a', '--reason', 'as it is')).code).toBe(1);
    world.home.hook('update', 'exit 0');
    expect((await world.run('plan', 'default/a')).out).toContain('Reverted');
    expect((await world.run('verify')).code).toBe(1);
    expect((await world.run('resume', 'default/a', '--reason', 'as it is')).code).toBe(0);
    expect(world.home.git('log', '-1', '--format=%B', 'main').replaceAll(/\s+/g, ' ')).toContain(
      'resumed it: as it is',
    );
  });

  it('that cannot be ended is not said to have ended', async () => {
    const world = await scaledTwice();
    const commit = edit(world, 'a', 3);
    world.home.hook('pre-receive', 'echo closed today; exit 1');
    const { code, err } = await world.run('resume', '--commit', commit);
    expect([code, err]).toEqual([1, expect.stringContaining(`0 holds of commit ${commit} ended, 1 did not`)]);
  });

  it('shows the counts that Git holds, and resume tells the same in its commit', async () => {
    const world = await scaledTwice();
    edit(world, 'a', 3);
    const [held] = JSON.parse((await world.run('status', 'default/a', '-o', 'json')).out);
    expect(held).toMatchObject({ committed: 13, members: { one: 3, two: 10 } });
    await world.run('resume', 'default/a', '--reason', 'the sale is over');
    expect(world.home.subjects()[0]).toBe('scale default/a 13 -> 20 (one 3 -> 10)');
    const message = world.home.git('log', '-1', '--format=%B', 'main').replaceAll(/\s+/g, ' ');
    expect(message).toContain('resumed it: the sale is over; ');
    expect((await world.run('verify')).code).toBe(0);
    expect(recordOf(world.home, 'a')?.total).toEqual({ before: 13, after: 20 });
  });

  it('of a person says when it ends that a hand edit holds as well', async () => {
    const world = await scaledTwice();
    await world.run('hold', 'default/a');
    edit(world, 'a', 3);
    const { out } = await world.run('resume', 'default/a');
    expect(out.replaceAll(/\s+/g, ' ')).toContain('the hold has ended; it stays held: ');
    expect(verdictsOf(await world.tick())['default/a']).toBe('held HandEdit');
  });

  it('ends by resume: what is committed is the new start, and nothing is lowered at once', async () => {
    const world = await scaledTwice();
    edit(world, 'a', 14);
    expect(verdictsOf(await world.tick())['default/a']).toBe('held HandEdit');
    const resumed = await world.run('resume', 'default/a');
    expect(resumed.code).toBe(0);
    expect(recordOf(world.home, 'a')).toMatchObject({ seq: 3, total: { after: 24 } });
    expect(verdictsOf(await world.tick())['default/a']).not.toContain('held');
    const total = (countOf(world.home, 'one', 'a') ?? 0) + (countOf(world.home, 'two', 'a') ?? 0);
    expect(total).toBe(24);
    world.now += 600_000;
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(10);
  });

  it('by what is no overlay says to remove it, as resume would be refused', async () => {
    const world = await scaledTwice();
    world.home.commit({ [overlayOf('one', 'a')]: 'garbage: [\n' });
    const { out } = await world.run('plan', 'default/a');
    expect(out.replaceAll(/\s+/g, ' ')).toContain('until it is put back, or removed: then it is written again');
    const [status] = JSON.parse((await world.run('status', 'default/a', '-o', 'json')).out);
    expect(status).toMatchObject({ committed: null, members: { one: null, two: 10 } });
    expect((await world.run('resume', 'default/a')).out).toContain('OverlayUnreadable');
    world.home.commit({ [overlayOf('one', 'a')]: null });
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(10);
  });

  it('of a revert of several DSOs ends for all of the commit, or for one', async () => {
    const world = await scaledTwice();
    const back = world.home.git('rev-parse', 'main^').trim();
    const files = world.home.paths(back).filter((path) => path.includes('default/a') || path.includes('default/b'));
    const before = Object.fromEntries(files.map((path) => [path, world.home.read(path, back)]));
    const commit = world.home.commit(before, 'main', 'back to 2 and 2');
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Reverted', 'default/b': 'held Reverted' });
    expect((await world.run('resume', '--commit', commit.slice(0, 10))).code).toBe(0);
    const verdicts = verdictsOf(await world.tick());
    expect(JSON.stringify(verdicts)).not.toContain('held');
    expect(recordOf(world.home, 'a')?.seq).toBeGreaterThan(2);
  });

  it('that ends because it was put back lowers nothing at once either, also by another process', async () => {
    const world = await scaledTwice();
    const path = overlayOf('one', 'a');
    const text = world.home.read(path) ?? '';
    edit(world, 'a', 14);
    await world.tick();
    await world.save();
    world.metric('a', 0);
    world.now += 3_600_000;
    world.restart();
    world.home.commit({ [path]: text });
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(10);
    world.now += 200_000;
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(10);
    world.now += 200_000;
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(0);
  });

  it('that is none is refused', async () => {
    const world = await scaledTwice();
    expect(await world.run('resume', 'default/a')).toMatchObject({ code: 1 });
    expect((await world.run('resume', 'default/nobody')).err).toContain(
      'there is no DistributedScaledObject default/nobody',
    );
    expect((await world.run('resume')).err).toContain('expected either');
    expect((await world.run('resume', '--commit', 'abc')).err).toContain('at least 7 characters');
    expect((await world.run('resume', '--commit', 'abcdef0')).err).toContain('nothing is held by commit abcdef0');
  });
});

describe('hold', () => {
  it('stops a DSO by a commit, says who and why, and resume lowers nothing at once', async () => {
    const world = await scaledTwice();
    const held = await world.run('hold', 'default/a', '--reason', 'migration\nDso: x/y @team');
    expect(held.code).toBe(0);
    const [commit] = world.home.log();
    expect(commit?.subject).toBe('hold default/a');
    expect(commit?.body).not.toMatch(/^Dso: x\/y|@team/m);
    world.metric('a', 200);
    world.metric('b', 200);
    const verdicts = verdictsOf(await world.tick());
    expect(verdicts['default/a']).toBe('held Held');
    expect(countOf(world.home, 'one', 'a')).toBe(10);
    expect(countOf(world.home, 'one', 'b')).toBe(20);
    const plan = await world.run('plan', 'default/a');
    expect(plan.code).toBe(1);
    expect(plan.out.replaceAll(/\s+/g, ' ')).toContain('holds it: migration Dso: x/y (at)team');
    world.metric('a', 0);
    world.now += 3_600_000;
    expect((await world.run('resume', 'default/a', '--reason', 'done')).code).toBe(0);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(10);
    world.now += 900_000;
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(0);
  });

  it('holds a process that runs, as soon as it learns the tip, and a hold that cannot be read holds as well', async () => {
    const world = await scaledTwice();
    world.home.commit({ 'scaling/holds/default/a.yaml': '<<<<<<<\n' });
    world.metric('a', 200);
    expect(verdictsOf(await world.tick())['default/a']).toBe('held Held');
    world.home.commit({ 'scaling/holds/default/a.yaml': null });
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(20);
  });

  it('that is there keeps its reason until another one is given', async () => {
    const world = await scaledTwice();
    const first = await world.run('hold', 'default/a', '--reason', 'migration');
    expect(first.out).toMatch(/default\/a {2}held[\s\S]*holds it: migration/);
    const tip = world.home.tip();
    expect((await world.run('hold', 'default/a')).out).toContain('holds it: migration');
    expect(world.home.tip()).toBe(tip);
    expect((await world.run('hold', 'default/a', '--reason', 'freeze')).out).toContain('holds it: freeze');
    expect((await world.run('resume', 'default/a')).out).toMatch(/default\/a {2}waits[\s\S]*Resumed/);
  });

  it('of a name that is not there is refused', async () => {
    const world = await scaledTwice();
    expect((await world.run('hold', 'default/nobody')).err).toContain(
      'there is no DistributedScaledObject default/nobody',
    );
  });

  it('is no finding of verify, and no decision of history', async () => {
    const world = await scaledTwice();
    await world.run('hold', 'default/a');
    await world.run('resume', 'default/a');
    expect((await world.run('verify')).code).toBe(0);
    expect(JSON.parse((await world.run('history', 'default/a', '-o', 'json')).out)).toHaveLength(2);
  });
});
