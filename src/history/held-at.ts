import { blobId } from '../manifests/blob.ts';
import { type LayoutSettings, overlayPath, parseOverlay } from '../manifests/layout.ts';
import { type DecisionRecord, parseRecord } from '../manifests/record.ts';
import { recordOf } from './branch.ts';
import { changesOf, type PastDecision, type Revision } from './decision-history.ts';

/** What a branch held of a DSO at an instant: its record of then, and what the overlays really said. */
export interface HeldDecision extends Omit<PastDecision, 'total' | 'members' | 'elsewhere'> {
  /** `after`: the sum of what the members had that were not orphaned; null: of one of them it is not known. */
  readonly total: { readonly before: number | null; readonly after: number | null };
  readonly members: Readonly<Record<string, HeldMember>>;
  /** The commit that removed its record or made it what cannot be read, where what it had set is left; null: it stands. */
  readonly lost: LostRecord | null;
}

/** A record that is not there any more, or cannot be read. */
export interface LostRecord {
  readonly is: 'removed' | 'unreadable';
  readonly commit: string;
  readonly author: string;
}

/** What a member had. */
export interface HeldMember {
  readonly before: number | null;
  /** null: its overlay set no count, or was not there. */
  readonly after: number | null;
  /** Who wrote it, where that is not what the record says; null: it is. */
  readonly byHand: { readonly commit: string; readonly author: string } | null;
  /** It had left the DSO and kept its overlay: no part of the total. */
  readonly isOrphaned: boolean;
}

/** A record as it was then. */
export interface RecordThen extends Revision {
  /** What became of it: then this is what it said last. null: it stands. */
  readonly lost: LostRecord | null;
}

/** One destination as it was. */
export interface PastFiles {
  /** Its address, without a secret. */
  readonly repository: string;
  readonly settings: LayoutSettings;
  readonly records: readonly RecordThen[];
  /** Texts of the records that these replaced, by blob id. */
  readonly replaced: ReadonlyMap<string, string>;
  /** Overlays that the records name, as far as they are in this destination. */
  readonly overlays: readonly Revision[];
}

/**
 * What records said last that are not there any more, or cannot be read; none of one that never could.
 *
 * @param revisions every version of these records, the newest first
 */
export function lastReadable(revisions: readonly Revision[]): readonly RecordThen[] {
  const found = new Map<string, RecordThen>();
  for (const revision of changesOf(revisions.toReversed())) {
    const { path, commit, author, text } = revision;
    const last = found.get(path);
    if (recordOf(revision) !== null) found.set(path, { ...revision, replaced: [], lost: null });
    else if (last) found.set(path, { ...last, lost: { is: text === null ? 'removed' : 'unreadable', commit, author } });
  }
  return [...found.values()].filter(({ lost }) => lost !== null);
}

/** Paths of the overlays below the root of a destination that records name. */
export function overlaysOf(records: readonly Revision[], settings: LayoutSettings): readonly string[] {
  const paths = records.flatMap(({ text }) => {
    const record = recordIn(text);
    if (!record) return [];
    const orphans = Object.keys(record.orphaned).map((name) => orphanPath(settings, name, record));
    return [...Object.values(record.members).map(({ path }) => path), ...orphans];
  });
  return paths.filter((path) => path.startsWith(`${settings.root}/`));
}

/** A record says nothing of where it is. */
function orphanPath(settings: LayoutSettings, member: string, { metadata }: DecisionRecord): string {
  return overlayPath(settings, { member, ...metadata });
}

