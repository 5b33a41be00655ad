import type { PullRequest } from '../forge/forge.ts';
import { type HeldBack, heldBackVerdict } from './hold-back.ts';
import type { DsoOutcome } from './outcome.ts';
import type { ProposalOutcome } from './proposer.ts';

/** Outcomes with what became of their proposals: which pull request carries them, or why none does. */
export function withProposals(
  outcomes: readonly DsoOutcome[],
  proposals: readonly ProposalOutcome[],
  pullOf: (outcome: DsoOutcome) => PullRequest | null,
): readonly DsoOutcome[] {
  const byKey = new Map(proposals.flatMap((proposal) => proposal.keys.map((key) => [key, proposal] as const)));
  return outcomes.map((outcome) => {
    const pull = pullOf(outcome);
    const proposal = byKey.get(outcome.key);
    if (!proposal) return pull === outcome.pull ? outcome : { ...outcome, pull };
    const heldBack = new Map([...outcome.routing.heldBack].map(([id, one]) => [id, told(one, proposal)]));
    const routing = { ...outcome.routing, heldBack };
    return { ...outcome, pull, routing, verdict: heldBackVerdict(routing) ?? outcome.verdict };
  });
}

function told(held: HeldBack, { pull, error, waiting }: ProposalOutcome): HeldBack {
  if (!held.proposal) return held;
  if (error) return { ...held, reason: error.reason, message: `it cannot be proposed now: ${error.message}` };
  const where = pull ? `; pull request #${pull.number}: ${pull.url}` : '';
  return { ...held, message: `${held.message}${where}${waiting ? `; ${waiting.message}` : ''}` };
}
