import { describe, expect, it } from 'vitest';
import { GitHubAccounts } from '../../src/forge/github/accounts.ts';
import { forgeSite, newPull } from './forge-site.ts';
import { failed, invalid } from './stand-in/reply.ts';

const CREATE = /^POST .*\/pulls$/;
const NOT_YET = invalid({
  resource: 'PullRequest',
  code: 'custom',
  message: 'Could not resolve to a node with the global id of x',
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

  it('opens it ready for review where there are no drafts', async () => {
    const { forge, standIn } = await forgeSite();
    standIn.repository.flags.allowsDrafts = false;
    const { warnings, pull } = await forge.create(newPull({ isDraft: true }));
    expect(pull.isDraft).toBe(false);
    expect(warnings).toEqual(['the repository takes no drafts: it was opened ready for review']);
  });

  it.each([
    ['BaseBranchMissing', 'act', { base: 'gone' }, /correct branch of the destination/],
    ['HeadBranchMissing', 'retry', { head: 'dso-gitops/gone' }, /pushed again/],
    ['ForgeRefused', 'act', { body: 'x'.repeat(70_000) }, /body is too long/],
  ])('fails with %s', async (reason, kind, given, said) => {
    const { forge, failure } = await forgeSite();
    const error = await failure(forge.create(newPull(given)));
    expect(error).toMatchObject({ kind, reason });
    expect(error.message).toMatch(said);
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
    expect(await forge.update(1, { title: 'newer', base: 'next' })).toMatchObject({ title: 'newer', base: 'next' });
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

describe('merges of the stand-in', () => {
  it.each(['merge', 'squash', 'rebase'] as const)('%s is what Git makes of it', async (method) => {
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
