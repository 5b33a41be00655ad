import type { Dso } from '../api/effective.ts';
import { withRecent } from '../delivery/recent.ts';
import { observe } from '../demand/advance.ts';
import type { Evaluation } from '../demand/evaluate.ts';
import { nextDeadline, seedState } from '../demand/state.ts';
import { blobId } from '../manifests/blob.ts';
import { cleanText } from '../manifests/clean-text.ts';
import { holdPath, renderHold } from '../manifests/hold.ts';
import { type DsoState, MAX_RECORD_LENGTH, renderRecord } from '../manifests/record.ts';
import { type SplitResult, split } from '../split/split.ts';
import { behindOf, isAsRecorded } from './behind.ts';
import type { Decided, DecideInput, PersonsWord, Verdict } from './decision.ts';
import {
  adoptionPending,
  findUncounted,
  forTriggers,
  lastState,
  lostCounts,
  newer,
  overlayCount,
  startingState,
  unprovenUntil,
} from './first-sight.ts';
import { isChangedByHand, type Landed, type LandedRecord, landedRecord } from './landed.ts';
import { makeRecord } from './make-record.ts';
import { movedBy } from './moved-by.ts';
import { changesOf, renderAll, renderMember } from './render-changes.ts';
import { findSetBack, knowingSetBack, lastNumber, withLanded } from './set-back.ts';
import { findForeignOwner, findHidden, findStop, heldBy, holdEnded } from './stops.ts';

/** State further ahead of the clock than this is not trusted to lower anything. */
const MAX_SKEW_MS = 300_000;

/** The pure core: the same arguments give the same bytes. */
export function decide(input: DecideInput): Decided {
  const home = input.landed.get(input.home.id);
  if (!home) throw new Error(`destination ${input.home.id} of ${input.dso.key} was not read`);
  const committed = committedCounts(input, home, input.isResumed);
  const foreign = findForeignOwner(input);
  if (foreign) return idle(input, home, foreign, input.state, committed, [], null);
  if (input.person && (!input.isResumed || home.hold)) return mark(input, home, committed, input.person);
  const stopped = findStop(input, home);
  if (stopped?.kind === 'held')
    // By the overlays themselves: a person may have set some of them back.
    return idle(input, home, stopped, heldState(input, home), committedCounts(input, home, true), [], null);
  if (stopped) return idle(input, home, stopped, input.state, committed, [], null);
  const hidden = findHidden(input);
  if (hidden) return idle(input, home, hidden, input.state, committed, [], null);
  const uncounted = findUncounted(input, home);
  if (uncounted) return idle(input, home, uncounted, input.state, committed, [], null);
  const start = startingState(input, home, committed);
  if (!start) {
    const verdict = adoptionPending(lostCounts(input, home, committed));
    // That a person ended the hold stands in Git: other processes know it, and what was decided is forgotten by none.
    if (input.isResumed && input.person) return { ...mark(input, home, committed, input.person), verdict };
    return withPlaceholders(input, home, verdict, null, committed, []);
  }
  const before = forTriggers(withLanded(start, input), input);
  const readings = new Map([...input.readings].map(([trigger, { reading }]) => [trigger, reading]));
  const observed = observe(before.demand, input.dso.demand, readings, input.now);
  const isSkewed = before.demand.asOf - input.now > MAX_SKEW_MS && observed.state.total < before.demand.total;
  if (isSkewed) {
    const message = `the clock is more than 5 minutes behind the state (${iso(before.demand.asOf)}); nothing is lowered`;
    const verdict = { kind: 'wait', reason: 'ClockSkew', message } as const;
    return idle(input, home, verdict, input.state, committed, [], before.demand.asOf - MAX_SKEW_MS);
  }
  const state: DsoState = { ...before, demand: observed.state, ...movedBy(observed.evaluations, input) };
  const isSeen =
    input.dso.demand.pause.kind === 'replicas' || state.demand.readings.some(({ reading }) => reading.kind === 'value');
  // A zero that nothing was read for is no number, however long it stands.
  if (state.isUnproven && state.demand.total === 0 && (!isSeen || input.now <= unprovenUntil(state, input.dso))) {
    const message = isSeen
      ? `nothing is known to run; 0 is written at ${iso(unprovenUntil(state, input.dso) + 1)} unless a reading says otherwise`
      : 'nothing is known to run and no trigger can be read; nothing is written before one can';
    return withPlaceholders(
      input,
      home,
      { kind: 'wait', reason: 'FirstSight', message },
      state,
      committed,
      observed.evaluations,
    );
  }
  return deliver(input, home, committed, before, state, observed.evaluations);
}

