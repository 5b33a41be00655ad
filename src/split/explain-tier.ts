import type { Candidate } from './candidate.ts';
import { precedes } from './seat-order.ts';

/**
 * Sets the `reason` of the members of one tier, all of weight > 0, after the seats of this tier are given.
 *
 * A bound is the reason only when it binds: without the maximum (or capacity) the member would hold a further replica,
 * without the minimum its last replica would be elsewhere. `higher` are the members of the higher tiers, `overflow` is
 * what this tier could not take, `perWeight` is total / sum of weights, in replicas.
 */
export function explainTier(
  tier: readonly Candidate[],
  higher: readonly Candidate[],
  overflow: number,
  perWeight: number,
): void {
  const isAfterOthers = higher.some(({ replicas }) => replicas > 0);
  if (!isAfterOthers && !tier.some(isAtBound)) return;
  const isRoomAbove = higher.some(({ replicas, cap }) => replicas < cap);
  const worst = worstSeatByWeight(tier);
  const open = bestOpenSeat(tier);
  for (const candidate of tier) {
    const { replicas, low, cap } = candidate;
    if (replicas === low && low > 0 && (isRoomAbove || (open && precedes(open, open.replicas, candidate, low - 1)))) {
      candidate.reason = 'minimum';
    } else if (replicas === cap && (overflow > 0 || (worst && precedes(candidate, cap, worst, worst.replicas - 1)))) {
      candidate.reason = candidate.capReason;
    } else if (isAfterOthers && replicas < candidate.weight * perWeight) {
      candidate.reason = 'tier';
    }
  }
}

function isAtBound({ replicas, low, cap }: Candidate): boolean {
  return replicas === cap || (replicas === low && low > 0);
}

/** The member that holds the last seat the weights have given in this tier. */
function worstSeatByWeight(tier: readonly Candidate[]): Candidate | undefined {
  let worst: Candidate | undefined;
  for (const candidate of tier) {
    if (candidate.replicas <= candidate.low) continue;
    if (!worst || precedes(worst, worst.replicas - 1, candidate, candidate.replicas - 1)) worst = candidate;
  }
  return worst;
}

/** The member that the next replica of this tier would go to. */
function bestOpenSeat(tier: readonly Candidate[]): Candidate | undefined {
  let open: Candidate | undefined;
  for (const candidate of tier) {
    if (candidate.replicas >= candidate.cap) continue;
    if (!open || precedes(candidate, candidate.replicas, open, open.replicas)) open = candidate;
  }
  return open;
}
