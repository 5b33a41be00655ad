import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../cli/context.ts';
import type { Configuration } from '../config/load.ts';
import { placeOf } from '../config/load-forge.ts';
import { mustAct } from '../errors.ts';
import { NO_CREDENTIALS } from '../repository/environment.ts';
import { checkoutGit } from './changed-line.ts';
import { shallowCheckout } from './hints.ts';
import type { PullRequestEvent, WorkflowRun } from './workflow-run.ts';

/** A branch that no checkout has: what is checked out is read instead, whatever it is called. */
const NO_BRANCH = 'dso-gitops-checkout';

/**
 * The configuration with what is checked out instead of the branch that a pull request goes to, and without what it cannot
 * change: other branches and repositories.
 *
 * @throws ProductError where nothing is left
 */
export function ofCheckout(
  configuration: Configuration,
  { workspace, repository, serverUrl }: WorkflowRun,
  { baseBranch }: PullRequestEvent,
): Configuration {
  const own = `${serverUrl}/${repository.owner}/${repository.name}`;
  const destinations = configuration.destinations.flatMap((destination) => {
    if (destination.branch !== baseBranch || !isSameRepository(destination.url, own)) return [];
    const local = { url: workspace, branch: NO_BRANCH, isBranchCreated: true, isPartial: false, forge: null };
    return [{ ...destination, ...local, credentials: NO_CREDENTIALS, pullRequests: null }];
  });
  if (destinations.length > 0) return { ...configuration, destinations };
  const message = `no destination of ${configuration.file} is branch ${baseBranch} of ${own}, which this pull request goes to: there is nothing to verify; run it for such pull requests only`;
  throw mustAct('InputInvalid', message);
}

/** Whether two URLs name one repository, whichever way each goes. */
function isSameRepository(one: string, other: string): boolean {
  const [here, there] = [one, other].map((url) => {
    const place = placeOf(url);
    return place && `${place.host.replace(/^ssh\./i, '')}/${place.owner}/${place.name}`.toLowerCase();
  });
  return here != null && here === there;
}

/**
 * The commit that a pull request is compared with: of GitHub's merge of it that is checked out the first parent. A merge
 * that the pull request itself brings is none.
 *
 * @throws ProductError where the checkout has nothing to compare with
 */
export async function baseOf(
  workspace: string,
  { headSha, baseSha }: PullRequestEvent,
  { environment, signal }: Context,
): Promise<string> {
  const git = checkoutGit(workspace, environment, signal);
  const parents = (await git.run(['rev-parse', 'HEAD^@'], 'reading the checkout')).trim().split('\n');
  const [first, second] = parents;
  if (parents.length === 2 && first !== undefined && second === headSha) return first;
  try {
    return (await git.run(['merge-base', baseSha, 'HEAD'], 'reading the checkout')).trim();
  } catch {
    throw shallowCheckout();
  }
}

/** Whether a checkout has only a part of the history; Git notes that in a file. */
export async function isShallow(workspace: string): Promise<boolean> {
  return stat(join(workspace, '.git', 'shallow')).then(
    () => true,
    () => false,
  );
}
