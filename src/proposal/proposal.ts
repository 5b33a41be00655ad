import { type DecisionRecord, renderRecord } from '../manifests/record.ts';

/** What a pull request proposes, and for how long that holds. */
export interface Proposal {
  /** Branch that it is merged into. */
  readonly base: string;
  /** What is proposed together; one pull request each. At most 400 UTF-16 units. */
  readonly group: string;
  /** At least one. */
  readonly entries: readonly ProposalEntry[];
  /** The commit that a merge brings. */
  readonly commit: string;
  /** When that was made; epoch milliseconds. */
  readonly builtAt: number;
  /** Of the indexes at the base that it changes, a hash of at most 8 characters; empty: it changes none. */
  readonly ground: string;
  /** Until when the numbers are known to hold; epoch milliseconds. */
  readonly validUntil: number;
  /** Epoch milliseconds. */
  readonly renderedAt: number;
  /** The program and the installation, for people. */
  readonly writtenBy: string;
}

/** One DSO of a proposal. */
export interface ProposalEntry {
  /** `namespace/name`. */
  readonly key: string;
  /** One sentence. */
  readonly reason: string;
  /** Replicas of the whole fleet; before: null where it is not known. */
  readonly total: { readonly before: number | null; readonly after: number };
  /** Members that the repository of this pull request has. */
  readonly members: readonly ProposedMember[];
  /** Text of the decision record. */
  readonly record: string;
  /** Blob id of the record that it replaces; null: there is none. */
  readonly previous: string | null;
  /** The rule that asked for a review; null: all goes by pull request. */
  readonly rule: string | null;
}

/** One member of an entry. */
export interface ProposedMember {
  readonly name: string;
  /** Replicas; null: none is committed. */
  readonly before: number | null;
  readonly after: number;
  /** By weight, 0 to 100. */
  readonly sharePercent: number;
  /** The bound that decided its number instead of the weight; null: none did. */
  readonly bound: 'minimum' | 'maximum' | null;
}

/**
 * An entry as its decision record has it.
 *
 * @param members names of those that the repository of the pull request has
 */
export function proposalEntry(record: DecisionRecord, members: readonly string[], rule: string | null): ProposalEntry {
  const { namespace, name } = record.metadata;
  const all = Object.entries(record.members).map(([member, given]) => ({ ...given, name: member }));
  return {
    key: `${namespace}/${name}`,
    reason: record.reason,
    total: record.total,
    members: proposedMembers(all, new Set(members)),
    record: renderRecord(record),
    previous: record.previous,
    rule,
  };
}

/** One member as it was decided. */
interface DecidedMember extends Pick<ProposedMember, 'name' | 'before' | 'after'> {
  readonly weight: number;
  /** What decided its number; null: it is not known. */
  readonly reason: string | null;
}

/** Some members of an entry, each with its share among all of them. @param shown names */
export function proposedMembers(all: readonly DecidedMember[], shown: ReadonlySet<string>): readonly ProposedMember[] {
  const weights = all.reduce((sum, { weight }) => sum + weight, 0);
  return all
    .filter(({ name }) => shown.has(name))
    .map(({ name, before, after, weight, reason }) => ({
      name,
      before,
      after,
      sharePercent: weights === 0 ? 0 : (100 * weight) / weights,
      bound: reason === 'minimum' || reason === 'maximum' ? reason : null,
    }));
}
