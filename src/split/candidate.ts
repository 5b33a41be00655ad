import type { Reason, SplitMember } from './split.ts';

/** A member while its seats are given. Seats are numbered from 0: a member with n replicas holds the seats 0..n-1. */
export interface Candidate {
  readonly name: string;
  readonly key: string;
  /** 0..1_000_000; 0 when down. */
  readonly weight: number;
  /** What orders seats, 1..1_000_000: the weight, or 1 for weight 0, which is only compared with weight 0. */
  readonly pull: number;
  readonly priority: number;
  /** The minimum as far as it can be held, 0..cap. */
  readonly low: number;
  /** The most replicas it can hold, 0..total. */
  readonly cap: number;
  /** Why `cap` is what it is. */
  readonly capReason: 'maximum' | 'capacity';
  /** Replicas so far, 0..cap. */
  replicas: number;
  /** Replicas before the current pass, which takes none of them away. */
  base: number;
  /** The most replicas the current pass may reach. */
  limit: number;
  /** `tieBreak(name, key)`, or NaN until a tie asks for it: a double from the start, for V8. */
  hash: number;
  reason: Reason;
}

export function candidateOf(member: SplitMember, total: number, key: string): Candidate {
  const { name, min = 0, max = Number.POSITIVE_INFINITY, capacity = Number.POSITIVE_INFINITY, down = false } = member;
  const weight = down ? 0 : member.weight;
  const most = Math.min(max, capacity);
  const cap = down ? 0 : Math.min(most, total);
  const low = Math.min(min, cap);
  const capReason = capacity < max ? 'capacity' : 'maximum';
  return {
    name,
    key,
    weight,
    pull: weight === 0 ? 1 : weight,
    priority: member.priority ?? 0,
    low,
    cap,
    capReason,
    replicas: 0,
    base: 0,
    limit: low,
    hash: Number.NaN,
    reason: down ? 'down' : weight > 0 ? 'weight' : min > most ? capReason : min > 0 ? 'minimum' : 'drained',
  };
}
