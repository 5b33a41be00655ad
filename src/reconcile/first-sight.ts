import type { Dso } from '../api/effective.ts';
import { cooldownOf } from '../api/keda.ts';
import { seedState } from '../demand/state.ts';
import type { DsoState } from '../manifests/record.ts';
import type { DecideInput, Verdict } from './decision.ts';
import type { Landed } from './landed.ts';
import { sumOfKnown } from './outcome.ts';
import { highestNumber, isElsewhere, lastNumber } from './set-back.ts';

/** The state to go on from; null: nothing is known of what runs. */
export function startingState(
  input: DecideInput,
  home: Landed,
  committed: ReadonlyMap<string, number | null>,
): DsoState | null {
  const saved = input.state;
  if (!isAdoption(input, home)) return afterHold(lastState(input, home), input, committed);
  const seq = highestNumber(input);
  const lost = lostCounts(input, home, committed);
  const known = lost.length > 0 ? saidTotal(input, committed) : knownTotal(input, home, committed);
  const createdAt = input.dso.createdAt ?? input.now;
  const isWaiting = input.configuration.firstSight === 'wait' || lost.length > 0;
  if (known === null && isWaiting) return null;
  if (known === null && saved?.isUnproven) return saved;
  const resumed = input.isResumed && isElsewhere(input) ? seq : saved?.resumed;
  return {
    seq,
    hasRecord: false,
    isUnproven: known === null,
    isHeld: false,
    firstSeen: input.now,
    recent: known === null ? [] : [{ total: known, until: input.now }],
    ...(saved?.delivered && { delivered: saved.delivered }),
    ...(resumed !== undefined && { resumed }),
    demand: seedState(known ?? 0, input.now, createdAt),
  };
}

/** Where a hold has ended, what is committed is the new start: nothing is lowered at once. */
function afterHold(
  state: DsoState | null,
  { now }: DecideInput,
  committed: ReadonlyMap<string, number | null>,
): DsoState | null {
  if (!state?.isHeld) return state;
  return { ...state, isHeld: false, demand: seedState(sumOfKnown(committed), now, state.demand.createdAt) };
}

/** At first sight every overlay has to be known: a sum of some of them would be too low. null: they are. */
export function findUncounted(input: DecideInput, home: Landed): Verdict | null {
  if (!isAdoption(input, home)) return null;
  const isKnownToRun = input.state?.isUnproven === false || countsOf(input).some((count) => count !== null);
  for (const { name, destination } of input.members) {
    const overlay = input.landed.get(destination.id)?.overlays.get(name);
    // Where nothing is known to run at all, there is nothing that could be lowered.
    if (!overlay && !isKnownToRun) continue;
    if (!overlay) {
      const message = `what ${name} runs by its overlay cannot be read now, and the others alone are not the total`;
      return { kind: 'wait', reason: 'DestinationUnavailable', message };
    }
    const landed = input.landed.get(destination.id);
    const isOther =
      landed?.record != null && overlay.id !== null && overlayCount(name, landed) === null && !input.isResumed;
    if (overlay.isUnreadable || isOther) {
      const message = `${overlay.path} is not an overlay of dso-gitops, so nobody knows what ${name} runs; restore it, or remove it`;
      return { kind: 'stalled', reason: 'OverlayUnreadable', message };
    }
  }
  return null;
}

/** The count of a member's overlay at a tip, by itself or by the record that stands beside it there; null: not known. */
export function overlayCount(name: string, landed: Landed | undefined): number | null {
  const overlay = landed?.overlays.get(name);
  const recorded = landed?.record?.members[name];
  return overlay?.count ?? (recorded && recorded.overlay === overlay?.id ? recorded.after : null);
}

function countsOf({ landed, members }: DecideInput): readonly (number | null)[] {
  return members.map(({ name, destination }) => overlayCount(name, landed.get(destination.id)));
}

/** Nothing was decided yet, a record that was there and is gone was removed by a person, or a person ends a hold. */
function isAdoption({ state, isResumed }: DecideInput, home: Landed): boolean {
  if (isResumed) return true;
  return !home.record && (!state || state.hasRecord || state.isUnproven);
}

