import { ENDED, NEXT_PUSH, NOT_HOME, UNDER_WAY } from '../reconcile/waiting.ts';

const REASONS = new Set([ENDED, NEXT_PUSH, NOT_HOME, ...Object.values(UNDER_WAY)].map(({ reason }) => reason));

/** Whether the reason of what waits says that nothing is wrong: its push has its turn, or is under way. */
export function isOnItsWay(reason: string): boolean {
  return reason === 'Paced' || REASONS.has(reason);
}
