import { summarize } from '../demand/describe.ts';
import { type Evaluation, lastMove } from '../demand/evaluate.ts';
import type { DsoState } from '../manifests/record.ts';
import type { DecideInput } from './decision.ts';

/** Characters of a sentence that is remembered. */
const MAX_SENTENCE = 1000;

/** What moved the total just now: it may be delivered later, by another process. Empty: nothing did, and what did before stands. */
export function movedBy(
  evaluations: readonly Evaluation[],
  { dso, now }: Pick<DecideInput, 'dso' | 'now'>,
): Pick<DsoState, 'moved'> {
  const changed = lastMove(evaluations);
  return changed ? { moved: { at: now, because: summarize(changed, dso.demand).slice(0, MAX_SENTENCE) } } : {};
}