function deliver(
  input: DecideInput,
  home: Landed,
  committed: ReadonlyMap<string, number | null>,
  before: DsoState,
  state: DsoState,
  evaluations: readonly Evaluation[],
): Decided {
  const result = splitOver(input, state.demand.total);
  const behind = behindOf(input, home);
  const shares = new Map(result.shares.map((share) => [share.name, share]));
  // Where a hold ends, a record of what is there begins anew.
  const isDue =
    input.isResumed ||
    input.members.some(({ name, destination }) => {
      if (shares.get(name)?.replicas !== committed.get(name)) return true;
      // What never got there is in the record at home already: it is brought there as it is.
      if (behind.has(destination.id)) return false;
      const landed = input.landed.get(destination.id)?.overlays.get(name);
      return landed?.id === null || landed?.listing === 'absent';
    });
  const deadline = deadlineOf(state, input.dso);
  // That a hold has ended is remembered when it has landed, not before.
  const known = (input.isResumed ? input.state : null) ?? state;
  const isStateNews = known === state && isNews(input.state, home, state);
  const made = (
    kind: 'same' | 'change',
    record: LandedRecord | null,
    changes: Decided['changes'],
    landedState: DsoState | null,
  ): Decided => {
    const verdict = { kind };
    return {
      verdict,
      state,
      landedState,
      isStateNews,
      evaluations,
      split: result,
      committed,
      record,
      changes,
      deadline,
    };
  };
  if (!isDue && behind.size === 0) return made('same', null, new Map(), null);
  const recent = home.record ? withRecent(state.recent, home.record.total.after, input.now) : state.recent;
  const { moved: _told, ...kept } = state;
  const next: DsoState = { ...kept, seq: state.seq + 1, hasRecord: true, isUnproven: false, recent: [...recent] };
  const overlays = renderAll(input, shares);
  if (!isDue && home.record && home.recordText !== null && isAsRecorded(input, home.record, overlays, behind)) {
    return made('change', home.record, changesOf(input, overlays, home.recordText, behind), null);
  }
  // What was decided here and not delivered is told, unless another writer has decided since.
  const earlier = (home.record?.seq ?? 0) > (input.state?.seq ?? 0) ? [] : input.earlier;
  const record = makeRecord(input, home, committed, before, next, result, overlays, [...earlier, ...evaluations]);
  const text = renderRecord(record);
  if (text.length > MAX_RECORD_LENGTH) {
    const message = `its record would have ${text.length} characters, and more than ${MAX_RECORD_LENGTH} are not read again; shorten the windows of its behavior, or give it fewer triggers or members`;
    const verdict = { kind: 'stalled', reason: 'RecordTooLarge', message } as const;
    return idle(input, home, verdict, state, committed, evaluations, deadline);
  }
  const changes = changesOf(input, overlays, text, new Set(input.members.map(({ destination }) => destination.id)));
  return made('change', landedRecord(record, blobId(text)), changes, next);
}

/** What is remembered as long as a person holds it; later than what any record says. null: nothing is known. */
function heldState(input: DecideInput, home: Landed): DsoState | null {
  const last = lastState(input, home);
  const setBack = home.record && findSetBack(input, home.record);
  const state = last && setBack ? knowingSetBack(last, input, setBack) : last;
  if (!state || state.isHeld) return state;
  return { ...state, isHeld: true, demand: { ...state.demand, asOf: Math.max(state.demand.asOf, input.now) } };
}

/** A person's word in Git. Where a hold ends, nothing is lowered before one window and one cooldown have passed. */
function mark(
  input: DecideInput,
  home: Landed,
  committed: ReadonlyMap<string, number | null>,
  { by, reason }: PersonsWord,
): Decided {
  const { dso, now } = input;
  const { namespace, name } = dso;
  const text = renderHold({
    apiVersion: 'dso-gitops.dev/v1alpha1',
    kind: 'Hold',
    metadata: { namespace, name },
    isHeld: !input.isResumed,
    by: cleanText(by, 80),
    time: iso(now),
    reason: cleanText(reason),
  });
  const before = lastState(input, home);
  const state = input.isResumed && before ? resumed(before, home, now) : input.state;
  const files = new Map([[holdPath(input.home.root, namespace, name), text]]);
  const changes = new Map([[input.home.id, { files, written: [], added: [] }]]);
  const verdict: Verdict = input.isResumed
    ? holdEnded(input, home)
    : // Its commit is only to be made.
      { ...heldBy(input, { by, reason }), isNameless: true };
  return { ...idle(input, home, verdict, state, committed, [], null), isStateNews: state !== null, changes };
}

