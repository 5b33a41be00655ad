import { digestOf, type Marker, nameIn, numbersOf, parseMarker, speaksFor } from './marker.ts';
import type { ProposalEntry } from './proposal.ts';

/** Label of a pull request by which a person holds what it proposes. */
export const HOLD_LABEL = 'dso/hold';

/** The pull request that is open for a group. */
export interface OpenProposal {
  readonly body: string;
  readonly labels: readonly string[];
  /** It merges itself when its checks and reviews are done. */
  readonly isAutoMergeArmed: boolean;
  /** It may be in a merge queue: nobody has looked since a person said no. */
  readonly mayBeQueued: boolean;
}

/** When a branch that is proposed is made anew. */
export interface RebuildSettings {
  /** A total that moves by less than this, in percent of what is proposed, is no reason. */
  readonly thresholdPercent: number;
  readonly minIntervalMs: number;
}

/** Workloads of which nothing can be said now. */
export interface Unknown {
  /** Keys of those that are there. */
  readonly silent: ReadonlySet<string>;
  /** Keys of all that are there, where others may be that cannot be read; null: these are all. */
  readonly present: ReadonlySet<string> | null;
}

/** Where a group stands. */
export interface Situation {
  /** What is to be proposed now; empty: nothing is left. */
  readonly entries: readonly ProposalEntry[];
  /** What is proposed for them stays. */
  readonly unknown: Unknown;
  /** Keys of workloads of the group that a person holds. */
  readonly held: ReadonlySet<string>;
  readonly group: string;
  readonly base: string;
  /** What `Proposal.ground` is now. */
  readonly ground: string;
  readonly open: OpenProposal | null;
  /** Where its branch is; null: it is not there. */
  readonly tip: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly rebuild: RebuildSettings;
}

/** What is done next about the pull request of a group. */
export type Step =
  /** It is as it has to be. */
  | { readonly kind: 'none' }
  | { readonly kind: 'create' }
  /** Another commit and another body: it dismisses approvals, so the reviews are asked before. */
  | { readonly kind: 'rebuild' }
  /** Another body alone. */
  | { readonly kind: 'refresh'; readonly marker: Marker }
  /** It would merge itself against a person's no. */
  | { readonly kind: 'disarm'; readonly message: string }
  /** Nothing is left to propose. */
  | { readonly kind: 'close'; readonly message: string }
  /** It is behind, and stays so for now. */
  | { readonly kind: 'wait'; readonly reason: string; readonly message: string; readonly until: number | null };

/** Decides what is done next. Pure; the text of a pull request is anybody's. */
export function nextStep(situation: Situation): Step {
  const { entries, unknown, open, tip, now } = situation;
  if (!open) return entries.length > 0 ? { kind: 'create' } : { kind: 'none' };
  const found = parseMarker(open.body);
  // What was copied from another one does not speak for it.
  const marker = found?.group === situation.group ? found : null;
  const no = noTo(open, marker, situation.held);
  if (no !== null && (open.isAutoMergeArmed || open.mayBeQueued)) return { kind: 'disarm', message: no };
  if (open.labels.includes(HOLD_LABEL)) return { kind: 'wait', reason: 'HoldLabel', message: LABELLED, until: null };
  const isPartlyUnknown = isAnyUnknown(marker, unknown);
  if (entries.length === 0) return isPartlyUnknown ? { kind: 'none' } : { kind: 'close', message: no ?? NOTHING_LEFT };
  if (!marker) return ready(situation, null);
  const isSame =
    marker.digest === digestOf(situation) && isComplete(situation, marker) && marker.ground === situation.ground;
  // A merge brings what the branch holds, whatever the text says.
  if (tip !== marker.commit) return ready(situation, marker);
  if (isSame) return marker.validUntil > now ? { kind: 'none' } : { kind: 'refresh', marker };
  if (!isWorthIt(situation, marker)) return { kind: 'none' };
  if (!isPartlyUnknown || marker.validUntil <= now) return ready(situation, marker);
  const message =
    'of a workload in it nothing can be said now; it is brought in line when that is known, or its time is over';
  return { kind: 'wait', reason: 'PartlyUnknown', message, until: marker.validUntil };
}

const NOTHING_LEFT = 'nothing is left to change: the branch has these counts already, or they are no longer wanted';
const LABELLED = `it carries the label ${HOLD_LABEL}`;

/** A person's no to some of what is proposed; null: there is none. */
function noTo({ labels }: OpenProposal, marker: Marker | null, held: ReadonlySet<string>): string | null {
  if (labels.includes(HOLD_LABEL)) return LABELLED;
  const found = [...held].find((key) => !marker || speaksFor(marker, key));
  return found === undefined ? null : `${found} is held by a person`;
}

/** Whether the last line still speaks for all of it. */
function isComplete({ entries }: Situation, marker: Marker): boolean {
  return entries.every(({ key }) => speaksFor(marker, key));
}

/** Whether something is proposed of which nothing can be said now; where it is not told what is, anything may be. */
function isAnyUnknown(marker: Marker | null, unknown: Unknown): boolean {
  if (!marker?.numbers) return unknown.silent.size > 0 || unknown.present !== null;
  return Object.keys(marker.numbers).some(unknownIn(marker, unknown));
}

/** Whether something that a marker names is unknown. */
function unknownIn(marker: Marker, { silent, present }: Unknown): (name: string) => boolean {
  const names = (keys: ReadonlySet<string>): ReadonlySet<string> =>
    marker.isShort ? new Set([...keys].map((key) => nameIn(marker, key))) : keys;
  const [silentNames, presentNames] = [names(silent), present && names(present)];
  return (name) => silentNames.has(name) || presentNames?.has(name) === false;
}

/** Whether what is proposed is far enough from what is wanted, or too old to stand any longer. */
function isWorthIt({ entries, unknown, now, rebuild, ground }: Situation, marker: Marker): boolean {
  const { numbers, validUntil } = marker;
  if (!numbers || validUntil <= now || marker.ground !== ground) return true;
  const wanted = new Set(entries.map(({ key }) => nameIn(marker, key)));
  const isUnknown = unknownIn(marker, unknown);
  if (Object.keys(numbers).some((name) => !wanted.has(name) && !isUnknown(name))) return true;
  return entries.some((entry) => {
    const known = numbers[nameIn(marker, entry.key)];
    const [after, previous, split] = numbersOf(entry);
    if (!known || !isBeginning(known[1], previous)) return true;
    const [proposed] = known;
    if (after === proposed) return !isBeginning(known[2], split);
    if (after === 0 || proposed === 0) return true;
    return Math.abs(after - proposed) * 100 > rebuild.thresholdPercent * proposed;
  });
}

/** Nothing is the beginning of nothing alone. */
function isBeginning(start: string, whole: string): boolean {
  return start === '' ? whole === '' : whole.startsWith(start);
}

function ready({ now, rebuild }: Situation, marker: Marker | null): Step {
  // A time that lies ahead was not written by us.
  const until = Math.min(marker?.builtAt ?? 0, now) + rebuild.minIntervalMs;
  if (marker === null || until <= now) return { kind: 'rebuild' };
  const message = `it was built a short time ago; the next time is ${new Date(until).toISOString()}`;
  return { kind: 'wait', reason: 'RebuiltLately', message, until };
}
