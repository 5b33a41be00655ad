import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parseMarker } from '../../src/proposal/marker.ts';
import { verdictsOf } from '../scenarios/world.ts';
import { type ReviewedWorld, reviewedWorld } from './reviewed-world.ts';

/** Two workloads that are proposed in pull request 1. */
async function proposed(): Promise<ReviewedWorld> {
  const reviewed = await reviewedWorld();
  for (const name of ['a', 'b']) {
    reviewed.world.dso({ name });
    reviewed.world.metric(name, 20);
  }
  await reviewed.world.tick();
  return reviewed;
}

/** The same, merged, and both are proposed at 12 in pull request 2. */
async function proposedAgain(): Promise<ReviewedWorld> {
  const reviewed = await proposed();
  const { world, standIn } = reviewed;
  standIn.repository.merge(1, 'squash');
  await world.tick();
  for (const name of ['a', 'b']) world.metric(name, 60);
  await world.tick();
  return reviewed;
}

function listed({ standIn }: ReviewedWorld, number: number): readonly string[] {
  return Object.keys(parseMarker(standIn.repository.pull(number).body)?.numbers ?? {});
}

function branches({ world }: ReviewedWorld): string {
  return world.home.git('branch', '--list', 'dso-gitops/*').trim();
}

describe('a pull request', () => {
  it.each([[['b']], [['a', 'b']]])('stays as it is while files of its workloads cannot be read: %s', async (broken) => {
    const reviewed = await proposed();
    const { world, standIn } = reviewed;
    standIn.repository.review(1, 'APPROVED');
    const tip = world.home.git('rev-parse', 'dso-gitops/default/all/main');
    const texts = broken.map((name) => readFileSync(join(world.directory, 'hub', `default.${name}.yaml`), 'utf8'));
    for (const name of broken) world.write(`default.${name}.yaml`, '{ this is: [ not yaml');
    world.now += 700_000;
    const { proposals } = await world.tick();
    expect(['none', 'wait']).toContain(proposals[0]?.step ?? 'none');
    expect(standIn.repository.pull(1)).toMatchObject({ state: 'open', comments: [] });
    expect([listed(reviewed, 1), world.home.git('rev-parse', 'dso-gitops/default/all/main')]).toEqual([
      ['default/a', 'default/b'],
      tip,
    ]);
    for (const [index, name] of broken.entries()) world.write(`default.${name}.yaml`, texts[index] ?? '');
    expect((await world.tick()).proposals).toMatchObject([{ step: 'none', keys: ['default/a', 'default/b'] }]);
  });

  it('that a person closes while it is brought in line is a no to all that they saw in it', async () => {
    const reviewed = await proposedAgain();
    const { world, standIn } = reviewed;
    world.metric('b', 20);
    world.now += 60_000;
    await world.tick();
    world.metric('a', 100);
    world.now += 700_000;
    let isReviewed = false;
    let isClosed = false;
    standIn.onGraphql = () => {
      isReviewed = true;
    };
    standIn.onRequest = () => {
      if (!isReviewed || isClosed) return;
      isClosed = true;
      standIn.repository.close(2, 'bob');
    };
    await world.tick();
    [standIn.onRequest, standIn.onGraphql] = [null, null];
    expect([isClosed, listed(reviewed, 2)]).toEqual([true, ['default/a', 'default/b']]);
    world.metric('b', 60);
    world.now += 700_000;
    expect(verdictsOf(await world.tick())).toEqual({
      'default/a': 'held PullRequestClosed',
      'default/b': 'held PullRequestClosed',
    });
    expect(standIn.repository.pulls).toHaveLength(2);
  });

  it('that may not be opened is not pushed again and again', async () => {
    const { world, standIn } = await reviewedWorld();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    const message = 'GitHub Actions is not permitted to create or approve pull requests.';
    const over = standIn.faults.add({ on: /^POST .*\/pulls$/, answer: { status: 403, body: { message } } });
    const tips = new Set<string>();
    for (let minute = 0; minute < 10; minute += 1) {
      await world.moment();
      await sleep(100);
      await world.moment();
      const tip = world.home.git('for-each-ref', '--format=%(objectname)', 'refs/heads/dso-gitops/').trim();
      if (tip !== '') tips.add(tip);
      world.now += 61_000;
    }
    expect(tips.size).toBe(1);
    over();
    for (let round = 0; round < 20 && standIn.repository.pulls.length === 0; round += 1) {
      await world.moment();
      await sleep(100);
    }
    expect(parseMarker(standIn.repository.pull(1).body)?.commit).toBe([...tips][0]);
  });

  it('that was merged leaves no branch, though its host was away for a moment', async () => {
    const reviewed = await proposed();
    const { world, standIn } = reviewed;
    standIn.repository.merge(1, 'squash');
    standIn.faults.add({ on: /graphql/, times: 3, answer: { status: 502, body: { message: 'down' } } });
    for (let look = 0; look < 8; look += 1) {
      world.now += 130_000;
      await world.tick();
    }
    expect(branches(reviewed)).toBe('');
  });

  it('that is held leaves the merge queue', async () => {
    const { world, standIn } = await proposed();
    const { repository } = standIn;
    repository.touch(repository.pull(1), { isQueued: true, labels: ['dso/hold'] });
    world.now += 130_000;
    await world.tick();
    expect(repository.pull(1)).toMatchObject({ isQueued: false, state: 'open' });
    expect(repository.pull(1).comments).toMatchObject([{ body: expect.stringContaining('label dso/hold') }]);
    world.now += 130_000;
    const { proposals } = await world.tick();
    expect(proposals).toMatchObject([{ step: 'wait', waiting: { reason: 'HoldLabel' } }]);
    expect(repository.pull(1).comments).toHaveLength(1);
  });

  it('that is approved is not planned to be brought in line', async () => {
    const { world, standIn } = await proposedAgain();
    standIn.repository.review(2, 'APPROVED');
    world.metric('a', 100);
    world.now += 700_000;
    const plan = await world.run('plan');
    expect(plan.out.replaceAll(/\s+/g, ' ')).toContain('it is approved as it is');
    expect(plan.out).not.toContain('brought in line');
  });

  it('that is closed because a person holds what it proposes says so', async () => {
    const { world, standIn } = await proposedAgain();
    for (const name of ['a', 'b']) expect((await world.run('hold', `default/${name}`)).code).toBe(0);
    world.now += 700_000;
    await world.tick();
    expect(standIn.repository.pull(2)).toMatchObject({
      state: 'closed',
      comments: [{ body: expect.stringContaining('is held by a person') }],
    });
  });

  it('is told to be as it would be in a plan', async () => {
    const { world } = await proposedAgain();
    world.metric('a', 100);
    world.now += 700_000;
    expect((await world.run('plan')).out).toContain('would bring in line');
    expect((await world.run('apply')).out).toContain('brought in line');
  });
});

it('a workload whose forge cannot be asked is not told to be free of holds', async () => {
  const { world, standIn } = await proposed();
  standIn.repository.close(1, 'bob');
  await world.tick();
  standIn.tokens.clear();
  const { code, err } = await world.run('resume', 'default/a');
  expect([code, err]).toEqual([1, expect.not.stringContaining('NotHeld')]);
  expect(err).toContain('AuthenticationFailed');
});
