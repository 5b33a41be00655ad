import { isDeepStrictEqual } from 'node:util';
import { observe } from '../demand/advance.ts';
import type { Reading } from '../demand/reading.ts';
import { blobId } from '../manifests/blob.ts';
import { type DecisionRecord, parseRecord, RULES_VERSION } from '../manifests/record.ts';
import { split } from '../split/split.ts';
import type { Revision } from './decision-history.ts';

/** Something that does not follow. */
export interface Finding {
  /** HandEdit, UnreadableRecord, BrokenChain, MissingOverlay, WrongTotal, WrongSplit. */
  readonly reason: string;
  readonly path: string;
  readonly commit: string;
  readonly author: string;
  readonly message: string;
}

/** What a check of the past came to. */
export interface Verification {
  readonly findings: readonly Finding[];
  /** Decisions that were computed again. */
  readonly recomputed: number;
  /** Decisions of other rules: nothing is said about their numbers. */
  readonly notRecomputed: number;
  /** Commits that put an older record back: a person's right, told and not counted as a finding. */
  readonly reverts: readonly Pick<Finding, 'path' | 'commit' | 'author'>[];
}

/**
 * Computes every decision again from its own arguments, checks that each record follows the one before, that every overlay
 * is one that a record names, and that every overlay that a record names was there. Proves that they agree with each other, not who wrote them.
 *
 * @param records versions of the records, the newest first
 * @param overlays versions of the overlays, the newest first
 */
export function verify(records: readonly Revision[], overlays: readonly Revision[]): Verification {
  const findings: Finding[] = [];
  const reverts: Pick<Finding, 'path' | 'commit' | 'author'>[] = [];
  const recorded = new Set<string>();
  const written = blobsByPath(overlays);
  let recomputed = 0;
  let notRecomputed = 0;
  for (const versions of byPath(records).values()) {
    const seen = new Set<string>();
    let before: string | null = null;
    for (const revision of versions) {
      const { text, path, commit, author } = revision;
      const id = text === null ? null : blobId(text);
      const record = text === null ? null : parseRecord(text);
      const isAgain = id !== null && seen.has(id);
      if (isAgain) reverts.push({ path, commit, author });
      else if (text !== null && !record)
        findings.push(found(revision, 'UnreadableRecord', 'is not a record that can be read'));
      else if (record) {
        for (const { path: overlay, overlay: blob } of Object.values(record.members))
          recorded.add(`${overlay} ${blob}`);
        findings.push(...checkChain(revision, record, before), ...checkOverlays(revision, record, written));
        if (record.rules === RULES_VERSION) findings.push(...recompute(revision, record));
        if (record.rules === RULES_VERSION) recomputed += 1;
        else notRecomputed += 1;
      }
      if (id !== null) seen.add(id);
      before = id;
    }
  }
  findings.push(...overlays.flatMap((revision) => checkOverlay(revision, recorded)));
  return { findings, recomputed, notRecomputed, reverts };
}

/** Versions by path, the oldest first. */
function byPath(revisions: readonly Revision[]): ReadonlyMap<string, readonly Revision[]> {
  const paths = new Map<string, Revision[]>();
  for (const revision of revisions.toReversed()) {
    const versions = paths.get(revision.path);
    if (versions) versions.push(revision);
    else paths.set(revision.path, [revision]);
  }
  return paths;
}

function checkChain(revision: Revision, record: DecisionRecord, before: string | null): readonly Finding[] {
  if (record.previous === before) return [];
  const said = record.previous === null ? 'to be the first' : `to replace ${record.previous.slice(0, 10)}`;
  const was = before === null ? 'there was none' : `before it was ${before.slice(0, 10)}`;
  const message = `decision ${record.seq} says ${said}, ${was}: a record is missing, or was changed or forged`;
  return [found(revision, 'BrokenChain', message)];
}

/** Every version that a file ever had, by path. */
function blobsByPath(revisions: readonly Revision[]): ReadonlyMap<string, ReadonlySet<string>> {
  const blobs = new Map<string, Set<string>>();
  for (const { path, text } of revisions) {
    const known = blobs.get(path) ?? new Set();
    if (text !== null) known.add(blobId(text));
    blobs.set(path, known);
  }
  return blobs;
}

/** What a record says was written has to be in the history; a path that never was here belongs to another destination. */
function checkOverlays(
  revision: Revision,
  { members, seq }: DecisionRecord,
  written: ReadonlyMap<string, ReadonlySet<string>>,
): readonly Finding[] {
  return Object.entries(members).flatMap(([name, { path, overlay, after }]) => {
    if (written.get(path)?.has(overlay) !== false) return [];
    const message = `decision ${seq} gives ${name} ${after} by an overlay that never was at ${path}`;
    return [found(revision, 'MissingOverlay', message)];
  });
}

function recompute(revision: Revision, record: DecisionRecord): readonly Finding[] {
  const { state, spec, time, total, metadata, seq } = record;
  const readings = new Map(record.readings.map(({ trigger, reading }) => [trigger, readingOf(reading)]));
  const missing = spec.triggers.filter(({ id }) => !readings.has(id));
  if (missing.length > 0)
    return [found(revision, 'WrongTotal', `decision ${seq} has no reading for ${missing[0]?.id}`)];
  const findings: Finding[] = [];
  const after = observe(state.before.demand, spec, readings, Date.parse(time)).state;
  if (seq <= state.before.seq || seq !== state.after.seq) {
    const message = `decision ${seq} says it follows ${state.before.seq} and is ${state.after.seq}`;
    findings.push(found(revision, 'BrokenChain', message));
  }
  if (after.total !== total.after || !isDeepStrictEqual(after, state.after.demand)) {
    const message = `decision ${seq} says a total of ${total.after}; its readings, spec and state come to ${after.total}`;
    findings.push(found(revision, 'WrongTotal', message));
  }
  const members = Object.entries(record.members).map(([name, { weight, min, max, priority }]) => {
    return max === null ? { name, weight, min, priority } : { name, weight, min, max, priority };
  });
  const result = split(total.after, members, `${metadata.namespace}/${metadata.name}`);
  for (const { name, replicas } of result.shares) {
    const says = record.members[name]?.after;
    if (says === replicas) continue;
    const message = `decision ${seq} gives ${name} ${says}; ${total.after} by its weights and bounds gives ${replicas}`;
    findings.push(found(revision, 'WrongSplit', message));
  }
  if (result.unplaced !== record.unplaced)
    findings.push(
      found(revision, 'WrongSplit', `decision ${seq} leaves ${record.unplaced} unplaced; it is ${result.unplaced}`),
    );
  return findings;
}

function readingOf(reading: DecisionRecord['readings'][number]['reading']): Reading {
  if ('value' in reading) return { kind: 'value', value: reading.value };
  return { kind: 'missing', reason: reading.missing, message: reading.message };
}

/** An overlay without a count waits to be wired, and an index is none: neither is in a record. */
function checkOverlay(revision: Revision, recorded: ReadonlySet<string>): readonly Finding[] {
  const { path, text } = revision;
  if (text === null || recorded.has(`${path} ${blobId(text)}`) || !hasCount(text)) return [];
  return [found(revision, 'HandEdit', 'was changed by hand: no record names this content')];
}

function hasCount(text: string): boolean {
  return !/^(patches: \[\]|components:|\{\})/m.test(text);
}

function found({ path, commit, author }: Revision, reason: string, message: string): Finding {
  return { reason, path, commit, author, message };
}
