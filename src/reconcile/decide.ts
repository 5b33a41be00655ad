import type { Dso, DsoMember } from '../api/effective.ts';
import { advance, observe } from '../demand/advance.ts';
import { describeEvaluation, summarize } from '../demand/describe.ts';
import type { Evaluation } from '../demand/evaluate.ts';
import type { Reading } from '../demand/reading.ts';
import { nextDeadline, seedState } from '../demand/state.ts';
import { blobId } from '../manifests/blob.ts';
import type { ChangeSet } from '../manifests/change-set.ts';
import { type LayoutSettings, overlayPath, recordPath, renderOverlay } from '../manifests/layout.ts';
import { type DecisionRecord, type DsoState, RULES_VERSION, renderRecord } from '../manifests/record.ts';
import type { Templates } from '../manifests/template.ts';
import { type Share, type SplitResult, split } from '../split/split.ts';
import type { Landed } from './landed.ts';

/** One member with the destination that its overlay goes to. */
export interface PlacedMember extends DsoMember {
  readonly destination: PlacedDestination;
}

/** The part of a destination that a decision depends on. */
export interface PlacedDestination extends LayoutSettings {
  readonly id: string;
}

/** A reading with where it came from. */
export interface SourcedReading {
  /** For people, for instance `ConfigMap default/dso-mock-metric key "metric-value"`. */
  readonly source: string;
  readonly reading: Reading;
}

/** Settings of the installation that a decision depends on. */
export interface DecideConfiguration {
  readonly owner: string;
  readonly firstSight: 'wait' | 'write';
  readonly replicasPath: string;
  readonly templates: Templates;
}

