import { expect, it } from 'vitest';
import { type ForgeSite, forgeSite, newPull, type SiteSettings } from './forge-site.ts';

/** The oldest that is described, without what its GraphQL may lack. */
const OLD: SiteSettings = {
  enterprise: 'ghes-3.17',
  lacking: [
    'PullRequest.isInMergeQueue',
    'PullRequest.mergeQueueEntry',
    'PullRequest.mergeStateStatus',
    'PullRequest.statusCheckRollup',
    'Mutation.updateRefs',
  ],
};

/** All that the product does there; requests and answers are held to the server's own description. */
async function everything({ forge, standIn, clock }: ForgeSite): Promise<void> {
  const { repository } = standIn;
  const start = clock.now;
  repository.flags.requiredApprovals = 1;
  const { pull } = await forge.create(newPull({ labels: ['scaling'], reviewers: ['alice'] }));
  await forge.update(pull.number, { body: 'new' });
  await forge.comment(pull.number, 'told');
  await forge.setStatus(pull.headOid, { context: 'c', state: 'success', description: 'd', url: null });
  await forge.enableAutoMerge(pull.nodeId, 'squash');
  expect(await forge.repository()).toMatchObject({ fullName: 'acme/fleet' });
  expect((await forge.pulls(start)).open).toMatchObject([{ number: 1, body: 'new', isAutoMergeArmed: true }]);
  repository.review(1, 'APPROVED');
  expect((await forge.pulls(start)).closed).toMatchObject([{ number: 1, state: 'merged' }]);
  expect(await forge.review(1)).toMatchObject({ state: 'merged' });
  await forge.deleteBranch('dso-gitops/web', pull.headOid);
  expect(repository.bare.tip('dso-gitops/web')).toBeNull();
}

it('an Enterprise Server does all of it without calls that it lacks', async () => {
  const site = await forgeSite(OLD);
  await everything(site);
  const paths = new Set(site.counted.map(({ path }) => path.split('/').slice(0, 3).join('/')));
  expect(paths).toEqual(new Set(['/api/v3', '/api/graphql']));
});

it('what a server cannot tell is told as not known, after one question', async () => {
  const { forge, counted } = await forgeSite(OLD);
  await forge.create(newPull());
  counted.length = 0;
  expect(await forge.review(1)).toMatchObject({ isQueued: null, mergeable: 'yes' });
  await forge.review(1);
  expect(counted).toHaveLength(3);
});

it('a server that has it all is asked for all', async () => {
  const { forge } = await forgeSite({ enterprise: 'ghes-3.17' });
  await forge.create(newPull());
  expect(await forge.review(1)).toMatchObject({ isQueued: false });
});

it('a branch of an old server is deleted only where it is expected to stand', async () => {
  const { forge, standIn, failure } = await forgeSite(OLD);
  const tip = standIn.repository.bare.tip('dso-gitops/web') ?? '';
  expect(await failure(forge.deleteBranch('dso-gitops/web', '1'.repeat(40)))).toMatchObject({ reason: 'LostRace' });
  await forge.deleteBranch('dso-gitops/web', tip);
  await forge.deleteBranch('dso-gitops/web', tip);
  expect(standIn.repository.bare.tip('dso-gitops/web')).toBeNull();
});

it('the bot of an App has an address at the server', async () => {
  const { forge, standIn } = await forgeSite({ ...OLD, isApp: true });
  const host = new URL(standIn.apiUrl).host;
  expect((await forge.commitAuthor())?.email).toMatch(new RegExp(`@users\\.noreply\\.${host}$`));
});
