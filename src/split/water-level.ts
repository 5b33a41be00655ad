import type { Candidate } from './candidate.ts';

/**
 * The level at which the shares `level * pull`, each kept within base..limit, add up to `seats`.
 *
 * Solved like the flexible lengths of CSS flexbox: divide what is left by the pulls that are left, freeze the side
 * (below base or above limit) that is violated more, repeat. Without a binding bound it is one pass. The result is as
 * exact as a double; the caller corrects by whole seats.
 */
export function waterLevel(candidates: readonly Candidate[], seats: number): number {
  let free = candidates;
  let left = seats;
  for (;;) {
    let pull = 0;
    for (const candidate of free) pull += candidate.pull;
    const level = left / pull;
    const violation = violationAt(free, level);
    if (violation === 0) return level;
    const stillFree: Candidate[] = [];
    for (const candidate of free) {
      const share = level * candidate.pull;
      if (violation < 0 && share < candidate.base) left -= candidate.base;
      else if (violation > 0 && share > candidate.limit) left -= candidate.limit;
      else stillFree.push(candidate);
    }
    if (stillFree.length === 0) return level;
    free = stillFree;
  }
}

/** By how much the shares at `level` exceed their limits, less by how much they miss their bases. */
function violationAt(candidates: readonly Candidate[], level: number): number {
  let violation = 0;
  for (const candidate of candidates) {
    const share = level * candidate.pull;
    if (share < candidate.base) violation -= candidate.base - share;
    else if (share > candidate.limit) violation += share - candidate.limit;
  }
  return violation;
}