/** All that a decision depends on. */
export interface DecideInput {
  readonly dso: Dso;
  /** Sorted or not, at least one. The first destination of the configuration among them is home. */
  readonly members: readonly PlacedMember[];
  readonly home: PlacedDestination;
  readonly configuration: DecideConfiguration;
  /** By trigger id; every trigger has one. */
  readonly readings: ReadonlyMap<string, SourcedReading>;
  /** By destination id; absent: it cannot be read now. Home is always there. */
  readonly landed: ReadonlyMap<string, Landed>;
  readonly state: DsoState | null;
  /** A total given by a person for the first sight of this DSO; null: none. */
  readonly adopt: number | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What happens with a DSO. */
export type Verdict =
  /** Something is to be written. */
  | { readonly kind: 'change' }
  /** Nothing is to be written. */
  | { readonly kind: 'same' }
  /** Nothing is written; `reason` is stable, `message` says what to do. */
  | { readonly kind: 'wait' | 'held' | 'stalled'; readonly reason: string; readonly message: string };

/** A decision: what is to be written, what is to be remembered, and every number that led there. */
export interface Decided {
  readonly verdict: Verdict;
  /** What is to be remembered as long as nothing is delivered; null: nothing is known of the DSO yet. */
  readonly state: DsoState | null;
  /** What is to be remembered once home has the new record; null: there is none. */
  readonly landedState: DsoState | null;
  /** The state must be saved even when nothing is written: replaying the old one would not lead here. */
  readonly isStateNews: boolean;
  readonly evaluations: readonly Evaluation[];
  readonly split: SplitResult | null;
  /** Committed counts by member before this decision; null: none. */
  readonly committed: ReadonlyMap<string, number | null>;
  /** The new record; null: none. */
  readonly record: DecisionRecord | null;
  /** By destination id. */
  readonly changes: ReadonlyMap<string, ChangeSet>;
  /** Members with an overlay in `changes`, by destination id. */
  readonly written: ReadonlyMap<string, readonly string[]>;
  /** The next instant at which the same readings may give another total, epoch milliseconds. */
  readonly deadline: number | null;
}

/** State further ahead of the clock than this is not trusted to lower anything. */
const MAX_SKEW_MS = 300_000;

/** The pure core: the same arguments give the same bytes. */
export function decide(input: DecideInput): Decided {
  const home = input.landed.get(input.home.id);
  if (!home) throw new Error(`destination ${input.home.id} of ${input.dso.key} was not read`);
  const committed = committedCounts(input, home);
  const stopped = findStop(input, home);
  if (stopped) return idle(input, stopped, input.state, committed, []);
  const before = startingState(input, home, committed);
  if (!before) {
    const message =
      'nobody knows how many replicas run now; set the annotation dso-gitops.dev/initial-total, or run apply with --adopt';
    return withPlaceholders(input, { kind: 'wait', reason: 'AdoptionPending', message }, null, committed, []);
  }
  const readings = new Map([...input.readings].map(([trigger, { reading }]) => [trigger, reading]));
  const observed = observe(before.demand, input.dso.demand, readings, input.now);
  const isSkewed = before.demand.asOf - input.now > MAX_SKEW_MS && observed.state.total < before.demand.total;
  if (isSkewed) {
    const message = `the clock is more than 5 minutes behind the state (${iso(before.demand.asOf)}); nothing is lowered`;
    return idle(input, { kind: 'wait', reason: 'ClockSkew', message }, input.state, committed, []);
  }
  const state: DsoState = { ...before, demand: observed.state };
  if (state.isUnproven && state.demand.total === 0 && input.now <= unprovenUntil(state, input.dso)) {
    const message = `nothing is known to run; 0 is written at ${iso(unprovenUntil(state, input.dso) + 1)} unless a reading says otherwise`;
    return withPlaceholders(
      input,
      { kind: 'wait', reason: 'FirstSight', message },
      state,
      committed,
      observed.evaluations,
    );
  }
  return deliver(input, home, committed, state, observed.evaluations);
}

/** The decided total at a later instant with the readings that are held: what a timer waits for. */
export function decidedAt(state: DsoState, dso: Dso, now: number): number {
  return advance(state.demand, dso.demand, now).state.total;
}

function unprovenUntil(state: DsoState, dso: Dso): number {
  return state.firstSeen + dso.demand.cooldownMs;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function committedCounts(input: DecideInput, home: Landed): ReadonlyMap<string, number | null> {
  return new Map(
    input.members.map(({ name, destination }) => {
      if (home.record) return [name, home.record.members[name]?.after ?? home.record.orphaned[name] ?? null];
      return [name, input.landed.get(destination.id)?.overlays.get(name)?.count ?? null];
    }),
  );
}

/** What forbids to write at all, before anything is computed. */
function findStop(input: DecideInput, home: Landed): Verdict | null {
  const { record } = home;
  if (!record) {
    if (home.recordId === null) return null;
    const path = recordPath(input.home.root, input.dso.namespace, input.dso.name);
    const message = `${path} is not a decision record this version can read; restore it, or remove it to adopt the committed counts`;
    return { kind: 'stalled', reason: 'RecordUnreadable', message };
  }
  if (record.owner !== input.configuration.owner) {
    const message = `the record belongs to the installation ${JSON.stringify(record.owner)}, this one is ${JSON.stringify(input.configuration.owner)}; run one of them`;
    return { kind: 'stalled', reason: 'ForeignOwner', message };
  }
  return findMoved(input, record) ?? findHandEdit(input, record);
}

function findMoved(input: DecideInput, record: DecisionRecord): Verdict | null {
  const { target } = input.dso;
  if (
    record.target.group !== target.group ||
    record.target.kind !== target.kind ||
    record.target.name !== target.name
  ) {
    const message = `scaleTargetRef was ${record.target.kind} ${record.target.name} and is now ${target.kind} ${target.name}; a target is not changed in place: put it back, or make a new DSO`;
    return { kind: 'stalled', reason: 'TargetChanged', message };
  }
  for (const member of input.members) {
    const before = record.members[member.name];
    if (!before) continue;
    if (before.targetNamespace !== member.targetNamespace) {
      const message = `targetNamespace of ${member.name} was ${before.targetNamespace} and is now ${member.targetNamespace}; it is not changed in place: put it back, or make a new DSO`;
      return { kind: 'stalled', reason: 'TargetChanged', message };
    }
    const path = overlayPath(member.destination, { member: member.name, ...input.dso });
    if (before.path !== path) {
      const message = `the overlay of ${member.name} is at ${before.path}, the configuration now says ${path}; put it back`;
      return { kind: 'stalled', reason: 'DestinationChanged', message };
    }
  }
  return null;
}

/** An overlay that is not what its record says: a person said no. */
function findHandEdit(input: DecideInput, record: DecisionRecord): Verdict | null {
  for (const member of input.members) {
    const landed = input.landed.get(member.destination.id);
    const before = (landed?.record ?? record).members[member.name];
    const id = landed?.overlays.get(member.name)?.id;
    if (!before || !id || id === before.overlay) continue;
    const message = `${before.path} was changed by hand after decision ${record.seq}; nothing is written until it is put back, or until ${recordPath(input.home.root, input.dso.namespace, input.dso.name)} is removed, which adopts the counts that are there`;
    return { kind: 'held', reason: 'HandEdit', message };
  }
  return null;
}

/** The state to go on from; null: nothing is known of what runs. */
function startingState(
  input: DecideInput,
  home: Landed,
  committed: ReadonlyMap<string, number | null>,
): DsoState | null {
  const recorded = home.record?.state.after ?? null;
  const saved = input.state;
  const isAdoptable = !home.record && (!saved || saved.seq > 0);
  if (!isAdoptable) return newer(recorded, saved);
  const seq = saved?.seq ?? 0;
  const known = knownTotal(input, committed);
  const createdAt = input.dso.createdAt ?? input.now;
  if (known === null && input.configuration.firstSight === 'wait') return null;
  return {
    seq,
    isUnproven: known === null,
    firstSeen: input.now,
    demand: seedState(known ?? 0, input.now, createdAt),
  };
}

/** The higher number wins; with equal ones the later. */
function newer(one: DsoState | null, other: DsoState | null): DsoState | null {
  if (!one || !other) return one ?? other;
  if (one.seq !== other.seq) return one.seq > other.seq ? one : other;
  return one.demand.asOf >= other.demand.asOf ? one : other;
}

/** The first that is known: counts in our overlays, the annotation, what a person says now. */
function knownTotal(input: DecideInput, committed: ReadonlyMap<string, number | null>): number | null {
  const counts = [...committed.values()].filter((count) => count !== null);
  if (counts.length > 0) return counts.reduce((sum, count) => sum + count, 0);
  return input.dso.initialTotal ?? input.adopt;
}

function deliver(
  input: DecideInput,
  home: Landed,
  committed: ReadonlyMap<string, number | null>,
  state: DsoState,
  evaluations: readonly Evaluation[],
): Decided {
  const result = splitOver(input, state.demand.total);
  const shares = new Map(result.shares.map((share) => [share.name, share]));
  const isDue = input.members.some(({ name, destination }) => {
    if (shares.get(name)?.replicas !== committed.get(name)) return true;
    return input.landed.get(destination.id)?.overlays.get(name)?.id === null;
  });
  const base = { evaluations, split: result, committed, deadline: deadlineOf(state, input.dso) };
  const remembered = { state, isStateNews: isNews(input.state, home, state) };
  if (!isDue) return { ...base, ...remembered, ...redeliver(input, home, shares), landedState: null };
  const next: DsoState = { ...state, seq: state.seq + 1, isUnproven: false };
  const overlays = renderAll(input, shares);
  const record = makeRecord(input, home, committed, state, next, result, overlays, evaluations);
  const changes = changesOf(input, overlays, record, new Set(input.members.map(({ destination }) => destination.id)));
  return { ...base, ...remembered, ...changes, verdict: { kind: 'change' }, record, landedState: next };
}

function splitOver(input: DecideInput, total: number): SplitResult {
  const members = input.members.map(({ name, weight, min, max, priority }) => {
    return max === null ? { name, weight, min, priority } : { name, weight, min, max, priority };
  });
  return split(total, members, input.dso.key);
}

/** Destinations other than home that did not get the landed record yet. */
function redeliver(
  input: DecideInput,
  home: Landed,
  shares: ReadonlyMap<string, Share>,
): Pick<Decided, 'verdict' | 'record' | 'changes' | 'written'> {
  const behind = new Set<string>();
  for (const { destination } of input.members) {
    const landed = input.landed.get(destination.id);
    if (home.record && landed && landed.recordId !== home.recordId) behind.add(destination.id);
  }
  if (behind.size === 0 || !home.record) {
    return { verdict: { kind: 'same' }, record: null, changes: new Map(), written: new Map() };
  }
  return {
    verdict: { kind: 'change' },
    record: home.record,
    ...changesOf(input, renderAll(input, shares), home.record, behind),
  };
}

/** Whether replaying what is stored with held readings would not lead to this state. */
function isNews(saved: DsoState | null, home: Landed, state: DsoState): boolean {
  const stored = newer(home.record?.state.after ?? null, saved);
  if (!stored) return true;
  const [before, after] = [stored.demand, state.demand];
  return (
    before.total !== after.total ||
    before.isPaused !== after.isPaused ||
    JSON.stringify(before.readings) !== JSON.stringify(after.readings)
  );
}

function renderAll(input: DecideInput, shares: ReadonlyMap<string, Share>): ReadonlyMap<string, string> {
  return new Map(
    input.members.map((member) => [
      member.name,
      renderMember(input, member, shares.get(member.name)?.replicas ?? null),
    ]),
  );
}

function renderMember(input: DecideInput, member: PlacedMember, replicas: number | null): string {
  return renderOverlay(input.configuration.templates, member.destination, {
    member: member.name,
    namespace: input.dso.namespace,
    name: input.dso.name,
    target: input.dso.target,
    targetNamespace: member.targetNamespace,
    replicasPath: input.configuration.replicasPath,
    replicas,
  });
}

/** Overlays that differ from the tip, and the record beside them. */
function changesOf(
  input: DecideInput,
  overlays: ReadonlyMap<string, string>,
  record: DecisionRecord | null,
  destinations: ReadonlySet<string>,
): Pick<Decided, 'changes' | 'written'> {
  const changes = new Map<string, Map<string, string>>();
  const written = new Map<string, string[]>();
  for (const member of input.members) {
    const { id } = member.destination;
    const content = overlays.get(member.name);
    if (content === undefined || !destinations.has(id)) continue;
    const files = changes.get(id) ?? new Map<string, string>();
    changes.set(id, files);
    if (input.landed.get(id)?.overlays.get(member.name)?.id === blobId(content)) continue;
    files.set(overlayPath(member.destination, { member: member.name, ...input.dso }), content);
    written.set(id, [...(written.get(id) ?? []), member.name]);
  }
  if (record) {
    for (const { destination } of input.members) {
      changes
        .get(destination.id)
        ?.set(recordPath(destination.root, input.dso.namespace, input.dso.name), renderRecord(record));
    }
    changes.get(input.home.id) ?? changes.set(input.home.id, new Map());
    changes
      .get(input.home.id)
      ?.set(recordPath(input.home.root, input.dso.namespace, input.dso.name), renderRecord(record));
  }
  return { changes, written };
}

/** Overlays without a count where there are none yet, so that wiring a member never breaks its build. */
function withPlaceholders(
  input: DecideInput,
  verdict: Verdict,
  state: DsoState | null,
  committed: ReadonlyMap<string, number | null>,
  evaluations: readonly Evaluation[],
): Decided {
  const waiting = idle(input, verdict, state, committed, evaluations);
  const absent = input.members.filter(({ name, destination }) => {
    return input.landed.get(destination.id)?.overlays.get(name)?.id === null;
  });
  const overlays = new Map(absent.map((member) => [member.name, renderMember(input, member, null)]));
  const destinations = new Set(absent.map(({ destination }) => destination.id));
  return { ...waiting, ...changesOf({ ...input, members: absent }, overlays, null, destinations) };
}

function idle(
  input: DecideInput,
  verdict: Verdict,
  state: DsoState | null,
  committed: ReadonlyMap<string, number | null>,
  evaluations: readonly Evaluation[],
): Decided {
  return {
    verdict,
    state,
    landedState: null,
    isStateNews:
      state !== input.state &&
      state !== null &&
      JSON.stringify(state.demand.readings) !== JSON.stringify(input.state?.demand.readings),
    evaluations,
    split: null,
    committed,
    record: null,
    changes: new Map(),
    written: new Map(),
    deadline: state ? deadlineOf(state, input.dso) : null,
  };
}

function deadlineOf(state: DsoState, dso: Dso): number | null {
  const deadline = nextDeadline(state.demand, dso.demand);
  if (!state.isUnproven) return deadline;
  const proven = unprovenUntil(state, dso) + 1;
  return deadline === null ? proven : Math.min(deadline, proven);
}

function makeRecord(
  input: DecideInput,
  home: Landed,
  committed: ReadonlyMap<string, number | null>,
  state: DsoState,
  next: DsoState,
  result: SplitResult,
  overlays: ReadonlyMap<string, string>,
  evaluations: readonly Evaluation[],
): DecisionRecord {
  const { dso } = input;
  const time = iso(input.now);
  const before = home.record?.total.after ?? null;
  return {
    apiVersion: 'dso-gitops.dev/v1alpha1',
    kind: 'Decision',
    metadata: { namespace: dso.namespace, name: dso.name },
    rules: RULES_VERSION,
    owner: input.configuration.owner,
    seq: next.seq,
    previous: home.recordId,
    time,
    reason: reasonOf(evaluations, dso, before, result.total),
    total: { before, after: result.total },
    unplaced: result.unplaced,
    members: Object.fromEntries(
      input.members
        .toSorted((one, other) => (one.name < other.name ? -1 : 1))
        .map((member) => [member.name, memberRecord(member, input, result, committed, overlays)]),
    ),
    orphaned: orphansOf(input, home),
    target: dso.target,
    readings: [...input.readings].map(([trigger, { source, reading }]) => ({
      trigger,
      source,
      time,
      reading:
        reading.kind === 'value' ? { value: reading.value } : { missing: reading.reason, message: reading.message },
    })),
    spec: dso.demand,
    configuration: { firstSight: input.configuration.firstSight },
    steps: evaluations.flatMap((evaluation) => describeEvaluation(evaluation, dso.demand)),
    state: {
      before: state.seq === 0 && !input.state ? null : (newer(home.record?.state.after ?? null, input.state) ?? null),
      after: next,
    },
  };
}

function memberRecord(
  member: PlacedMember,
  input: DecideInput,
  result: SplitResult,
  committed: ReadonlyMap<string, number | null>,
  overlays: ReadonlyMap<string, string>,
): DecisionRecord['members'][string] {
  const share = result.shares.find(({ name }) => name === member.name);
  return {
    before: committed.get(member.name) ?? null,
    after: share?.replicas ?? 0,
    weight: member.weight,
    exact: Math.round((share?.exact ?? 0) * 1000) / 1000,
    reason: share?.reason ?? 'weight',
    targetNamespace: member.targetNamespace,
    min: member.min,
    max: member.max,
    priority: member.priority,
    path: overlayPath(member.destination, { member: member.name, ...input.dso }),
    overlay: blobId(overlays.get(member.name) ?? ''),
  };
}

function orphansOf(input: DecideInput, home: Landed): Record<string, number> {
  const orphans: Record<string, number> = { ...home.record?.orphaned };
  for (const [name, { after }] of Object.entries(home.record?.members ?? {})) orphans[name] = after;
  for (const { name } of input.members) delete orphans[name];
  return orphans;
}

/** One sentence: what moved the total, or that the total stays and the split moved. */
function reasonOf(evaluations: readonly Evaluation[], dso: Dso, before: number | null, total: number): string {
  if (before === total) return `members or their weights changed; the total stays ${total}`;
  const changed =
    evaluations.filter((evaluation) => evaluation.before !== evaluation.after).at(-1) ?? evaluations.at(-1);
  return changed ? summarize(changed, dso.demand) : `total ${total}`;
}
