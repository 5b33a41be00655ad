import { cleanText } from '../manifests/clean-text.ts';
import type { Connections } from './connections.ts';
import type { HeldVerdict } from './decision.ts';
import type { DsoOutcome } from './outcome.ts';
import type { FileChange } from './repository.ts';

/** Who did it, and in which commit, belongs to a hold: found for all of a destination together. */
export async function nameCommits(
  outcomes: readonly DsoOutcome[],
  connections: Connections,
): Promise<readonly DsoOutcome[]> {
  const paths = new Map<string, string[]>();
  for (const { verdict } of outcomes) {
    if (verdict.kind !== 'held') continue;
    const { destinationId, path } = verdict;
    const here = paths.get(destinationId);
    if (here) here.push(path);
    else paths.set(destinationId, [path]);
  }
  const changes = new Map<string, ReadonlyMap<string, FileChange>>();
  await Promise.all(
    [...paths].map(async ([id, held]) => {
      const { repository, isBusy } = connections.lane(id);
      // While something else is under way there, what is here has to do. That the history cannot be read ends no hold.
      changes.set(id, (await repository?.lastChanges(held, !isBusy).catch(() => null)) ?? new Map());
    }),
  );
  return outcomes.map((outcome) => {
    const { verdict } = outcome;
    const change = verdict.kind === 'held' ? changes.get(verdict.destinationId)?.get(verdict.path) : undefined;
    return verdict.kind === 'held' && change ? { ...outcome, verdict: named(verdict, change) } : outcome;
  });
}

function named(verdict: HeldVerdict, { commit, author, subject }: FileChange): HeldVerdict {
  const by = `${commit.slice(0, 10)} by ${cleanText(author, 80)}: ${cleanText(subject, 120)}`;
  return { ...verdict, commit, message: `${verdict.message} (commit ${by})` };
}
