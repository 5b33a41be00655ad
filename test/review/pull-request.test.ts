import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseMarker } from '../../src/proposal/marker.ts';
import { countOf, errorsOf, recordOf, verdictsOf } from '../scenarios/world.ts';
import { type ReviewedWorld, reviewedWorld } from './reviewed-world.ts';

const HEAD = 'dso-gitops/default/all/main';

/** `a` and `b` are proposed at 4 each. */
async function proposed(...given: Parameters<typeof reviewedWorld>): Promise<ReviewedWorld> {
  const reviewed = await reviewedWorld(...given);
  const { world } = reviewed;
  for (const name of ['a', 'b']) {
    world.dso({ name });
    world.metric(name, 20);
  }
  expect((await world.tick()).proposals).toMatchObject([{ step: 'create', error: null, pull: { number: 1 } }]);
  return reviewed;
}

/** The same, merged. */
async function merged(...given: Parameters<typeof reviewedWorld>): Promise<ReviewedWorld> {
  const reviewed = await proposed(...given);
  reviewed.standIn.repository.merge(1, 'squash', 'alice');
  await reviewed.world.tick();
  return reviewed;
}

function totals({ standIn }: ReviewedWorld, number: number): Readonly<Record<string, number>> {
  const { numbers = {} } = parseMarker(standIn.repository.pull(number).body) ?? {};
  return Object.fromEntries(Object.entries(numbers).map(([key, [after]]) => [key, after]));
}

describe('what a rule proposes', () => {
  it('is one pull request, which is not touched while nothing changes', async () => {
    const { world, standIn } = await proposed();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait Proposed', 'default/b': 'wait Proposed' });
    expect(countOf(world.home, 'one', 'a')).toBeNull();
    expect((await world.run('plan')).out.replaceAll(/\s+/g, ' ')).toContain('pull request #1: https://github');
    const pull = standIn.repository.pull(1);
    expect(pull).toMatchObject({ head: HEAD, base: 'main', state: 'open', title: 'scale 2 workloads on 2 clusters' });
    expect(pull.body).toContain('`default/a`');
    expect(world.home.git('rev-list', '--count', `main..${HEAD}`).trim()).toBe('1');
    const asked = standIn.seen.length;
    world.restart();
    expect((await world.tick()).proposals).toMatchObject([{ step: 'none', pull: { number: 1 } }]);
    expect(
      standIn
        .requests()
        .slice(asked)
        .every((line) => line.startsWith('GET ')),
    ).toBe(true);
  });

  it.each(['squash', 'merge', 'rebase'] as const)('is recognised after a %s, and its branch goes', async (method) => {
    const { world, standIn } = await proposed();
    standIn.repository.merge(1, method, 'alice');
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'same', 'default/b': 'same' });
    expect([countOf(world.home, 'one', 'a'), recordOf(world.home, 'a')?.seq]).toEqual([2, 1]);
    expect(world.home.tip(HEAD)).toBeNull();
    expect((await world.run('verify')).code).toBe(0);
    const [decision] = JSON.parse((await world.run('history', 'default/a', '-o', 'json')).out);
    expect(decision).toMatchObject({ seq: 1, pullRequest: { number: 1, state: 'merged' } });
    expect((await world.run('history', '-o', 'markdown')).out).toContain(`${decision.commit.slice(0, 10)} #1`);
    const end = standIn.faults.add({ on: /pulls/, answer: { status: 500, body: { message: 'down' } } });
    expect(await world.run('history')).toMatchObject({ code: 0, err: expect.stringContaining('are not named') });
    end();
    world.metric('a', 60);
    expect((await world.tick()).proposals).toMatchObject([{ step: 'create', pull: { number: 2 } }]);
  });

  it('gets another commit when a number has moved far, and not before ten minutes have passed', async () => {
    const reviewed = await proposed();
    const { world, standIn } = reviewed;
    world.metric('a', 60);
    expect((await world.tick()).proposals).toMatchObject([{ step: 'wait', waiting: { reason: 'RebuiltLately' } }]);
    expect(totals(reviewed, 1)).toEqual({ 'default/a': 4, 'default/b': 4 });
    world.now += 600_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild', pull: { number: 1 } }]);
    expect(totals(reviewed, 1)).toEqual({ 'default/a': 12, 'default/b': 4 });
    expect(standIn.repository.pulls).toHaveLength(1);
    expect(world.home.git('rev-list', '--count', `main..${HEAD}`).trim()).toBe('1');
  });

  it('stays where a number has moved a little', async () => {
    const reviewed = await merged();
    const { world } = reviewed;
    world.metric('a', 100);
    world.now += 700_000;
    await world.tick();
    world.metric('a', 106);
    world.now += 700_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'none' }]);
    expect(totals(reviewed, 2)).toEqual({ 'default/a': 20 });
  });

  it('gets another commit when its own paths changed on the base', async () => {
    const reviewed = await merged();
    const { world } = reviewed;
    world.metric('a', 60);
    await world.tick();
    world.now += 700_000;
    expect((await world.run('apply', '--approve', 'default/a')).code).toBe(0);
    expect(countOf(world.home, 'one', 'a')).toBe(6);
    const [closed] = (await world.tick()).proposals;
    expect(closed ?? { step: 'closed before' }).not.toMatchObject({ step: 'create' });
    expect(reviewed.standIn.repository.pull(2).state).toBe('closed');
  });

  it('is frozen once it is approved, and what came since is proposed after the merge', async () => {
    const reviewed = await proposed();
    const { world, standIn } = reviewed;
    standIn.repository.review(1, 'APPROVED');
    world.metric('a', 60);
    world.now += 700_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'wait', waiting: { reason: 'Approved' } }]);
    standIn.repository.merge(1, 'squash', 'alice');
    const next = await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'one', 'b')]).toEqual([2, 2]);
    expect(next.proposals).toMatchObject([{ step: 'create', pull: { number: 2 } }]);
    expect(totals(reviewed, 2)).toEqual({ 'default/a': 12 });
  });

  it('is closed with a reason when nothing is left to change, and that is no person’s no', async () => {
    const { world, standIn } = await merged();
    world.metric('a', 60);
    await world.tick();
    world.metric('a', 20);
    await world.tick();
    world.now += 900_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'close', error: null }]);
    expect(standIn.repository.pull(2)).toMatchObject({ state: 'closed' });
    expect(standIn.repository.pull(2).comments.map(({ body }) => body)).toEqual([
      expect.stringContaining('nothing is left'),
    ]);
    expect(world.home.tip(HEAD)).toBeNull();
    world.metric('a', 60);
    expect((await world.tick()).proposals).toMatchObject([{ step: 'create', pull: { number: 3 } }]);
  });
});

