import { blobId } from '../manifests/blob.ts';
import { type DecisionRecord, parseRecord } from '../manifests/record.ts';

/** One version of a record in the history of a branch. */
export interface Revision {
  readonly path: string;
  readonly commit: string;
  /** Name of the author of the commit. */
  readonly author: string;
  /** ISO 8601. */
  readonly committedAt: string;
  /** null: the file was removed. */
  readonly text: string | null;
  /** A plain file that is no program; else it is a link, or another repository. */
  readonly isPlain: boolean;
  /** Blobs that it replaced, of each parent that it is told against; null: there was none. */
  readonly replaced: readonly (string | null)[];
}

/**
 * Versions that changed what stood at their paths: against the other parent of a merge one need not be a change.
 *
 * @param versions the oldest first
 */
export function changesOf<T extends Pick<Revision, 'path' | 'text'>>(versions: readonly T[]): readonly T[] {
  const standing = new Map<string, string | null>();
  return versions.filter(({ path, text }) => {
    const isChange = standing.get(path) !== text;
    standing.set(path, text);
    return isChange;
  });
}

/** What one destination tells of the past. */
export interface PastPlace {
  /** Its address, without a secret. */
  readonly repository: string;
  /** The newest first. */
  readonly revisions: readonly Revision[];
}

/** A commit that brought a decision to a destination. */
export interface Carrier {
  readonly repository: string;
  readonly commit: string;
  readonly author: string;
  readonly committedAt: string;
}

/** One decision as it landed: by which commit in the first destination that has it. */
export interface PastDecision extends Carrier {
  /** `namespace/name`. */
  readonly key: string;
  readonly seq: number;
  /** When it was decided, ISO 8601. */
  readonly time: string;
  readonly reason: string;
  readonly total: { readonly before: number | null; readonly after: number };
  /** Counts before and after, by member. */
  readonly members: Readonly<Record<string, { readonly before: number | null; readonly after: number }>>;
  readonly unplaced: number;
  /** The same in other destinations. */
  readonly elsewhere: readonly Carrier[];
}

/**
 * Decisions from the versions of their records, the newest first. A record that several commits of a destination carry, as after
 * a rebase or a revert, is told once: by the commit that brought it first. What is no record is left out.
 *
 * @param places in the order of the configuration
 */
export function decisionsOf(places: readonly PastPlace[]): readonly PastDecision[] {
  const found = new Map<string, PastDecision>();
  for (const { repository, revisions } of places) {
    const told = new Set<string>();
    for (const { text, commit, author, committedAt } of revisions.toReversed()) {
      const record = text === null ? null : parseRecord(text);
      if (!record) continue;
      const carrier = { repository, commit, author, committedAt };
      const decision = pastDecision(record, carrier);
      const id = `${decision.key} ${decision.seq} ${decision.time}`;
      if (told.has(id)) continue;
      told.add(id);
      const known = found.get(id);
      if (!known) found.set(id, decision);
      // Directories of one branch have it by one commit.
      else if (![known, ...known.elsewhere].some((one) => one.commit === commit))
        found.set(id, { ...known, elsewhere: [...known.elsewhere, carrier] });
    }
  }
  return [...found.values()].sort((one, other) => Date.parse(other.time) - Date.parse(one.time) || other.seq - one.seq);
}

/**
 * Decisions that somebody put back, each from when that was committed.
 *
 * @param places in the order of the configuration: the first one that has a DSO is its home
 */
export function putBacksOf(places: readonly PastPlace[]): readonly PastDecision[] {
  const known = new Set<string>();
  return places.flatMap(({ repository, revisions }) => {
    const records = revisions.toReversed().flatMap((revision) => {
      const record = revision.text === null ? null : parseRecord(revision.text);
      return record ? [{ ...revision, decision: pastDecision(record, { repository, ...revision }) }] : [];
    });
    const own = records.filter(({ decision }) => !known.has(decision.key));
    for (const { decision } of own) known.add(decision.key);
    const seen = new Set<string>();
    return changesOf(own).flatMap(({ text, committedAt, decision }) => {
      const id = blobId(text ?? '');
      const isPutBack = seen.has(id);
      seen.add(id);
      return isPutBack ? [{ ...decision, time: committedAt }] : [];
    });
  });
}

function pastDecision(
  { metadata, seq, time, reason, total, members, unplaced }: DecisionRecord,
  { repository, commit, author, committedAt }: Carrier,
): PastDecision {
  const counts = Object.entries(members).map(([name, { before, after }]) => [name, { before, after }] as const);
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    seq,
    time,
    reason,
    total,
    members: Object.fromEntries(counts),
    unplaced,
    repository,
    commit,
    author,
    committedAt,
    elsewhere: [],
  };
}
