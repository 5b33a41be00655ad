import { type Candidate, candidateOf } from './candidate.ts';
import { checkInput, sortByName } from './check-input.ts';
import { explainTier } from './explain-tier.ts';
import { giveSeats } from './give-seats.ts';
import { inTiers } from './tiers.ts';

/** A member cluster as the split sees it. */
export interface SplitMember {
  /** Unique among the members; also the last tie-break, by code unit. */
  readonly name: string;
  /** Share relative to the other weights of the tier, integer 0..1_000_000. 0 drains: only `min` is kept. */
  readonly weight: number;
  /** Replicas to hold before weights count, integer >= 0, default 0. Part of the share, not on top of it. */
  readonly min?: number;
  /** Most replicas wanted, integer >= 0, default unbounded. It wins over `min`. */
  readonly max?: number;
  /** Most replicas that fit, integer >= 0, default unbounded. It wins over `min`. */
  readonly capacity?: number;
  /** A down member gets nothing, and its weight does not count. */
  readonly down?: boolean;
  /** Tier, integer >= 0, default 0; higher first. A tier gets only what the higher ones cannot take. */
  readonly priority?: number;
}

/**
 * What decided a number: `weight` normally; `minimum`, `maximum` or `capacity` when that bound binds; `drained` for
 * weight 0 without a minimum; `down`; `tier` when a lower tier is below its exact share because higher ones take it.
 */
export type Reason = 'weight' | 'minimum' | 'maximum' | 'capacity' | 'drained' | 'down' | 'tier';

/** What one member gets. */
export interface Share {
  readonly name: string;
  /** Integer 0..total. */
  readonly replicas: number;
  /** weight * total / sum of the weights of all members that are not down, whatever their tier; 0 when down. */
  readonly exact: number;
  readonly reason: Reason;
}

/** The apportionment of a total: the replicas of the shares and `unplaced` add up to `total`. */
export interface SplitResult {
  readonly total: number;
  /** One share per member, sorted by name in code unit order. */
  readonly shares: readonly Share[];
  /** Replicas that no member could take, 0..total. */
  readonly unplaced: number;
  /** By how many replicas a member (by name) is short of its `min`; only those that are short and not down. */
  readonly minUnmet: Readonly<Record<string, number>>;
}

/**
 * Splits `total` (integer 0..2^31-1) over the members by bounded Webster (Sainte-Lague): stateless, in exact integers,
 * the same result in whatever order the members come.
 *
 * First the seats below the minimums are given, over all tiers, those of weight 0 last; then the rest, tier by tier, as
 * far as max and capacity allow. Both in the order of `precedes`; `key` ("namespace/name" of the workload) breaks ties.
 * No member loses a replica when the total rises, or when another member goes down.
 *
 * Throws a RangeError that says what was expected and found when a number is out of range or a name is there twice.
 * Source of the rule: Karmada >= 1.16 static weights (pkg/util/helper/webstermethod.go), with bounds and tiers added.
 */
export function split(total: number, members: readonly SplitMember[], key: string): SplitResult {
  checkInput(total, members);
  const sorted = sortByName(members);
  const candidates = sorted.map((member) => candidateOf(member, total, key));
  const weighted = candidates.filter(({ weight }) => weight > 0);
  const weightSum = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const left = total - giveMinimums(candidates, weighted, total);
  const unplaced = giveByWeight(weighted, left, total / weightSum);
  const shares = candidates.map(({ name, replicas, weight, reason }) => {
    return { name, replicas, exact: weight === 0 ? 0 : (weight * total) / weightSum, reason };
  });
  return { total, shares, unplaced, minUnmet: unmetMinimums(sorted, candidates) };
}

/** Gives the seats below the minimums as far as `total` goes, those of weight 0 last; returns how many. */
function giveMinimums(candidates: readonly Candidate[], weighted: readonly Candidate[], total: number): number {
  const given = giveSeats(weighted, total);
  if (weighted.length === candidates.length) return given;
  const drained = candidates.filter(({ weight }) => weight === 0);
  return given + giveSeats(drained, total - given);
}

/** Gives `count` seats tier by tier, higher priority first, and sets the reasons; returns what no tier could take. */
function giveByWeight(weighted: readonly Candidate[], count: number, perWeight: number): number {
  const higher: Candidate[] = [];
  let left = count;
  for (const tier of inTiers(weighted)) {
    for (const candidate of tier) candidate.limit = candidate.cap;
    left -= giveSeats(tier, left);
    explainTier(tier, higher, left, perWeight);
    higher.push(...tier);
  }
  return left;
}

function unmetMinimums(members: readonly SplitMember[], candidates: readonly Candidate[]): Record<string, number> {
  const unmet: [string, number][] = [];
  for (const [index, { name, min = 0, down = false }] of members.entries()) {
    const short = min - (candidates[index]?.replicas ?? 0);
    if (short > 0 && !down) unmet.push([name, short]);
  }
  return Object.fromEntries(unmet);
}