describe('a person', () => {
  it('who closes it holds what it listed, until it is resumed', async () => {
    const reviewed = await proposed();
    const { world, standIn } = reviewed;
    standIn.repository.close(1, 'bob');
    world.dso({ name: 'c' });
    world.metric('c', 20);
    world.now += 700_000;
    const held = await world.tick();
    expect(verdictsOf(held)).toEqual({
      'default/a': 'held PullRequestClosed',
      'default/b': 'held PullRequestClosed',
      'default/c': 'wait Proposed',
    });
    expect(held.proposals).toMatchObject([{ step: 'create', keys: ['default/c'] }]);
    world.restart();
    expect((await world.run('resume', 'default/a')).code).toBe(0);
    world.now += 700_000;
    expect(verdictsOf(await world.tick())).toMatchObject({
      'default/a': 'wait Proposed',
      'default/b': 'held PullRequestClosed',
    });
    expect(totals(reviewed, 2)).toEqual({ 'default/a': 4, 'default/c': 4 });
  });

  it('who closes it holds also while nothing would change, and is resumed all the same', async () => {
    const { world, standIn } = await merged();
    world.metric('a', 60);
    await world.tick();
    standIn.repository.close(2, 'bob');
    world.metric('a', 20);
    await world.tick();
    world.now += 900_000;
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held PullRequestClosed', 'default/b': 'same' });
    expect((await world.run('resume', 'default/a')).code).toBe(0);
    expect(verdictsOf(await world.tick())['default/a']).toBe('same');
  });

  it('who closes it just before we do is heard', async () => {
    const reviewed = await merged();
    const { world, standIn } = reviewed;
    world.metric('a', 60);
    await world.moment();
    world.metric('a', 20);
    world.now += 400_000;
    await world.moment();
    standIn.repository.close(2, 'bob');
    world.now += 90_000;
    await world.moment();
    expect(totals(reviewed, 2)).toEqual({ 'default/a': 12 });
    world.now += 200_000;
    expect(verdictsOf(await world.moment())).toMatchObject({ 'default/a': 'held PullRequestClosed' });
  });

  it('who holds a workload takes it out of it', async () => {
    const reviewed = await merged();
    const { world } = reviewed;
    for (const name of ['a', 'b']) world.metric(name, 60);
    await world.tick();
    expect((await world.run('hold', 'default/a', '--reason', 'a sale')).code).toBe(0);
    world.now += 700_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild', keys: ['default/b'] }]);
    expect(totals(reviewed, 2)).toEqual({ 'default/b': 12 });
  });

  it('who approves what conflicts by now gets another commit all the same', async () => {
    const reviewed = await merged();
    const { world, standIn } = reviewed;
    for (const name of ['a', 'b']) world.metric(name, 60);
    await world.tick();
    standIn.repository.review(2, 'APPROVED');
    expect((await world.run('apply', '--approve', 'default/a')).code).toBe(0);
    world.now += 700_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild', error: null }]);
    expect(totals(reviewed, 2)).toEqual({ 'default/b': 12 });
  });

  it('who reopens it goes on', async () => {
    const { world, standIn } = await proposed();
    standIn.repository.close(1, 'bob');
    expect(verdictsOf(await world.tick())).toMatchObject({ 'default/a': 'held PullRequestClosed' });
    standIn.repository.touch(standIn.repository.pull(1), { state: 'open', closedAt: null, closedBy: null });
    const { proposals, ...result } = await world.tick();
    expect(verdictsOf({ proposals, ...result })).toMatchObject({ 'default/a': 'wait Proposed' });
    expect([proposals.map(({ step }) => step), standIn.repository.pulls.length]).toEqual([['none'], 1]);
  });

  it('who labels it dso/hold stops it', async () => {
    const reviewed = await proposed();
    const { world, standIn } = reviewed;
    standIn.repository.touch(standIn.repository.pull(1), { labels: ['dso/hold'] });
    world.metric('a', 60);
    world.now += 700_000;
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held HoldLabel', 'default/b': 'held HoldLabel' });
    expect(totals(reviewed, 1)).toEqual({ 'default/a': 4, 'default/b': 4 });
    expect((await world.run('resume', 'default/a')).err).toContain('dso/hold');
    standIn.repository.touch(standIn.repository.pull(1), { labels: [] });
    expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild' }]);
  });

  it('whose no comes to one that would merge itself stops that', async () => {
    const { world, standIn } = await reviewedWorld({ pullRequests: { autoMerge: 'squash' } });
    standIn.repository.flags.requiredApprovals = 1;
    world.dso({ name: 'a' });
    world.metric('a', 20);
    expect((await world.tick()).proposals).toMatchObject([{ step: 'create', warnings: [] }]);
    expect(standIn.repository.pull(1).autoMerge).toBe('squash');
    standIn.repository.touch(standIn.repository.pull(1), { labels: ['dso/hold'] });
    expect((await world.tick()).proposals).toMatchObject([{ step: 'disarm', error: null }]);
    standIn.repository.review(1, 'APPROVED');
    const { autoMerge, state, comments } = standIn.repository.pull(1);
    expect([autoMerge, state, comments.length]).toEqual([null, 'open', 1]);
    expect((await world.tick()).proposals).toMatchObject([{ step: 'wait', waiting: { reason: 'HoldLabel' } }]);
    expect(standIn.repository.pull(1).comments).toHaveLength(1);
  });

  it('whose commits are on the branch finds them there', async () => {
    const { world, standIn } = await proposed();
    const theirs = world.home.commit({ 'notes.txt': 'mine\n' }, HEAD);
    standIn.repository.sync();
    world.metric('a', 60);
    world.now += 700_000;
    const result = await world.tick();
    expect(result.proposals).toMatchObject([{ error: { reason: 'ForeignCommits' } }]);
    expect(world.home.tip(HEAD)).toBe(theirs);
    expect(errorsOf(result)).toEqual([]);
  });

  it('who edits the text loses it with the next update, and who removes all of it does no harm', async () => {
    const reviewed = await proposed();
    const { world, standIn } = reviewed;
    standIn.repository.touch(standIn.repository.pull(1), { body: 'nothing to see here' });
    world.now += 700_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild' }]);
    expect([totals(reviewed, 1), standIn.repository.pulls.length]).toEqual([{ 'default/a': 4, 'default/b': 4 }, 1]);
  });
});

