import type { Candidate } from './candidate.ts';
import { tieBreak } from './tie-break.ts';

/**
 * Whether seat `seatA` of `a` comes before seat `seatB` of `b`: the strict total order of bounded Webster. The higher
 * pull/(2*seat+1) first, then the lower seat, the lower tie-break hash, the lower name (by code unit).
 *
 * The products stay below 2^53 (10^6 * (2 * (2^31 - 1) + 1) is 4.3 * 10^15), so the comparison is exact.
 */
export function precedes(a: Candidate, seatA: number, b: Candidate, seatB: number): boolean {
  const pullA = a.pull * (2 * seatB + 1);
  const pullB = b.pull * (2 * seatA + 1);
  if (pullA !== pullB) return pullA > pullB;
  if (seatA !== seatB) return seatA < seatB;
  return winsTie(a, b);
}

function winsTie(a: Candidate, b: Candidate): boolean {
  if (Number.isNaN(a.hash)) a.hash = tieBreak(a.name, a.key);
  if (Number.isNaN(b.hash)) b.hash = tieBreak(b.name, b.key);
  if (a.hash !== b.hash) return a.hash < b.hash;
  return a.name < b.name;
}
