import { digestOf, type Marker, numbersOf, parseMarker } from './marker.ts';
import type { ProposalEntry } from './proposal.ts';

/** Label of a pull request by which a person holds what it proposes. */
export const HOLD_LABEL = 'dso/hold';

/** The pull request that is open for a group. */
export interface OpenProposal {
  readonly body: string;
  readonly labels: readonly string[];
  readonly isAutoMergeArmed: boolean;
}

/** When a branch that is proposed is made anew. */
export interface RebuildSettings {
  /** A total that moves by less than this, in percent of what is proposed, is no reason. */
  readonly thresholdPercent: number;
  readonly minIntervalMs: number;
}

/** Where a group stands. */
export interface Situation {
  /** What is to be proposed now; empty: nothing is left. */
  readonly entries: readonly ProposalEntry[];
  /** Of a workload of which this says true nothing can be said now: what is proposed for it stays. */
  readonly isUnknown: (key: string) => boolean;
  readonly base: string;
  readonly open: OpenProposal | null;
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
  /** Nothing is left to propose. */
  | { readonly kind: 'close' }
  /** It is behind, and stays so for now. */
  | { readonly kind: 'wait'; readonly reason: string; readonly message: string; readonly until: number | null };

/** Decides what is done next. Pure. */
export function nextStep(situation: Situation): Step {
  const { entries, isUnknown, open, now } = situation;
  if (!open) return entries.length > 0 ? { kind: 'create' } : { kind: 'none' };
  if (open.labels.includes(HOLD_LABEL))
    return { kind: 'wait', reason: 'HoldLabel', message: `it carries the label ${HOLD_LABEL}`, until: null };
  const marker = parseMarker(open.body);
  const proposed = Object.keys(marker?.numbers ?? {});
  if (entries.length === 0) return proposed.some(isUnknown) ? { kind: 'none' } : { kind: 'close' };
  if (!marker) return ready(situation, null, { kind: 'rebuild' });
  const isSame = marker.digest === digestOf(situation);
  if (isSame) return marker.validUntil > now ? { kind: 'none' } : { kind: 'refresh', marker };
  return isWorthIt(situation, marker) ? ready(situation, marker, { kind: 'rebuild' }) : { kind: 'none' };
}

/** Whether what is proposed is far enough from what is wanted, or too old to stand any longer. */
function isWorthIt({ entries, isUnknown, now, rebuild }: Situation, { numbers, validUntil }: Marker): boolean {
  if (!numbers || validUntil <= now) return true;
  const wanted = new Map(entries.map((entry) => [entry.key, entry]));
  if (Object.keys(numbers).some((key) => !wanted.has(key) && !isUnknown(key))) return true;
  return entries.some((entry) => {
    const known = numbers[entry.key];
    const [after, previous, split] = numbersOf(entry);
    if (!known || known[1] !== previous) return true;
    const [proposed] = known;
    if (after === proposed) return known[2] !== split;
    if (after === 0 || proposed === 0) return true;
    return Math.abs(after - proposed) * 100 > rebuild.thresholdPercent * proposed;
  });
}

function ready({ open, now, rebuild }: Situation, marker: Marker | null, step: Step): Step {
  if (open?.isAutoMergeArmed)
    return { kind: 'wait', reason: 'AutoMergeArmed', message: 'it is to be merged by itself', until: null };
  const until = (marker?.builtAt ?? 0) + rebuild.minIntervalMs;
  if (until <= now) return step;
  const message = `it was built a short time ago; the next time is ${new Date(until).toISOString()}`;
  return { kind: 'wait', reason: 'RebuiltLately', message, until };
}