describe('rules', () => {
  it('may push what is small and propose what is large', async () => {
    const rules = [{ name: 'large', when: { percent: { min: 50 } }, then: 'pullRequest' }];
    const reviewed = await merged();
    const { world } = reviewed;
    const { standIn } = reviewed;
    world.configure({
      destinations: [
        {
          name: 'fleet',
          repository: standIn.gitUrl,
          credentials: { tokenEnvironment: 'FLEET_TOKEN' },
          delivery: { rules },
          github: { repository: 'acme/fleet', apiUrl: standIn.apiUrl },
          pullRequests: { groupBy: 'dso' },
        },
      ],
    });
    world.now += 7_200_000;
    world.metric('a', 25);
    world.metric('b', 100);
    const result = await world.tick();
    const sum = (countOf(world.home, 'one', 'a') ?? 0) + (countOf(world.home, 'two', 'a') ?? 0);
    expect([sum, countOf(world.home, 'one', 'b')]).toEqual([5, 2]);
    expect(result.proposals).toMatchObject([{ group: 'dso/default/b', step: 'create', keys: ['default/b'] }]);
    expect((await world.run('prs')).out).toContain('dso/default/b');
    expect((await world.run('status', 'default/b')).out).toContain('#2 open');
  });
});

describe('what is not ours to write', () => {
  it('stops those who need it, and not the others of their group', async () => {
    const reviewed = await reviewedWorld();
    const { world } = reviewed;
    const index = 'scaling/members/one/shop/kustomization.yaml';
    world.home.commit({ [index]: 'resources: []\n', 'scaling/members/two/default/b': { link: '/etc' } });
    world.dso({ name: 'a' });
    world.dso({ name: 'b' });
    world.dso({ name: 'c', namespace: 'shop' });
    for (const [name, namespace] of [['a'], ['b'], ['c', 'shop']] as const) world.metric(name, 20, namespace);
    const result = await world.tick();
    expect(totals(reviewed, 1)).toEqual({ 'default/a': 4 });
    expect(verdictsOf(result)).toEqual({
      'default/a': 'wait Proposed',
      'default/b': 'wait PathNotOurs',
      'shop/c': 'wait IndexNotOurs',
    });
    world.now += 700_000;
    const { code, out } = await world.run('apply');
    expect([code, out.replaceAll(/\s+/g, ' ')]).toEqual([1, expect.stringContaining('not proposed: PathNotOurs')]);
    world.home.commit({ [index]: null, 'scaling/members/two/default/b': null });
    world.now += 700_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild', error: null }]);
    expect(totals(reviewed, 1)).toEqual({ 'default/a': 4, 'default/b': 4, 'shop/c': 4 });
  });
});

