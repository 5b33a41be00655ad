import type { DecisionRecord, DsoState } from '../manifests/record.ts';

/** What is remembered of a record that was read or written: a fleet's whole records would fill the memory. */
export interface LandedRecord
  extends Pick<DecisionRecord, 'owner' | 'seq' | 'time' | 'reason' | 'total' | 'orphaned' | 'target'> {
  /** Blob id of its text. */
  readonly id: string;
  /** A person ended a hold by it: it began from what was committed. */
  readonly isResumed: boolean;
  /** By member; members with the same numbers are one object. */
  readonly members: Readonly<Record<string, LandedMember>>;
  /** Of the overlays, in the order of the members. */
  readonly paths: readonly string[];
  readonly state: { readonly before: Pick<DsoState, 'recent'>; readonly after: DsoState };
}

/** What is remembered of one member of a record. */
export type LandedMember = Pick<DecisionRecord['members'][string], 'before' | 'after' | 'targetNamespace' | 'overlay'>;

/** What the tip of a destination's branch holds of one DSO. */
export interface Landed {
  /** null: none, or one that cannot be read. */
  readonly record: LandedRecord | null;
  /** Text of the record; only at home, and only where another destination has another one. */
  readonly recordText: string | null;
  /** Blob id; null: there is no file. */
  readonly recordId: string | null;
  /** A person's explicit no; null: there is none. Only at home. */
  readonly hold: { readonly by: string; readonly reason: string } | null;
  /** When a person ended the last hold, epoch milliseconds; null: there was none, or it holds. Only at home. */
  readonly resumedAt: number | null;
  /** By member. */
  readonly overlays: ReadonlyMap<string, LandedOverlay>;
}

/** One overlay at the tip. */
export interface LandedOverlay {
  /** Where it is, or belongs. */
  readonly path: string;
  /** Blob id; null: there is no file. */
  readonly id: string | null;
  /** The count in it; null: none, or not asked. Needed only where no record tells it. */
  readonly count: number | null;
  /** It was asked and is none of ours: nobody knows what the member runs by it. */
  readonly isUnreadable: boolean;
  /** Whether the member applies it. */
  readonly listing: Listing;
}

/**
 * What the index of a namespace says of an overlay: it lists it, leaves it out, is none of ours and does not leave it out, or
 * is not there. Where the layout has no index, all overlays are listed.
 */
export type Listing = 'listed' | 'leftOut' | 'foreign' | 'absent';

/** Whether the overlay of a member is another one than the record beside it names. */
export function isChangedByHand(name: string, landed: Landed | undefined): boolean {
  const written = landed?.record?.members[name]?.overlay;
  const id = landed?.overlays.get(name)?.id;
  return written !== undefined && id != null && id !== written;
}

/** What is remembered of a record. @param id blob id of its text */
export function landedRecord(
  { owner, seq, time, reason, total, orphaned, target, members, state, resumed }: DecisionRecord,
  id: string,
): LandedRecord {
  const shared = new Map<string, LandedMember>();
  const kept = Object.entries(members).map(([name, { before, after, targetNamespace, overlay }]) => {
    const alike = `${before} ${after} ${targetNamespace} ${overlay}`;
    const member = shared.get(alike) ?? { before, after, targetNamespace, overlay };
    shared.set(alike, member);
    return [name, member] as const;
  });
  return {
    id,
    isResumed: resumed !== undefined,
    owner,
    seq,
    time,
    reason,
    total,
    orphaned,
    target,
    members: Object.fromEntries(kept),
    paths: Object.values(members).map(({ path }) => path),
    state: { before: { recent: state.before.recent }, after: state.after },
  };
}

/** Where the overlays of a record are, by member. */
export function pathsIn({ members, paths }: LandedRecord): ReadonlyMap<string, string> {
  return new Map(Object.keys(members).map((name, index) => [name, paths[index] ?? '']));
}
