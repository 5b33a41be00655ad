import * as z from 'zod';
import { ProductError } from '../../errors.ts';
import type { GitHubClient } from './client.ts';
import type { FeatureQuestion } from './features.ts';
import { read } from './read.ts';
import type { RepositoryQuestion } from './repository.ts';
import type { RepositoryName } from './settings.ts';

const UPDATE = `mutation ($input: UpdateRefsInput!) {
  updateRefs(input: $input) { clientMutationId }
}`;
/** As the new value of a ref: it goes. */
const NOTHING = '0'.repeat(40);

const RefBody = z.object({ object: z.object({ sha: z.string() }) });

/**
 * See BranchWriter.deleteBranch. Where the host offers it, GitHub itself compares; else the branch is looked at first, and
 * a push between the two requests is lost.
 */
export async function deleteBranch(
  client: GitHubClient,
  repository: RepositoryName & { readonly question: RepositoryQuestion; readonly features: FeatureQuestion },
  branch: string,
  expectedOid: string,
): Promise<void> {
  const { owner, name, question, features } = repository;
  const target = `${owner}/${name}`;
  const doing = `delete branch ${branch}`;
  const ref = { owner, repo: name, ref: `heads/${branch}` };
  const isThere = async (): Promise<boolean> => {
    const answer = await client.rest('GET /repos/{owner}/{repo}/git/ref/{ref}', ref, target, doing, {
      expected: [404],
    });
    if (answer.status === 404) return false;
    const found = read(RefBody, answer.data, doing).object.sha;
    if (found === expectedOid) return true;
    const message = `cannot ${doing} at ${target}: it stands at ${found}, not at ${expectedOid}: somebody has pushed to it; it is looked at again`;
    throw new ProductError('retry', 'LostRace', message);
  };
  if ((await features.features(target)).hasMutation('updateRefs')) {
    const refUpdates = [{ name: `refs/heads/${branch}`, beforeOid: expectedOid, afterOid: NOTHING }];
    const input = { repositoryId: await question.nodeId(), refUpdates };
    try {
      await client.graphql(UPDATE, { input }, target, doing, true);
    } catch (error) {
      const isTransient = error instanceof ProductError && error.kind === 'later';
      // Why it was refused is told by where the branch is.
      if (isTransient || (await isThere())) throw error;
    }
    return;
  }
  if (!(await isThere())) return;
  const route = 'DELETE /repos/{owner}/{repo}/git/refs/{ref}';
  const answer = await client.rest(route, ref, target, doing, { expected: [422] });
  // "Reference does not exist": GitHub deletes branches after a merge by itself, where it is set so.
  if (answer.status === 422 && (await isThere())) {
    const message = `cannot ${doing} at ${target}: HTTP 422; see the rules of the branch, or delete it there`;
    throw new ProductError('act', 'ForgeRefused', message);
  }
}