describe('a forge', () => {
  it('that fails for an hour changes nothing, and nothing is proposed twice', async () => {
    const { world, standIn } = await proposed();
    const end = standIn.faults.add({ on: /./, answer: { status: 500, body: { message: 'down' } } });
    world.metric('a', 60);
    world.now += 700_000;
    const down = await world.tick();
    expect(down.proposals.map(({ error }) => error?.kind)).toEqual(['later']);
    expect(down.outcomes[0]?.verdict).toMatchObject({
      kind: 'wait',
      message: expect.stringContaining('cannot be proposed'),
    });
    expect(countOf(world.home, 'one', 'a')).toBeNull();
    world.restart();
    expect(verdictsOf(await world.tick())['default/a']).toMatch(/^wait /);
    end();
    world.now += 3_600_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild' }]);
    expect(standIn.repository.pulls).toHaveLength(1);
  });

  it('whose answer to the new pull request was lost has one all the same', async () => {
    const { world, standIn } = await reviewedWorld();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    standIn.faults.add({ on: /^POST .*\/pulls$/, times: 1, answer: 'lost' });
    expect((await world.tick()).proposals).toMatchObject([{ error: expect.anything() }]);
    world.restart();
    world.now += 700_000;
    await world.tick();
    expect(standIn.repository.pulls).toHaveLength(1);
  });

  it('that refuses for good is asked ever more rarely', async () => {
    const { world, standIn } = await reviewedWorld();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    standIn.faults.add({ on: /^POST .*\/pulls$/, answer: { status: 500, body: { message: 'down' } } });
    for (let second = 0; second < 60; second += 1) {
      await world.moment();
      // The forge answers in real time.
      await sleep(40);
      world.now += 1000;
    }
    const tries = standIn.requests().filter((line) => /^POST .*\/pulls /.test(line));
    expect(tries.length).toBeGreaterThan(1);
    expect(tries.length).toBeLessThan(9);
  });

  it('that took the commit and not the text is told the text again: what is merged is what it says', async () => {
    const reviewed = await proposed();
    const { world, standIn } = reviewed;
    world.metric('a', 60);
    world.now += 700_000;
    standIn.faults.add({ on: /^PATCH /, times: 1, answer: { status: 500, body: { message: 'down' } } });
    expect((await world.tick()).proposals).toMatchObject([{ error: expect.anything() }]);
    world.restart();
    world.metric('a', 20);
    world.now += 700_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild', error: null }]);
    standIn.repository.merge(1, 'squash');
    expect([countOf(world.home, 'one', 'a'), totals(reviewed, 1)]).toEqual([2, { 'default/a': 4, 'default/b': 4 }]);
  });
});

