import { describe, expect, it } from 'vitest';
import { branch, type ForgeSite, forgeSite, newPull } from './forge-site.ts';

async function withPull(): Promise<ForgeSite & { readonly nodeId: string; readonly head: string }> {
  const site = await forgeSite();
  const { pull } = await site.forge.create(newPull());
  return { ...site, nodeId: pull.nodeId, head: pull.headOid };
}

describe('what reviewers say', () => {
  it('is told by one query', async () => {
    const { forge, standIn, counted } = await withPull();
    standIn.repository.flags.requiredApprovals = 1;
    counted.length = 0;
    expect(await forge.review(1)).toEqual({
      state: 'open',
      decision: 'required',
      approvals: 0,
      mergeable: 'yes',
      isAutoMergeArmed: false,
      isQueued: false,
    });
    expect(counted).toMatchObject([{ method: 'POST', path: '/graphql', status: 200 }]);
  });

  it('follows approvals, demands for changes, and pushes', async () => {
    const { forge, standIn } = await withPull();
    const { repository } = standIn;
    repository.flags.requiredApprovals = 1;
    repository.review(1, 'APPROVED', 'alice');
    expect(await forge.review(1)).toMatchObject({ decision: 'approved', approvals: 1 });
    repository.review(1, 'CHANGES_REQUESTED', 'bob');
    expect(await forge.review(1)).toMatchObject({ decision: 'changesRequested', approvals: 1 });
    branch(standIn, 'dso-gitops/web', { 'scaling/web.yaml': 'replicas: 5\n' });
    expect(await forge.review(1)).toMatchObject({ decision: 'required', approvals: 0 });
  });

  it('tells a conflict, and how it ended', async () => {
    const { forge, standIn } = await withPull();
    const { repository } = standIn;
    repository.bare.commit({ 'scaling/web.yaml': 'replicas: 9\n' });
    expect(await forge.review(1)).toMatchObject({ mergeable: 'conflicting' });
    repository.close(1, 'bob');
    expect(await forge.review(1)).toMatchObject({ state: 'closed' });
    branch(standIn, 'dso-gitops/api', { 'scaling/api.yaml': 'replicas: 4\n' });
    await forge.create(newPull({ head: 'dso-gitops/api' }));
    repository.merge(2, 'squash', 'alice');
    expect(await forge.review(2)).toMatchObject({ state: 'merged' });
  });

  it('fails where there is no such pull request', async () => {
    const { forge, failure } = await forgeSite();
    const error = await failure(forge.review(5));
    expect(error).toMatchObject({ kind: 'act', reason: 'PullRequestMissing' });
  });
});

describe('auto-merge', () => {
  it('is armed, and merges when all is there', async () => {
    const { forge, standIn, nodeId } = await withPull();
    standIn.repository.flags.requiredApprovals = 1;
    await forge.enableAutoMerge(nodeId, 'squash');
    expect(await forge.review(1)).toMatchObject({ isAutoMergeArmed: true });
    expect((await forge.pulls(null)).open).toMatchObject([{ isAutoMergeArmed: true }]);
    standIn.repository.review(1, 'APPROVED');
    expect(await forge.review(1)).toMatchObject({ state: 'merged', isAutoMergeArmed: false });
    expect(standIn.repository.bare.subjects()[0]).toBe('scale default/web 2 -> 4 (#1)');
  });

  it('brings it into the queue where there is one', async () => {
    const { forge, standIn, nodeId } = await withPull();
    Object.assign(standIn.repository.flags, { hasQueue: true, requiredApprovals: 1 });
    await forge.enableAutoMerge(nodeId, 'merge');
    standIn.repository.review(1, 'APPROVED');
    expect(await forge.review(1)).toMatchObject({ state: 'open', isQueued: true });
  });

  it.each([
    [
      'AutoMergeOff',
      { allowsAutoMerge: false },
      /"Allow auto-merge" at http:\/\/127\.0\.0\.1:\d+\/acme\/fleet\/settings/,
    ],
    ['MergeMethodOff', { methods: ['merge' as const] }, /allow this way of merging at/],
    ['AutoMergeUseless', {}, /nothing that a merge would wait for/],
    ['AutoMergeUseless', { requiredApprovals: 0 }, /can be merged now/],
  ])('fails with %s where %j', async (reason, flags, said) => {
    const { forge, standIn, nodeId, failure } = await withPull();
    Object.assign(standIn.repository.flags, flags);
    const error = await failure(forge.enableAutoMerge(nodeId, 'squash'));
    expect(error).toMatchObject({ kind: 'act', reason });
    expect(error.message).toMatch(said);
  });
});

