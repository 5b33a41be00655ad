import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../config/load.ts';
import { NO_CREDENTIALS } from '../repository/environment.ts';
import type { WorkflowRun } from './workflow-run.ts';

/** A branch that no checkout has: what is checked out is read instead, whatever it is called. */
const NO_BRANCH = 'dso-gitops-checkout';

/** The configuration with what is checked out instead of the branch, for destinations in the repository of the run. */
export function ofCheckout(
  configuration: Configuration,
  { workspace, repository, serverUrl }: WorkflowRun,
): Configuration {
  const own = `${serverUrl}/${repository.owner}/${repository.name}`.toLowerCase();
  const destinations = configuration.destinations.map((destination) => {
    const url = destination.url.toLowerCase().replace(/(\.git)?\/?$/, '');
    if (url !== own) return destination;
    const local = { url: workspace, branch: NO_BRANCH, isBranchCreated: true, isPartial: false, forge: null };
    return { ...destination, ...local, credentials: NO_CREDENTIALS, pullRequests: null };
  });
  return { ...configuration, destinations };
}

/** Whether a checkout has only a part of the history; Git notes that in a file. */
export async function isShallow(workspace: string): Promise<boolean> {
  return stat(join(workspace, '.git', 'shallow')).then(
    () => true,
    () => false,
  );
}
