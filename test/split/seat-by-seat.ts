import { type SplitMember, split } from '../../src/split/split.ts';
import { tieBreak } from '../../src/split/tie-break.ts';

interface Seat {
  readonly member: SplitMember;
  readonly number: number;
}

/** What the rule says about one member, straight from `reference/split.md` section 4. */
export function boundsOf({ min = 0, max = Infinity, capacity = Infinity, down = false }: SplitMember) {
  const cap = down ? 0 : Math.min(max, capacity);
  return { cap, low: Math.min(min, cap) };
}

export function weightOf({ weight, down = false }: SplitMember): number {
  return down ? 0 : weight;
}

/** Negative when seat `a` is given before seat `b`. Exact: products in bigint. */
export function compareSeats(a: Seat, b: Seat, key: string): number {
  const left = BigInt(weightOf(a.member)) * (2n * BigInt(b.number) + 1n);
  const right = BigInt(weightOf(b.member)) * (2n * BigInt(a.number) + 1n);
  if (left !== right) return left > right ? -1 : 1;
  if (a.number !== b.number) return a.number - b.number;
  const hashes = tieBreak(a.member.name, key) - tieBreak(b.member.name, key);
  if (hashes !== 0) return hashes;
  return a.member.name < b.member.name ? -1 : 1;
}

/** The rule by its definition, one seat after another: the reference that `split` must equal. */
export function seatBySeat(total: number, members: readonly SplitMember[], key: string) {
  const replicas = new Map(members.map(({ name }) => [name, 0]));
  let left = total;
  const giveWhile = (among: readonly SplitMember[], mayTake: (member: SplitMember, held: number) => boolean) => {
    for (; left > 0; left--) {
      const seats = among.map((member) => ({ member, number: replicas.get(member.name) ?? 0 }));
      const open = seats.filter(({ member, number }) => mayTake(member, number));
      const [first] = open.sort((a, b) => compareSeats(a, b, key));
      if (first === undefined) return;
      replicas.set(first.member.name, first.number + 1);
    }
  };
  giveWhile(members, (member, held) => held < boundsOf(member).low);
  const priorities = [...new Set(members.map(({ priority = 0 }) => priority))].sort((a, b) => b - a);
  for (const tier of priorities) {
    const among = members.filter(({ priority = 0 }) => priority === tier);
    giveWhile(among, (member, held) => weightOf(member) > 0 && held < boundsOf(member).cap);
  }
  return { replicas: Object.fromEntries(replicas), unplaced: left };
}

/** `split` in the form of `seatBySeat`. */
export function counts(total: number, members: readonly SplitMember[], key: string) {
  const { shares, unplaced } = split(total, members, key);
  return { replicas: Object.fromEntries(shares.map(({ name, replicas }) => [name, replicas])), unplaced };
}
