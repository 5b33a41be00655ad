import type { Configuration } from '../config/load.ts';
import { asProductError } from '../errors.ts';
import type { Engine } from '../reconcile/engine.ts';
import { type PullReport, pullReport } from '../reconcile/report.ts';
import type { Context } from './context.ts';

/**
 * Pull requests by the commit that they brought to the base: where they were merged by squash or rebase the host's own, else
 * ours. A host that does not answer is told on standard error, and names none.
 */
export async function pullsByCommit(
  { destinations }: Configuration,
  engine: Engine,
  { now, stderr }: Context,
): Promise<ReadonlyMap<string, PullReport>> {
  const found = new Map<string, PullReport>();
  if (destinations.every(({ pullRequests }) => pullRequests === null)) return found;
  try {
    for (const { pull } of await engine.pullRequests(now())) {
      const report = pullReport(pull);
      if (report && pull.state === 'merged')
        for (const id of [pull.headOid, pull.mergeOid]) found.set(id ?? '', report);
    }
  } catch (thrown) {
    stderr(`pull requests are not named: ${asProductError(thrown).message}\n`);
  }
  return found;
}
