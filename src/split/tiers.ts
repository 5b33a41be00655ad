import type { Candidate } from './candidate.ts';

/** The candidates by priority, highest first, each tier in the given order. No candidates, no tiers. */
export function inTiers(candidates: readonly Candidate[]): readonly (readonly Candidate[])[] {
  const first = candidates[0];
  if (first === undefined) return [];
  if (candidates.every(({ priority }) => priority === first.priority)) return [candidates];
  const tiers = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    const tier = tiers.get(candidate.priority);
    if (tier === undefined) tiers.set(candidate.priority, [candidate]);
    else tier.push(candidate);
  }
  return [...tiers].sort(([a], [b]) => b - a).map(([, tier]) => tier);
}