describe('branches and commits', () => {
  it('a branch is deleted only where it is expected to stand', async () => {
    const { forge, standIn, head, failure } = await withPull();
    const moved = branch(standIn, 'dso-gitops/web', { 'scaling/web.yaml': 'replicas: 5\n' });
    expect(await failure(forge.deleteBranch('dso-gitops/web', head))).toMatchObject({
      kind: 'retry',
      reason: 'LostRace',
    });
    expect(standIn.repository.bare.tip('dso-gitops/web')).toBe(moved);
    await forge.deleteBranch('dso-gitops/web', moved);
    expect(standIn.repository.bare.tip('dso-gitops/web')).toBeNull();
    await forge.deleteBranch('dso-gitops/web', moved);
    expect(await forge.review(1)).toMatchObject({ state: 'closed' });
  });

  it('a commit is made on the expected tip alone', async () => {
    const { forge, standIn, failure } = await forgeSite();
    const { bare } = standIn.repository;
    const expectedOid = bare.tip() ?? '';
    const files = new Map([
      ['scaling/a.yaml', 'ä: 1\n'],
      ['base/app.yaml', null],
    ]);
    const commit = { branch: 'main', expectedOid, message: 'scale\n\nwhy\n\nDso: default/web\n', files };
    const oid = await forge.commit(commit);
    expect(bare.tip()).toBe(oid);
    expect(bare.paths()).toEqual(['scaling/a.yaml']);
    expect(bare.read('scaling/a.yaml')).toBe('ä: 1\n');
    expect(bare.log()[0]).toMatchObject({ subject: 'scale', body: 'why\n\nDso: default/web' });
    expect(await failure(forge.commit(commit))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
    expect(bare.log()).toHaveLength(2);
  });

  it('a commit is refused by a protected branch, and by its size before anything is sent', async () => {
    const { forge, standIn, failure, counted } = await forgeSite();
    standIn.repository.flags.requiredApprovals = 1;
    const commit = { branch: 'main', expectedOid: standIn.repository.bare.tip() ?? '', message: 'x' };
    const small = new Map([['a', 'a']]);
    expect(await failure(forge.commit({ ...commit, files: small }))).toMatchObject({ reason: 'ProtectedBranch' });
    counted.length = 0;
    const many = new Map(Array.from({ length: 1001 }, (_, index) => [`f${index}`, 'x'] as const));
    const large = new Map([['f', 'x'.repeat(40_000_001)]]);
    for (const files of [many, large]) {
      const error = await failure(forge.commit({ ...commit, files }));
      expect(error).toMatchObject({ kind: 'act', reason: 'TooLargeForApi' });
      expect(error.message).toMatch(/found (1001 files|1 files with 40\.0 MB)/);
    }
    expect(counted).toEqual([]);
  });

  it('a commit carries a status', async () => {
    const { forge, standIn, failure } = await forgeSite();
    const oid = standIn.repository.bare.tip() ?? '';
    const status = { context: 'dso-gitops', state: 'success' as const, description: 'x'.repeat(200), url: null };
    await forge.setStatus(oid, status);
    expect(standIn.repository.statuses.get(oid)).toMatchObject([
      { context: 'dso-gitops', state: 'success', description: `${'x'.repeat(137)}...` },
    ]);
    const gone = forge.setStatus('1'.repeat(40), { ...status, url: 'https://example.com/' });
    expect(await failure(gone)).toMatchObject({ reason: 'ForgeRefused' });
  });
});
