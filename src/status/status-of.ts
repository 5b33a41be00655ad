import type { Condition, DsoStatus, GitOpsStatus, MemberClusterStatus, ScaleStatus } from '../api/status.ts';
import { type DestinationOutcome, type DsoOutcome, sumOfKnown } from '../reconcile/outcome.ts';
import { pullReport } from '../reconcile/report.ts';
import type { StoredDso } from '../sources/hub.ts';
import { type Fact, factsOf } from './conditions.ts';
import { cutToBytes } from './cut-to-bytes.ts';
import { type Standing, standingOf } from './standing.ts';

/** All that a status depends on. */
export interface StatusInput {
  readonly stored: StoredDso;
  readonly outcome: DsoOutcome;
  /** By destination id. */
  readonly destinations: ReadonlyMap<string, DestinationOutcome>;
  /** Commits that were told before anything was said of this DSO, by destination id; null: none. */
  readonly earlier: ReadonlyMap<string, string> | null;
  /** Its ScaledObject is not known to be gone: as long as KEDA may scale it, it is the engine. */
  readonly isScaledByKeda: boolean;
  /** What was written before; null: nothing. */
  readonly previous: DsoStatus | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The longest texts that the CRD takes, in characters; nobody limits an annotation, or what a Git host says. */
const MAX_PENDING = 4096;
const MAX_REQUESTED = 253;

/** The status of one DSO after a tick: Kedify's fields, then `gitOps`. Pure. */
export function statusOf(input: StatusInput): DsoStatus {
  const { stored, outcome, destinations, previous } = input;
  const standing = standingOf(outcome, destinations);
  const total = standing.state?.demand.total ?? previous?.totalCurrentReplicas ?? 0;
  const common = {
    observedGeneration: stored.generation,
    conditions: factsOf(outcome, standing).map((fact) => conditionOf(fact, input)),
    totalCurrentReplicas: total,
    selector: `dso-gitops.dev/uid=${stored.uid}`,
    gitOps: gitOpsOf(input, standing),
  };
  // What could not be decided keeps the numbers that are known.
  if (!outcome.placed || !outcome.decided) return { ...pick(previous), ...common };
  const members = outcome.placed.members.map(({ name }) => name);
  return {
    ...common,
    memberClusterStatuses: Object.fromEntries(members.map((name) => [name, memberOf(name, input, standing)])),
    membersTotalCount: members.length,
    print: { totalReplicas: totalText(standing, total), membersCount: `?/${members.length}` },
  };
}

function pick(previous: DsoStatus | null): Partial<DsoStatus> {
  if (!previous) return {};
  const { memberClusterStatuses, membersTotalCount, print } = previous;
  return Object.fromEntries(
    Object.entries({ memberClusterStatuses, membersTotalCount, print }).filter(([, value]) => value !== undefined),
  );
}

function conditionOf(fact: Fact, { stored, previous, now }: StatusInput): Condition {
  const before = previous?.conditions?.find(({ type }) => type === fact.type);
  const lastTransitionTime = before?.status === fact.status ? before.lastTransitionTime : instant(now);
  return { ...fact, observedGeneration: stored.generation, lastTransitionTime };
}

function memberOf(name: string, { outcome, previous, now }: StatusInput, { committed }: Standing): MemberClusterStatus {
  const before = previous?.memberClusterStatuses?.[name];
  const count = committed.get(name) ?? null;
  const share = outcome.decided?.split?.shares.find((one) => one.name === name)?.replicas;
  // What another controller knew of the member is better than nothing.
  const current = count ?? before?.currentReplicas ?? 0;
  const hasMoved = before !== undefined && before.currentReplicas !== current;
  const progress = hasMoved ? instant(now) : before?.lastScalingProgressTime;
  return {
    currentReplicas: current,
    desiredReplicas: share ?? current,
    state: 'Unknown',
    description:
      count === null ? 'nothing is committed yet' : 'not observed; currentReplicas repeats what is committed',
    id: name,
    excluded: false,
    lastStatusChangeTime: before?.lastStatusChangeTime ?? instant(now),
    ...(progress === undefined ? {} : { lastScalingProgressTime: progress }),
    ...(count === null ? {} : { committedReplicas: count }),
  };
}

function gitOpsOf(input: StatusInput, standing: Standing): GitOpsStatus {
  const { stored, outcome, previous, now } = input;
  const before = previous?.gitOps ?? {};
  const { placed, decided } = outcome;
  const home = placed ? { repository: placed.home.url, branch: placed.home.branch } : {};
  const carried = standing.commit ?? input.earlier?.get(placed?.home.id ?? '') ?? null;
  const commit = carried === null ? {} : { lastCommit: carried, lastCommitTime: instant(now) };
  const state = standing.state ?? before.state;
  const unplaced = decided?.split?.unplaced ?? 0;
  const pending = standing.waiting.map(({ destination, message }) => ({
    destination,
    since: before.pending?.find((one) => one.destination === destination)?.since ?? instant(now),
    message: cutToBytes(message, MAX_PENDING),
  }));
  const { lastCommit, lastCommitTime, repository, branch } = before;
  const kept = { repository, branch, lastCommit, lastCommitTime };
  const values = {
    ...kept,
    ...home,
    ...commit,
    lastHandledRequestedAt: stored.requestedAt === null ? undefined : cutToBytes(stored.requestedAt, MAX_REQUESTED),
    unplaced: unplaced > 0 ? unplaced : undefined,
    pending: pending.length > 0 ? pending : undefined,
    pullRequest: pullReport(outcome.pull) ?? undefined,
    engine: input.isScaledByKeda ? 'keda' : (placed?.dso.engine ?? before.engine),
    scale: scaleOf(input),
    state,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** A number that nobody meant to count does not count by a change of the engine alone. */
function scaleOf({
  stored: { replicas, scale },
  outcome: { placed, readings },
  previous,
}: StatusInput): ScaleStatus | undefined {
  if (placed?.dso.engine === 'builtin') return scale ? { before: scale } : undefined;
  const isCounted = [...(readings?.values() ?? [])].some(({ reading }) => reading.kind === 'value');
  return isCounted ? { counted: replicas } : previous?.gitOps?.scale;
}

/** What runs over what is decided; a total that nobody knows is not 0. */
function totalText({ committed, state }: Standing, total: number): string {
  if (state === null) return '?/?';
  const isCommitted = [...committed.values()].some((count) => count !== null);
  return `${isCommitted ? sumOfKnown(committed) : '?'}/${state.isUnproven && total === 0 ? '?' : total}`;
}

function instant(time: number): string {
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
