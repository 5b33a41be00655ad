import { describe, expect, it } from 'vitest';
import { GitHubAccounts } from '../../src/forge/github/accounts.ts';
import { branch, forgeSite, newPull, TOKEN } from './forge-site.ts';
import { failed, invalid } from './stand-in/reply.ts';

const CREATE = /^POST .*\/pulls$/;
const NOT_YET = invalid({
  resource: 'PullRequest',
  code: 'custom',
  message: 'Could not resolve to a node with the global id of x',
});

describe('the list of pull requests', () => {
  it('holds those from branches of ours in this repository, and none else', async () => {
    const { forge, standIn } = await forgeSite();
    const { repository } = standIn;
    branch(standIn, 'feature', { 'a.txt': 'a' });
    repository.open({ head: 'feature', base: 'main', title: 'theirs', body: '', author: 'alice' });
    const fork = { head: 'dso-gitops/web', headOwner: 'mallory', headOid: repository.bare.tip('feature') ?? '' };
    repository.open({ ...fork, base: 'main', title: 'from a fork', body: '', author: 'mallory' });
    await forge.create(newPull({ labels: ['scaling'] }));
    expect(await forge.pulls(null)).toEqual({
      closed: [],
      open: [
        {
          number: 3,
          nodeId: 'PR_77_3',
          url: 'https://github.test/acme/fleet/pull/3',
          state: 'open',
          title: 'scale default/web 2 -> 4',
          body: 'why',
          labels: ['scaling'],
          isDraft: false,
          author: 'dso-bot',
          isAutoMergeArmed: false,
          head: 'dso-gitops/web',
          headOid: repository.bare.tip('dso-gitops/web'),
          base: 'main',
          mergeOid: null,
          createdAt: Date.UTC(2026, 5, 1, 12),
          updatedAt: Date.UTC(2026, 5, 1, 12),
          closedAt: null,
          mergedAt: null,
        },
      ],
    });
  });

  it('costs one request that does not count while nothing changes', async () => {
    const { forge, standIn, counted, clock } = await forgeSite();
    standIn.repository.open({ head: 'dso-gitops/web', base: 'main', title: 't', body: '', author: 'dso-bot' });
    const first = await forge.pulls(clock.now);
    counted.length = 0;
    const { remaining } = standIn;
    for (let look = 0; look < 3; look += 1) {
      clock.now += 60_000;
      expect(await forge.pulls(clock.now)).toEqual(first);
    }
    expect(counted.map(({ status }) => status)).toEqual([304, 304, 304]);
    expect(standIn.remaining).toBe(remaining);
  });

  it('tells by one more request what people have done', async () => {
    const { forge, standIn, counted, clock } = await forgeSite();
    const { repository } = standIn;
    const start = clock.now;
    branch(standIn, 'dso-gitops/api', { 'scaling/api.yaml': 'replicas: 1\n' });
    const [web, api] = [await forge.create(newPull()), await forge.create(newPull({ head: 'dso-gitops/api' }))];
    await forge.pulls(start);
    counted.length = 0;
    clock.now += 5000;
    const merged = repository.merge(web.pull.number, 'squash', 'alice');
    repository.close(api.pull.number, 'bob');
    const { open, closed } = await forge.pulls(start);
    expect(open).toEqual([]);
    expect(closed).toMatchObject([
      { number: 2, state: 'closed', mergeOid: null, closedAt: start + 5000, mergedAt: null },
      { number: 1, state: 'merged', mergeOid: merged, closedAt: start + 5000, mergedAt: start + 5000 },
    ]);
    expect(counted).toHaveLength(1);
    expect((await forge.pulls(start + 5001)).closed).toEqual([]);
  });

  it('follows pages, at first and after many changes', async () => {
    const { forge, standIn, clock, counted } = await forgeSite();
    const { repository } = standIn;
    const tip = branch(standIn, 'dso-gitops/many', { 'a.txt': 'a' });
    for (let count = 0; count < 130; count += 1)
      repository.open({
        head: 'dso-gitops/many',
        base: `b${count}`,
        title: 't',
        body: '',
        author: 'dso-bot',
        headOid: tip,
      });
    clock.now += 600_000;
    repository.touch(repository.pull(130));
    expect((await forge.pulls(null)).open).toHaveLength(130);
    clock.now += 3_600_000;
    for (const pull of repository.pulls.slice(0, 110)) repository.touch(pull, { title: 'changed' });
    counted.length = 0;
    const { open } = await forge.pulls(null);
    expect(open.filter(({ title }) => title === 'changed')).toHaveLength(110);
    expect(counted).toHaveLength(2);
  });

  it('reads closed ones of longer ago when it is asked for them later', async () => {
    const { forge, standIn, clock } = await forgeSite();
    const start = clock.now;
    const { pull } = await forge.create(newPull());
    standIn.repository.close(pull.number);
    clock.now += 86_400_000;
    expect((await forge.pulls(clock.now)).closed).toEqual([]);
    expect((await forge.pulls(start)).closed).toMatchObject([{ number: pull.number }]);
  });

  it('knows at once what it has written itself', async () => {
    const { forge, clock } = await forgeSite();
    await forge.pulls(clock.now);
    const { pull } = await forge.create(newPull());
    expect((await forge.pulls(clock.now)).open).toMatchObject([{ number: pull.number }]);
    await forge.close(pull.number, 'nothing is left to change');
    expect(await forge.pulls(clock.now)).toMatchObject({
      open: [],
      closed: [{ number: pull.number, state: 'closed' }],
    });
  });

  it('keeps what it knows when a look fails half way', async () => {
    const { forge, standIn, clock, failure } = await forgeSite();
    const { pull } = await forge.create(newPull());
    await forge.pulls(clock.now);
    clock.now += 1000;
    standIn.repository.close(pull.number);
    const end = standIn.faults.add({ on: /pulls/, answer: { status: 502, body: 'Bad Gateway' } });
    expect(await failure(forge.pulls(clock.now - 1000))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
    end();
    expect(await forge.pulls(clock.now - 1000)).toMatchObject({
      open: [],
      closed: [{ state: 'closed' }],
    });
  });
});

describe('opening a pull request', () => {
  it('opens it with labels, made where there is none, and reviewers', async () => {
    const { forge, standIn, counted } = await forgeSite();
    const created = await forge.create(newPull({ labels: ['scaling', 'bug'], reviewers: ['alice', 'acme/platform'] }));
    expect(created).toMatchObject({ isNew: true, warnings: [], pull: { number: 1, labels: ['scaling', 'bug'] } });
    const held = standIn.repository.pull(1);
    expect(held).toMatchObject({ title: 'scale default/web 2 -> 4', body: 'why', base: 'main', author: 'dso-bot' });
    expect(held).toMatchObject({ labels: ['scaling', 'bug'], reviewers: ['alice', 'platform'], isDraft: false });
    expect(standIn.repository.labels).toContain('scaling');
    expect(counted).toHaveLength(3);
  });

  it('gives the one that is there already, and what it lacks', async () => {
    const { forge, standIn } = await forgeSite();
    await forge.create(newPull());
    const again = await forge.create(newPull({ title: 'other', labels: ['scaling'] }));
    expect(again).toMatchObject({
      isNew: false,
      pull: { number: 1, title: 'scale default/web 2 -> 4', labels: ['scaling'] },
    });
    expect(standIn.repository.pulls).toHaveLength(1);
    expect(standIn.repository.pull(1).labels).toEqual(['scaling']);
  });

  it('ends with exactly one when two race', async () => {
    const { forge, standIn, settings, environment, stop, clock } = await forgeSite();
    const other = new GitHubAccounts({ environment, signal: stop.signal, now: () => clock.now });
    const rival = await other.forge(settings, { owner: 'acme', name: 'fleet' });
    const both = await Promise.all([forge.create(newPull()), rival.create(newPull())]);
    expect(both.map(({ pull }) => pull.number)).toEqual([1, 1]);
    expect(both.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(standIn.repository.pulls).toHaveLength(1);
  });

  it('finds the one it has made itself when the answer was lost', async () => {
    const { forge, standIn, failure } = await forgeSite();
    standIn.faults.add({ on: CREATE, times: 1, answer: 'lost' });
    expect(await failure(forge.create(newPull()))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
    expect(await forge.create(newPull())).toMatchObject({ isNew: false, pull: { number: 1 } });
    expect(standIn.repository.pulls).toHaveLength(1);
  });

  it('never repeats a write by itself', async () => {
    const { forge, standIn, failure, counted } = await forgeSite();
    standIn.faults.add({ on: CREATE, answer: failed(502, 'Server Error') });
    expect(await failure(forge.create(newPull()))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
    expect(counted).toHaveLength(1);
  });

  it('tries again while replicas do not know the branch yet, and gives up', async () => {
    const { forge, standIn, failure } = await forgeSite();
    standIn.faults.add({ on: CREATE, times: 2, answer: NOT_YET });
    expect(await forge.create(newPull())).toMatchObject({ isNew: true, pull: { number: 1 } });
    standIn.faults.add({ on: CREATE, answer: NOT_YET });
    const error = await failure(forge.create(newPull({ base: 'other' })));
    expect(error).toMatchObject({ kind: 'later', reason: 'ForgeConflict' });
    expect(error.message).toContain('Could not resolve to a node');
  });

  it('does without a reviewer that is unknown, and says which', async () => {
    const { forge, standIn } = await forgeSite();
    const { warnings } = await forge.create(newPull({ reviewers: ['alice', 'nobody', 'dso-bot', 'bob'] }));
    expect(warnings).toEqual([
      'without reviewer nobody: GitHub knows no collaborator of acme/fleet by this name; correct reviewers, or give them access',
    ]);
    expect(standIn.repository.pull(1).reviewers).toEqual(['alice', 'bob']);
  });

  it('does without labels where they cannot be had, and says so', async () => {
    const { forge, standIn } = await forgeSite();
    standIn.faults.add({ on: /labels$/, answer: failed(403, 'Resource not accessible') });
    const { warnings, pull } = await forge.create(newPull({ labels: ['scaling'] }));
    expect(warnings.join()).toMatch(/^without labels scaling: cannot label pull request 1 at acme\/fleet: HTTP 403/);
    expect(pull.labels).toEqual([]);
  });

  it('fails with NoDifference where the branch holds nothing new', async () => {
    const { forge, standIn, failure } = await forgeSite();
    const { bare } = standIn.repository;
    bare.git('update-ref', 'refs/heads/dso-gitops/same', bare.tip() ?? '');
    const error = await failure(forge.create(newPull({ head: 'dso-gitops/same' })));
    expect(error).toMatchObject({ kind: 'retry', reason: 'NoDifference' });
  });
});

describe('changing a pull request', () => {
  it('changes what is given, comments, and closes with a word', async () => {
    const { forge, standIn } = await forgeSite();
    standIn.repository.bare.git('branch', 'next', 'main');
    await forge.create(newPull());
    expect(await forge.update(1, { body: 'new' })).toMatchObject({ body: 'new', title: 'scale default/web 2 -> 4' });
    expect(await forge.update(1, { title: 'newer' })).toMatchObject({ title: 'newer' });
    await forge.comment(1, 'told');
    expect(await forge.close(1, 'nothing is left')).toMatchObject({ state: 'closed' });
    const { comments, closedBy } = standIn.repository.pull(1);
    expect(comments.map(({ body }) => body)).toEqual(['told', 'nothing is left']);
    expect(closedBy).toBe('dso-bot');
  });

  it('tells that it was merged in that very moment, and says nothing there', async () => {
    const { forge, standIn } = await forgeSite();
    await forge.create(newPull());
    const oid = standIn.repository.merge(1, 'rebase');
    expect(await forge.update(1, { body: 'late' })).toMatchObject({ state: 'merged', mergeOid: oid });
    expect(await forge.close(1, 'never said')).toMatchObject({ state: 'merged' });
    expect(standIn.repository.pull(1).comments).toEqual([]);
  });
});

describe('the stand-in', () => {
  it('holds requests to the description', async () => {
    const { standIn } = await forgeSite();
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const problemsOf = async (method: string, path: string, body?: object): Promise<readonly string[]> => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      await fetch(`${standIn.apiUrl}${path}`, { method, headers, ...sent });
      return standIn.problems.splice(0);
    };
    const pulls = '/repos/acme/fleet/pulls';
    expect(await problemsOf('GET', `${pulls}?state=all`)).toEqual([]);
    expect((await problemsOf('GET', `${pulls}?state=most`)).join()).toMatch(/query state: must be equal to one of/);
    expect((await problemsOf('GET', `${pulls}?heads=x`)).join()).toMatch(/query heads: there is none/);
    const whole = { head: 'dso-gitops/web', base: 'main', title: 't' };
    expect((await problemsOf('POST', pulls, { ...whole, labels: ['x'] })).join()).toMatch(/body labels: there is none/);
    expect((await problemsOf('POST', pulls, { ...whole, base: 1 })).join()).toMatch(/body\/base: must be string/);
    expect((await problemsOf('POST', '/repos/acme/fleet/pull')).join()).toMatch(/this host has no such call/);
    const query = '{ repository(owner: "acme", name: "fleet") { pullRequest(number: 1) { isMerged } } }';
    expect((await problemsOf('POST', '/graphql', { query })).join()).toMatch(/Cannot query field "isMerged"/);
  });

  it.each(['merge', 'squash', 'rebase'] as const)('%s merges as Git does', async (method) => {
    const { forge, standIn } = await forgeSite();
    const { bare } = standIn.repository;
    await forge.create(newPull());
    const head = bare.tip('dso-gitops/web') ?? '';
    bare.commit({ 'other.txt': 'x\n' });
    const before = bare.tip();
    const oid = standIn.repository.merge(1, method);
    expect(bare.tip()).toBe(oid);
    expect(bare.read('scaling/web.yaml')).toBe('replicas: 4\n');
    expect(bare.read('other.txt')).toBe('x\n');
    const parents = bare.git('log', '-1', '--format=%P', oid).trim().split(' ');
    expect(parents).toEqual(method === 'merge' ? [before, head] : [before]);
  });
});