describe('many groups', () => {
  it('do not wait for those of which nothing can be done, and one failure is told of its own group', async () => {
    const { world, standIn } = await reviewedWorld({ pullRequests: { groupBy: 'dso' } });
    const names = Array.from({ length: 12 }, (_, index) => `a${String(index).padStart(2, '0')}`);
    for (const name of names) {
      world.dso({ name });
      world.metric(name, 20);
    }
    expect((await world.tick()).proposals.map(({ step }) => step)).toEqual(names.map(() => 'create'));
    for (const pull of standIn.repository.pulls.slice(0, 10)) world.home.commit({ 'notes.txt': 'mine\n' }, pull.head);
    standIn.repository.sync();
    for (const name of names) world.metric(name, 60);
    for (let times = 0; times < 4; times += 1) {
      world.now += 700_000;
      // The first begins to look at them.
      await world.stay();
      await sleep(200);
      await world.stay();
    }
    const { proposals } = await world.stay();
    expect(proposals.map(({ error }) => error?.reason ?? null)).toEqual([
      ...names.slice(0, 10).map(() => 'ForeignCommits'),
      null,
      null,
    ]);
    const bodies = standIn.repository.pulls.slice(10).map(({ body }) => body);
    for (const body of bodies) expect(body).toContain('none -> 6');
  });

  it('of one namespace do not get stuck at the index that both change', async () => {
    const { world, standIn } = await reviewedWorld({ pullRequests: { groupBy: 'dso' } });
    for (const name of ['a', 'b']) {
      world.dso({ name });
      world.metric(name, 20);
    }
    await world.tick();
    standIn.repository.merge(1, 'squash');
    expect(standIn.repository.isMergeable(standIn.repository.pull(2))).toBe(false);
    world.now += 700_000;
    expect((await world.tick()).proposals).toMatchObject([{ group: 'dso/default/b', step: 'rebuild', error: null }]);
    expect(standIn.repository.isMergeable(standIn.repository.pull(2))).toBe(true);
  });

  it('keep what is open when the author of commits changes', async () => {
    const { world, standIn } = await reviewedWorld({ author: { name: 'one', email: 'one@example.com' } });
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    const file = join(world.directory, 'dso-gitops.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('one@example.com', 'other@example.com'));
    world.restart();
    world.metric('a', 60);
    world.now += 700_000;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild', error: null }]);
    expect(standIn.repository.pulls).toHaveLength(1);
  });

  it('decide again where another one was faster with their branch', async () => {
    const { world } = await reviewedWorld();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    world.metric('a', 60);
    world.now += 700_000;
    const author = 'dso-gitops <dso-gitops@localhost>';
    const hasRaced = world.race(world.home, { 'x.txt': 'x\n' }, { branch: HEAD, author });
    world.restart();
    const { proposals } = await world.tick();
    expect(hasRaced()).toBe(true);
    expect(proposals).toMatchObject([{ step: 'rebuild', error: null }]);
    expect(world.home.paths(HEAD)).not.toContain('x.txt');
  });
});
