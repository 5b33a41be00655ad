import { cleanText } from '../manifests/clean-text.ts';
import type { Connections } from './connections.ts';
import type { HeldVerdict } from './decision.ts';
import type { DsoOutcome } from './outcome.ts';
import type { Asking } from './questions.ts';
import type { FileChange, Repository } from './repository.ts';

/** Who did it, and in which commit, belongs to a hold: found for all of a destination together. */
export async function nameCommits(
  outcomes: readonly DsoOutcome[],
  connections: Connections,
  asking: Asking,
): Promise<readonly DsoOutcome[]> {
  const paths = new Map<string, string[]>();
  for (const { verdict } of outcomes) {
    if (verdict.kind !== 'held' || verdict.isNameless) continue;
    const { destinationId, path } = verdict;
    const here = paths.get(destinationId);
    if (here) here.push(path);
    else paths.set(destinationId, [path]);
  }
  const changes = new Map<string, ReadonlyMap<string, FileChange>>();
  await Promise.all(
    [...paths].map(async ([id, held]) => {
      const { questions } = connections.branch(id);
      const question = (repository: Repository) => repository.lastChanges(held);
      const answer = await questions.ask(`last ${held.join(' ')}`, question, asking);
      // That the history cannot be read ends no hold.
      if (answer) changes.set(id, answer);
    }),
  );
  return outcomes.map((outcome) => {
    const { verdict } = outcome;
    if (verdict.kind !== 'held') return outcome;
    const change = changes.get(verdict.destinationId)?.get(verdict.path);
    if (!change) return outcome;
    // Where our own commit is the last one to have written it, it was left out without being written again.
    const isLeftOut = verdict.reason === 'Reverted' && change.isOurs && !/^revert/i.test(change.subject);
    return { ...outcome, verdict: isLeftOut ? leftOut(verdict) : named(verdict, change) };
  });
}

function leftOut(verdict: HeldVerdict): HeldVerdict {
  const message = `${verdict.message} (the branch was set back, or a merge left it out: see its history)`;
  return { ...verdict, message, isNameless: true };
}

function named(verdict: HeldVerdict, { commit, author, subject }: FileChange): HeldVerdict {
  const by = `${commit.slice(0, 10)} by ${cleanText(author, 80)}: ${cleanText(subject, 120)}`;
  return { ...verdict, commit, message: `${verdict.message} (commit ${by})` };
}
