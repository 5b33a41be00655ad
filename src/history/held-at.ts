import { blobId } from '../manifests/blob.ts';
import { type LayoutSettings, parseOverlay } from '../manifests/layout.ts';
import { type DecisionRecord, parseRecord } from '../manifests/record.ts';
import type { PastDecision, Revision } from './decision-history.ts';

/** What a branch held of a DSO at an instant: its record of then, and what the overlays really said. */
export interface HeldDecision extends Omit<PastDecision, 'total' | 'members'> {
  /** `after`: the sum of what the members had; null: of one of them it is not known. */
  readonly total: { readonly before: number | null; readonly after: number | null };
  readonly members: Readonly<Record<string, HeldMember>>;
}

/** What a member had. */
export interface HeldMember {
  readonly before: number | null;
  /** null: its overlay set no count, or was not there. */
  readonly after: number | null;
  /** Who wrote it, where that is not what the record says; null: it is. */
  readonly byHand: { readonly commit: string; readonly author: string } | null;
}

/** One destination as it was. */
export interface PastFiles {
  readonly settings: LayoutSettings;
  readonly records: readonly Revision[];
  /** Overlays that the records name, as far as they are in this destination. */
  readonly overlays: readonly Revision[];
}

/** Paths of the overlays below a root that records name. */
export function overlaysOf(records: readonly Revision[], root: string): readonly string[] {
  const members = records.flatMap(({ text }) => Object.values(recordIn(text)?.members ?? {}));
  return members.flatMap(({ path }) => (path.startsWith(`${root}/`) ? path : []));
}

/**
 * What destinations held, sorted by key.
 *
 * @param places in the order of the configuration: the first one that has a record of a DSO is its home
 */
export function heldAt(places: readonly PastFiles[]): readonly HeldDecision[] {
  const held = new Map<string, HeldDecision>();
  for (const { settings, records, overlays } of places) {
    const byPath = new Map(overlays.map((overlay) => [overlay.path, overlay]));
    for (const revision of records) {
      const record = recordIn(revision.text);
      if (!record) continue;
      const key = `${record.metadata.namespace}/${record.metadata.name}`;
      const known = held.get(key) ?? nothingOf(key, record, revision);
      const members = { ...known.members };
      for (const name of Object.keys(known.members)) {
        const overlay = byPath.get(record.members[name]?.path ?? '');
        if (overlay) members[name] = memberOf(name, record, overlay, settings);
      }
      held.set(key, { ...known, members, total: { ...known.total, after: sumOf(members) } });
    }
  }
  return [...held.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
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
    return [name, { before, after: null, byHand: null }];
  });
  const told = { key, seq, time, reason, unplaced, commit, author, committedAt };
  return { ...told, total: { before: total.before, after: null }, members: Object.fromEntries(unknown) };
}

function memberOf(
  name: string,
  { members }: DecisionRecord,
  { text, commit, author }: Revision,
  settings: LayoutSettings,
): HeldMember {
  const { before = null, after = null, overlay = null } = members[name] ?? {};
  if (text === null || blobId(text) === overlay) return { before, after, byHand: null };
  return { before, after: parseOverlay(settings, text).count, byHand: { commit, author } };
}

function sumOf(members: HeldDecision['members']): number | null {
  return Object.values(members).reduce<number | null>(
    (sum, { after }) => (sum === null || after === null ? null : sum + after),
    0,
  );
}
