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

/** One decision as it landed. */
export interface PastDecision {
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
  readonly commit: string;
  readonly author: string;
  readonly committedAt: string;
}

/**
 * Decisions from the versions of their records, the newest first. A record that several commits carry, as after a rebase or
 * a revert, is told once: by the commit that brought it first. What is no record is left out.
 */
export function decisionsOf(revisions: readonly Revision[]): readonly PastDecision[] {
  const found = new Map<string, PastDecision>();
  for (const { text, commit, author, committedAt } of revisions.toReversed()) {
    const record = text === null ? null : parseRecord(text);
    if (!record) continue;
    const decision = pastDecision(record, { commit, author, committedAt });
    const id = `${decision.key} ${decision.seq} ${decision.time}`;
    if (!found.has(id)) found.set(id, decision);
  }
  return [...found.values()].sort((one, other) => Date.parse(other.time) - Date.parse(one.time) || other.seq - one.seq);
}

/**
 * Decisions that somebody put back, each from when that was committed.
 *
 * @param places the versions of records in each destination: the first one that has a DSO is its home
 */
export function putBacksOf(places: readonly (readonly Revision[])[]): readonly PastDecision[] {
  const known = new Set<string>();
  return places.flatMap((revisions) => {
    const records = revisions.toReversed().flatMap((revision) => {
      const record = revision.text === null ? null : parseRecord(revision.text);
      return record ? [{ ...revision, decision: pastDecision(record, revision) }] : [];
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
  { commit, author, committedAt }: Pick<PastDecision, 'commit' | 'author' | 'committedAt'>,
): PastDecision {
  const counts = Object.entries(members).map(([name, { before, after }]) => [name, { before, after }] as const);
  const key = `${metadata.namespace}/${metadata.name}`;
  return { key, seq, time, reason, total, members: Object.fromEntries(counts), unplaced, commit, author, committedAt };
}