function resumed(state: DsoState, { record }: Landed, now: number): DsoState {
  if (!record) return state;
  return { ...state, isHeld: false, demand: seedState(state.demand.total, now, state.demand.createdAt) };
}

function splitOver(input: DecideInput, total: number): SplitResult {
  const members = input.members.map(({ name, weight, min, max, priority }) => {
    return max === null ? { name, weight, min, priority } : { name, weight, min, max, priority };
  });
  return split(total, members, input.dso.key);
}

/** Whether replaying what is stored with held readings would not lead to this state. */
function isNews(saved: DsoState | null, home: Landed, state: DsoState): boolean {
  const stored = newer(home.record?.state.after ?? null, saved);
  if (!stored) return true;
  const [before, after] = [stored.demand, state.demand];
  return (
    stored.seq !== state.seq ||
    stored.hasRecord !== state.hasRecord ||
    stored.isUnproven !== state.isUnproven ||
    stored.isHeld !== state.isHeld ||
    // What landed elsewhere is seen there again, as long as nobody put an older one back.
    (state.isHeld && state.delivered !== saved?.delivered) ||
    before.total !== after.total ||
    before.isPaused !== after.isPaused ||
    JSON.stringify(before.readings) !== JSON.stringify(after.readings)
  );
}

/**
 * Overlays without a count where there are none yet, so that wiring a member never breaks its build. Where counts were removed
 * members are wired already, and one that does not build goes on as it is: without a count it would go to what its base says.
 */
function withPlaceholders(
  input: DecideInput,
  home: Landed,
  verdict: Verdict,
  state: DsoState | null,
  committed: ReadonlyMap<string, number | null>,
  evaluations: readonly Evaluation[],
): Decided {
  const deadline = state ? deadlineOf(state, input.dso) : null;
  const waiting = idle(input, home, verdict, state, committed, evaluations, deadline);
  if (lastNumber(input) > 0) return waiting;
  const absent = input.members.filter(({ name, destination }) => {
    return input.landed.get(destination.id)?.overlays.get(name)?.id === null;
  });
  const overlays = new Map(absent.map((member) => [member.name, renderMember(input, member, null)]));
  const destinations = new Set(absent.map(({ destination }) => destination.id));
  return { ...waiting, changes: changesOf({ ...input, members: absent }, overlays, null, destinations) };
}

function idle(
  input: DecideInput,
  home: Landed,
  verdict: Verdict,
  state: DsoState | null,
  committed: ReadonlyMap<string, number | null>,
  evaluations: readonly Evaluation[],
  deadline: number | null,
): Decided {
  return {
    verdict,
    state,
    landedState: null,
    isStateNews: state !== null && state !== input.state && isNews(input.state, home, state),
    evaluations,
    split: null,
    committed,
    record: null,
    changes: new Map(),
    deadline,
  };
}

function deadlineOf(state: DsoState, dso: Dso): number | null {
  const deadline = nextDeadline(state.demand, dso.demand);
  const proven = unprovenUntil(state, dso) + 1;
  if (!state.isUnproven || proven <= state.demand.asOf) return deadline;
  return deadline === null ? proven : Math.min(deadline, proven);
}

/** What the branches hold: by the record, by the overlay itself where a person changed it or all of them are asked. */
function committedCounts(
  input: DecideInput,
  { record }: Landed,
  isByOverlay: boolean,
): ReadonlyMap<string, number | null> {
  return new Map(
    input.members.map(({ name, destination }) => {
      const landed = input.landed.get(destination.id);
      if (!record || (isByOverlay && landed) || isChangedByHand(name, landed))
        return [name, overlayCount(name, landed)];
      return [name, record.members[name]?.after ?? record.orphaned[name] ?? null];
    }),
  );
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