/** What the record or the saved state says, whichever is later; of what landed elsewhere only the state knows. */
export function lastState({ state }: DecideInput, home: Landed): DsoState | null {
  const last = mergedLate(home, state) ?? newer(home.record?.state.after ?? null, state);
  return last && last !== state && state?.delivered ? { ...last, delivered: state.delivered } : last;
}

/**
 * A record that was proposed lands when a person merges it: what was observed since goes on, with the numbers of the record.
 * null: it did not land late.
 */
function mergedLate({ record }: Landed, state: DsoState | null): DsoState | null {
  const merged = record?.state.after;
  if (!merged || !state?.hasRecord || state.isHeld || record.isResumed) return null;
  const isLate = merged.seq > state.seq && state.demand.asOf > merged.demand.asOf;
  return isLate ? { ...merged, demand: state.demand } : null;
}

/**
 * The higher number wins; with equal ones the later, and of two of one instant the other one: while the clock is behind, what
 * is remembered goes on from a record without any time passing.
 */
export function newer(one: DsoState | null, other: DsoState | null): DsoState | null {
  if (!one || !other) return one ?? other;
  if (one.seq !== other.seq) return one.seq > other.seq ? one : other;
  return one.demand.asOf > other.demand.asOf ? one : other;
}

/**
 * Members whose count is gone with the record that told it, where those of others are left: the others alone are not the total,
 * and would be lowered.
 */
export function lostCounts(
  input: DecideInput,
  home: Landed,
  committed: ReadonlyMap<string, number | null>,
): readonly string[] {
  const lost = [...committed].filter(([, count]) => count === null).map(([name]) => name);
  return lost.length < committed.size && !home.record && lastNumber(input) > 0 ? lost : [];
}

/** Why nothing is written. @param lost members whose count is gone */
export function adoptionPending(lost: readonly string[]): Verdict {
  const who = lost.length === 0 ? 'run now;' : `${lost.join(', ')} runs now; restore what was removed,`;
  const message = `nobody knows how many replicas ${who} set the annotation dso-gitops.dev/initial-total, or run apply with --adopt`;
  return { kind: 'wait', reason: 'AdoptionPending', message };
}

/** The first that is known: counts in our overlays, as they were decided last where they were emptied, then what a person says. */
function knownTotal(input: DecideInput, home: Landed, committed: ReadonlyMap<string, number | null>): number | null {
  const last = home.record?.members;
  const counts = [...committed].flatMap(([name, count]) => count ?? last?.[name]?.after ?? []);
  return counts.length === 0 ? saidTotal(input, committed) : counts.reduce((sum, count) => sum + count, 0);
}

/** What a person says. Where something was decided the annotation may be older than that, and lowers nothing. */
function saidTotal(input: DecideInput, committed: ReadonlyMap<string, number | null>): number | null {
  const { adopt, configuration, dso, state } = input;
  if (lastNumber(input) === 0) return dso.initialTotal ?? adopt;
  if (adopt !== null) return adopt;
  const least = Math.max(sumOfKnown(committed), state?.hasRecord ? state.demand.total : 0);
  if (dso.initialTotal !== null) return Math.max(dso.initialTotal, least);
  return configuration.firstSight === 'write' && state?.hasRecord ? least : null;
}

/** What was read and recommended by other triggers, as of another engine, says nothing any more: it goes on from the total. */
export function forTriggers(state: DsoState, { dso, now }: DecideInput): DsoState {
  const { readings, total, asOf, createdAt } = state.demand;
  const known = new Set(dso.demand.triggers.map(({ id }) => id));
  if (readings.length === 0 || readings.some(({ trigger }) => known.has(trigger))) return state;
  return { ...state, demand: seedState(total, Math.max(now, asOf), createdAt) };
}

/** Until when zero is not written for a workload of which nobody knows what runs. */
export function unprovenUntil(state: DsoState, { demand, scaledObject }: Dso): number {
  // What KEDA says counts at once, but for this.
  return state.firstSeen + (scaledObject ? cooldownOf(scaledObject) * 1000 : demand.cooldownMs);
}
