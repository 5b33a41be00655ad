import { isDeepStrictEqual } from 'node:util';
import { blobId } from '../manifests/blob.ts';
import { recordPath } from '../manifests/layout.ts';
import { isSameOverlay } from '../manifests/overlay-arguments.ts';
import type { DecisionRecord } from '../manifests/record.ts';
import type { Revision } from './decision-history.ts';
import { type Difference, differencesOf } from './differences.ts';
import { type Finding, found } from './finding.ts';
import type { Recompute, Recomputed, Standing } from './recomputation.ts';

/** What making a decision again came to. */
export interface CheckedDecision {
  readonly findings: readonly Finding[];
  /** It follows, and began from what was there: at first sight, or where a person ended a hold. */
  readonly isAnew: boolean;
}

/** Differences that one message tells. */
const MAX_TOLD = 3;

/** Makes a decision again and names what does not follow. What no record says is taken as it would fit. */
export function checkDecision(
  revision: Revision,
  record: DecisionRecord,
  standing: Standing,
  root: string,
  recompute: Recompute,
): CheckedDecision {
  const { metadata, seq, spec, readings } = record;
  const ids = [spec.triggers.map(({ id }) => id), readings.map(({ trigger }) => trigger)] as const;
  if (!isDeepStrictEqual(...ids)) {
    const message = `decision ${seq} has readings of ${ids[1].join(', ') || 'nothing'}; its triggers are ${ids[0].join(', ')}`;
    return { findings: [found(revision, 'WrongTotal', message)], isAnew: false };
  }
  const path = recordPath(root, metadata.namespace, metadata.name);
  if (path !== revision.path) {
    const message = `decision ${seq} is about ${metadata.namespace}/${metadata.name}, whose record is ${path}`;
    return { findings: [found(revision, 'BrokenChain', message)], isAnew: false };
  }
  let likeliest: readonly Finding[] | null = null;
  try {
    for (const again of recompute(record, standing, root)) {
      const findings = compare(revision, record, standing, again);
      if (findings.length === 0) return { findings, isAnew: again.isAnew };
      likeliest ??= findings;
    }
  } catch (error) {
    // Out of range where a decision of ours never is.
    const message = `decision ${seq} cannot be made again: ${error instanceof Error ? error.message : String(error)}`;
    likeliest ??= [found(revision, 'UnreadableRecord', message)];
  }
  return { findings: likeliest ?? [], isAnew: false };
}

function compare(
  revision: Revision,
  record: DecisionRecord,
  standing: Standing,
  again: Recomputed,
): readonly Finding[] {
  const { seq } = record;
  if (!again.record)
    return [found(revision, 'NotDecided', `decision ${seq} would not have been written: ${again.refusal}`)];
  const made = {
    ...again.record,
    // Whether it is the one before is a question to the chain.
    previous: record.previous,
    members: withOverlays(record, standing, again.record, again.overlays),
    ...wordsOf(record, standing, again.record, again),
  };
  const all = differencesOf(record, made);
  const overlays = all.filter(({ at }) => at.startsWith('members.') && /\.(overlay|path)$/.test(at));
  const of = (...keys: readonly string[]): readonly Difference[] =>
    all.filter((one) => keys.includes(one.at.split('.')[0] ?? '') && !overlays.includes(one));
  const [total, split, state] = [of('total', 'readings'), of('members', 'unplaced', 'orphaned'), of('state')];
  const [order, words] = [of('seq'), of('reason', 'steps', 'time')];
  if (order.length > 0) return [found(revision, 'BrokenChain', told(seq, order))];
  // What follows from a number that is wrong itself would only be named a second time.
  if (total.length > 0) return [found(revision, 'WrongTotal', told(seq, total))];
  const findings: Finding[] = [];
  if (split.length > 0) findings.push(found(revision, 'WrongSplit', told(seq, split)));
  else if (overlays.length > 0) findings.push(found(revision, 'WrongOverlay', toldOverlays(record, overlays)));
  if (state.length > 0) findings.push(found(revision, 'WrongState', told(seq, state)));
  if (words.length > 0) findings.push(found(revision, 'WrongWords', told(seq, words)));
  return findings;
}

/** An overlay that does the same is the same, and one that is not here is looked at where it is. */
function withOverlays(
  record: DecisionRecord,
  { written }: Standing,
  made: DecisionRecord,
  overlays: ReadonlyMap<string, string>,
): DecisionRecord['members'] {
  return Object.fromEntries(
    Object.entries(made.members).map(([name, member]) => {
      const says = record.members[name]?.overlay ?? member.overlay;
      const text = written.get(name) ?? null;
      const isHere = text !== null && blobId(text) === says;
      const isSame = !isHere || isSameOverlay(text, overlays.get(name) ?? '');
      return [name, isSame ? { ...member, overlay: says } : member];
    }),
  );
}

/**
 * What moved the total since the record before, and was not delivered then, is told first; nobody can see it again. Where all
 * was delivered, there is nothing of the kind.
 */
function wordsOf(
  { reason, steps, state, total }: DecisionRecord,
  { prior }: Standing,
  made: DecisionRecord,
  { isAnew, hasMoved }: Recomputed,
): Pick<DecisionRecord, 'reason' | 'steps'> {
  const earlier = steps.slice(0, Math.max(0, steps.length - made.steps.length));
  const isEnd = isDeepStrictEqual(steps.slice(earlier.length), made.steps);
  const isAllDelivered = prior !== null && isDeepStrictEqual(prior.state.after, state.before);
  const end = / (\d+)$/.exec(earlier.at(-1) ?? '')?.[1];
  const isPlausible = isAnew || Number(end) === state.before.demand.total;
  if (earlier.length === 0 || !isEnd || isAllDelivered || !isPlausible)
    return { reason: made.reason, steps: made.steps };
  return { steps, reason: hasMoved || total.before === total.after ? made.reason : reason };
}

function told(seq: number, differences: readonly Difference[]): string {
  const parts = differences.slice(0, MAX_TOLD).map(({ at, says, is }) => `${at} is ${says} and should be ${is}`);
  const more = differences.length - parts.length;
  return `in decision ${seq} ${parts.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function toldOverlays({ members, seq }: DecisionRecord, differences: readonly Difference[]): string {
  const names = Object.keys(members).filter((name) => differences.some(({ at }) => at.startsWith(`members.${name}.`)));
  const parts = names
    .slice(0, MAX_TOLD)
    .map((name) => `${members[name]?.path} is not what gives ${name} ${members[name]?.after}`);
  const more = names.length - parts.length;
  return `by decision ${seq} ${parts.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}
