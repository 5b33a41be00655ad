import { blobId } from '../manifests/blob.ts';
import { type LayoutSettings, overlayPath, parseOverlay } from '../manifests/layout.ts';
import { type DecisionRecord, parseRecord } from '../manifests/record.ts';
import { recordOf } from './branch.ts';
import type { PastDecision, Revision } from './decision-history.ts';

/** What a branch held of a DSO at an instant: its record of then, and what the overlays really said. */
export interface HeldDecision extends Omit<PastDecision, 'total' | 'members'> {
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

/** One destination as it was. */
export interface PastFiles {
  readonly settings: LayoutSettings;
  readonly records: readonly Revision[];
  /** What was recorded last where there is no record that can be read. */
  readonly lost: readonly (Revision & { readonly lost: LostRecord })[];
  /** Texts of the records that these replaced, by blob id. */
  readonly replaced: ReadonlyMap<string, string>;
  /** Overlays that the records name, as far as they are in this destination. */
  readonly overlays: readonly Revision[];
}

/**
 * The last version of each record that could be read, with the commit that made it what it is; none of one that never could.
 *
 * @param revisions every version of records, the newest first
 * @param paths of those that are lost
 */
export function lastReadable(revisions: readonly Revision[], paths: ReadonlySet<string>): PastFiles['lost'] {
  const losses = new Map<string, LostRecord>();
  const found = new Map<string, PastFiles['lost'][number]>();
  for (const revision of revisions) {
    const { path, commit, author, text } = revision;
    if (!paths.has(path) || found.has(path)) continue;
    const loss = losses.get(path);
    if (recordOf(revision) !== null) {
      if (loss) found.set(path, { ...revision, replaced: [], lost: loss });
    } else if (!loss) losses.set(path, { is: text === null ? 'removed' : 'unreadable', commit, author });
  }
  return [...found.values()];
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

/**
 * What destinations held, sorted by key.
 *
 * @param places in the order of the configuration: the first one that has a record of a DSO is its home
 */
export function heldAt(places: readonly PastFiles[]): readonly HeldDecision[] {
  const held = new Map<string, HeldDecision>();
  for (const { settings, records, lost, replaced, overlays } of places) {
    const byPath = new Map(overlays.map((overlay) => [overlay.path, overlay]));
    for (const revision of [...records.map((one) => ({ ...one, lost: null })), ...lost]) {
      const record = recordIn(revision.text);
      if (!record) continue;
      const key = `${record.metadata.namespace}/${record.metadata.name}`;
      const known = held.get(key) ?? nothingOf(key, record, revision);
      const members = { ...known.members };
      const last = revision.replaced.map((id) => recordIn(replaced.get(id ?? '') ?? null)).find((one) => one !== null);
      // A person put it back where it replaced a later one; any other is only behind.
      const undone = last && last.seq > record.seq ? last : null;
      const standing = { ...revision, record, undone, isBehind: record.seq < known.seq };
      for (const name of Object.keys(known.members)) {
        const overlay = byPath.get(record.members[name]?.path ?? '');
        if (overlay) members[name] = memberOf(name, standing, overlay, settings);
      }
      for (const [name, count] of Object.entries(record.orphaned)) {
        const overlay = byPath.get(orphanPath(settings, name, record));
        if (overlay && !members[name]) members[name] = orphanOf(count, overlay, settings);
      }
      const total = { ...known.total, after: sumOf(members) };
      held.set(key, { ...known, members, total, lost: known.lost ?? revision.lost });
    }
  }
  return [...held.values()].filter(isHeld).sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** A release leaves neither a record nor a count. */
function isHeld({ lost, members }: HeldDecision): boolean {
  return lost === null || Object.values(members).some(({ after }) => after !== null);
}

function recordIn(text: string | null): DecisionRecord | null {
  return text === null ? null : parseRecord(text);
}

/** Before the overlays were looked at. */
function nothingOf(
  key: string,
  { seq, time, reason, total, unplaced, members }: DecisionRecord,
  { commit, author, committedAt }: Revision,
): HeldDecision {
  const unknown = Object.entries(members).map(([name, { before }]): [string, HeldMember] => {
    return [name, { before, after: null, byHand: null, isOrphaned: false }];
  });
  const told = { key, seq, time, reason, unplaced, commit, author, committedAt, lost: null };
  return { ...told, total: { before: total.before, after: null }, members: Object.fromEntries(unknown) };
}

/** A record of a destination, and the commit that brought it. */
interface Standing extends Pick<Revision, 'commit' | 'author'> {
  readonly record: DecisionRecord;
  /** The later one that it was put back for; null: nobody did. */
  readonly undone: DecisionRecord | null;
  /** Home has a later one. */
  readonly isBehind: boolean;
}

function memberOf(name: string, standing: Standing, overlay: Revision, settings: LayoutSettings): HeldMember {
  const { record, undone, isBehind } = standing;
  const { before = null, after = null, overlay: written = null } = record.members[name] ?? {};
  const { text } = overlay;
  const isAsRecorded = text === null || blobId(text) === written;
  if (isAsRecorded && !(undone && isBehind)) return { before, after, byHand: null, isOrphaned: false };
  // What the later one wrote was left: then the record is what a person changed.
  const isLeft = text !== null && undone?.members[name]?.overlay === blobId(text);
  const { commit, author } = isAsRecorded || isLeft ? standing : overlay;
  const count = isAsRecorded ? after : parseOverlay(settings, text).count;
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
