import { describeEvaluation, summarize } from '../demand/describe.ts';
import { type Evaluation, lastMove } from '../demand/evaluate.ts';
import { cleanText } from '../manifests/clean-text.ts';
import { type DecisionRecord, type DsoState, RULES_VERSION } from '../manifests/record.ts';
import type { SplitResult } from '../split/split.ts';
import type { DecideInput, PersonsWord, PlacedMember } from './decision.ts';
import type { Landed } from './landed.ts';
import type { RenderedOverlay } from './render-changes.ts';

/** Of evaluations that moved the total, the last ones: after a long time without a process there may be thousands. */
const MAX_TOLD = 50;

/** The record of a decision: everything that it was made from and came to. */
export function makeRecord(
  input: DecideInput,
  home: Landed,
  committed: ReadonlyMap<string, number | null>,
  before: DsoState,
  next: DsoState,
  result: SplitResult,
  overlays: ReadonlyMap<string, RenderedOverlay>,
  evaluations: readonly Evaluation[],
): DecisionRecord {
  const { dso } = input;
  const time = new Date(input.now).toISOString();
  const earlier = input.isResumed ? sumOf(committed) : (home.record?.total.after ?? null);
  return {
    apiVersion: 'dso-gitops.dev/v1alpha1',
    kind: 'Decision',
    metadata: { namespace: dso.namespace, name: dso.name },
    rules: RULES_VERSION,
    owner: input.configuration.owner,
    seq: next.seq,
    previous: home.recordId,
    time,
    reason: reasonOf(input, home, before, result, evaluations, earlier),
    ...(input.person && { resumed: saidBy(input.person) }),
    total: { before: earlier, after: result.total },
    unplaced: result.unplaced,
    members: Object.fromEntries(
      input.members
        .toSorted((one, other) => (one.name < other.name ? -1 : 1))
        .map((member) => [member.name, memberRecord(member, result, committed, overlays)]),
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
    steps: evaluations.slice(-MAX_TOLD).flatMap((evaluation) => describeEvaluation(evaluation, dso.demand)),
    state: {
      before: recorded(before),
      after: recorded(next),
    },
  };
}

/** What landed elsewhere is no part of a decision: the same bytes, whenever that is learnt. */
function recorded({ delivered: _delivered, ...state }: DsoState): DsoState {
  return state;
}

function memberRecord(
  member: PlacedMember,
  result: SplitResult,
  committed: ReadonlyMap<string, number | null>,
  overlays: ReadonlyMap<string, RenderedOverlay>,
): DecisionRecord['members'][string] {
  const share = result.shares.find(({ name }) => name === member.name);
  const overlay = overlays.get(member.name);
  if (!overlay) throw new Error(`the overlay of ${member.name} was not rendered`);
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
    path: overlay.path,
    overlay: overlay.id,
  };
}

/** null: not all of them are known. */
function sumOf(counts: ReadonlyMap<string, number | null>): number | null {
  return [...counts.values()].reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}

function orphansOf(input: DecideInput, home: Landed): Record<string, number> {
  const names = new Set(input.members.map(({ name }) => name));
  const committed = Object.entries(home.record?.members ?? {}).map(([name, { after }]) => [name, after] as const);
  const counts = [...Object.entries(home.record?.orphaned ?? {}), ...committed];
  return Object.fromEntries(counts.filter(([name]) => !names.has(name)));
}

/** One sentence: what moved the total, or why there is a decision although it stays. */
function reasonOf(
  { dso, person, members }: DecideInput,
  { record }: Landed,
  { isUnproven, moved: earlier }: DsoState,
  { shares, total }: SplitResult,
  evaluations: readonly Evaluation[],
  before: number | null,
): string {
  const changed = lastMove(evaluations);
  const moved = before !== total && changed ? summarize(changed, dso.demand) : null;
  if (person) {
    const { by, reason } = saidBy(person);
    return `${by} resumed it: ${reason}; ${moved ?? `total ${total}, as it was found`}`;
  }
  if (moved) return moved;
  if (before === total) {
    const isSplitSame =
      members.length === Object.keys(record?.members ?? {}).length &&
      shares.every(({ name, replicas }) => record?.members[name]?.after === replicas);
    const what = isSplitSame ? 'overlays are written as they have to be' : 'members or their weights changed';
    return `${what}; the total stays ${total}`;
  }
  // What moved it was seen by a process that has ended before it could deliver.
  if (isUnproven) return `nothing is known to run, and total ${total} is what the readings ask for`;
  if (before === null) return `total ${total}, as it was found`;
  return earlier
    ? `${earlier.because}; decided at ${new Date(earlier.at).toISOString()}`
    : `total ${total} was decided from earlier readings`;
}

/** As it can stand in a record. */
function saidBy({ by, reason }: PersonsWord): PersonsWord {
  return { by: cleanText(by, 80), reason: cleanText(reason) };
}