/** What destinations held, sorted by key. @param places in the order of the configuration */
export function heldAt(places: readonly PastFiles[]): readonly HeldDecision[] {
  const byKey = new Map<string, Copy[]>();
  for (const place of places) {
    const byPath = new Map(place.overlays.map((overlay) => [overlay.path, overlay]));
    for (const revision of place.records) {
      const record = recordOf(revision);
      if (!record) continue;
      const key = `${record.metadata.namespace}/${record.metadata.name}`;
      const replaced = revision.replaced.map((id) => recordIn(place.replaced.get(id ?? '') ?? null));
      // A person put it back where it replaced a later one; any other is only behind.
      const undone = replaced.find((one) => one !== null && one.seq > record.seq) ?? null;
      const copy = { revision, record, undone, byPath, place };
      byKey.set(key, [...(byKey.get(key) ?? []), copy]);
    }
  }
  const held = [...byKey].flatMap(([key, copies]) => heldOf(key, copies) ?? []);
  return held.sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** The record of a DSO in one destination. */
interface Copy {
  readonly revision: RecordThen;
  readonly record: DecisionRecord;
  /** The later one that it was put back for; null: nobody did. */
  readonly undone: DecisionRecord | null;
  readonly byPath: ReadonlyMap<string, Revision>;
  readonly place: PastFiles;
}

/** null: it was released, which leaves neither a record nor a count. */
function heldOf(key: string, copies: readonly Copy[]): HeldDecision | null {
  // Home is where the last decision is: the first of them, and one that stands before one that is lost. It has the last word.
  const inTurn = copies.toReversed().sort((one, other) => rankOf(one) - rankOf(other));
  const home = inTurn.at(-1);
  if (!home) return null;
  const { record, revision, place } = home;
  const members: Record<string, HeldMember> = {};
  for (const [name, { before }] of Object.entries(record.members))
    members[name] = { before, after: null, byHand: null, isOrphaned: false };
  for (const copy of inTurn) {
    for (const name of Object.keys(record.members)) {
      const overlay = copy.byPath.get(copy.record.members[name]?.path ?? '');
      if (overlay) members[name] = memberOf(name, copy, overlay, copy.record.seq < record.seq);
    }
    for (const [name, count] of Object.entries(record.orphaned)) {
      const overlay = copy.byPath.get(orphanPath(copy.place.settings, name, record));
      if (overlay) members[name] ??= orphanOf(count, overlay, copy.place.settings);
    }
  }
  const { commit, author, committedAt, lost } = revision;
  if (lost && Object.values(members).every(({ after }) => after === null)) return null;
  const { seq, time, reason, unplaced } = record;
  const total = { before: record.total.before, after: sumOf(members) };
  const { repository } = place;
  return { key, seq, time, reason, total, members, unplaced, repository, commit, author, committedAt, lost };
}

function rankOf({ revision, record, undone }: Copy): number {
  return (revision.lost ? 0 : Number.MAX_SAFE_INTEGER / 2) + Math.max(record.seq, undone?.seq ?? 0);
}

function recordIn(text: string | null): DecisionRecord | null {
  return text === null ? null : parseRecord(text);
}

/** @param isBehind home has a later record */
function memberOf(name: string, copy: Copy, overlay: Revision, isBehind: boolean): HeldMember {
  const { record, undone, revision, place } = copy;
  const { before = null, after = null, overlay: written = null } = record.members[name] ?? {};
  const { text } = overlay;
  const isAsRecorded = text === null || blobId(text) === written;
  if (isAsRecorded && !(undone && isBehind)) return { before, after, byHand: null, isOrphaned: false };
  // What the later one wrote was left: then the record is what a person changed.
  const isLeft = text !== null && undone?.members[name]?.overlay === blobId(text);
  const { commit, author } = isAsRecorded || isLeft ? revision : overlay;
  const count = isAsRecorded ? after : parseOverlay(place.settings, text).count;
  return { before, after: count, byHand: { commit, author }, isOrphaned: false };
}

/** @param count what it had when it left */
function orphanOf(count: number, { text, commit, author }: Revision, settings: LayoutSettings): HeldMember {
  const after = text === null ? count : parseOverlay(settings, text).count;
  return { before: count, after, byHand: after === count ? null : { commit, author }, isOrphaned: true };
}

function sumOf(members: HeldDecision['members']): number | null {
  const counts = Object.values(members).flatMap(({ after, isOrphaned }) => (isOrphaned ? [] : [after]));
  return counts.reduce<number | null>((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}
