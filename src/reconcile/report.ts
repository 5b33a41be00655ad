import { formatProblem } from '../api/problem.ts';
import { describeEvaluation, summarize } from '../demand/describe.ts';
import { lastMove } from '../demand/evaluate.ts';
import type { PullRequest } from '../forge/forge.ts';
import { textOf } from '../manifests/change-set.ts';
import { type DestinationOutcome, type DsoOutcome, heldCounts, sumOf, type TickResult } from './outcome.ts';
import type { ProposalOutcome } from './proposer.ts';

/** One member of a report. Counts are replicas; null: none yet. */
export interface MemberReport {
  readonly name: string;
  readonly weight: number;
  readonly committed: number | null;
  readonly decided: number | null;
  /** Exact share by weight. */
  readonly exact: number | null;
  readonly reason: string | null;
  readonly destination: string;
}

/** One DSO of a report. */
export interface DsoReport {
  readonly key: string;
  readonly where: string;
  /** change, same, wait, held or stalled. */
  readonly verdict: string;
  /** Stable CamelCase reason; empty for change and same. */
  readonly reason: string;
  readonly message: string;
  readonly readings: readonly {
    readonly source: string;
    readonly value: number | null;
    readonly problem: string | null;
  }[];
  readonly total: { readonly committed: number | null; readonly decided: number | null };
  /** Why the total is what it is, one sentence. */
  readonly because: string;
  readonly steps: readonly string[];
  readonly members: readonly MemberReport[];
  readonly unplaced: number;
  /** Rules of the delivery that decided, and what they say. */
  readonly rules: readonly string[];
  readonly problems: readonly string[];
  /** The pull request that speaks for it; null: there is none. */
  readonly pullRequest: PullReport | null;
  /** When the same readings may give another total, ISO 8601; null: never. */
  readonly nextDeadline: string | null;
}

/** A pull request of a report. */
export interface PullReport {
  readonly number: number;
  readonly url: string;
  /** open, closed or merged. */
  readonly state: string;
}

/** What is proposed together. */
export interface ProposalReport {
  readonly repository: string;
  readonly branch: string;
  readonly group: string;
  /** What was done about its pull request, or would be: none, create, rebuild, refresh, close or wait. */
  readonly step: string;
  /** It would be done, and is not. */
  readonly isPlanned: boolean;
  readonly dsos: readonly string[];
  readonly pullRequest: PullReport | null;
  readonly waiting: string | null;
  readonly warnings: readonly string[];
  readonly error: { readonly reason: string; readonly message: string } | null;
}

/** One destination of a report. */
export interface DestinationReport {
  readonly name: string;
  readonly repository: string;
  readonly branch: string;
  /** Id of the pushed commit; null: none. */
  readonly commit: string | null;
  readonly message: string | null;
  /** Texts only where they were asked for. */
  readonly files: readonly { readonly path: string; readonly before: string | null; readonly after: string | null }[];
  readonly warnings: readonly string[];
  readonly error: { readonly reason: string; readonly message: string } | null;
}

/** A tick as data: what `-o json` prints. */
export interface Report {
  readonly dsos: readonly DsoReport[];
  readonly destinations: readonly DestinationReport[];
  readonly proposals: readonly ProposalReport[];
  readonly problems: readonly string[];
}

/** A tick as a report. */
export function reportOf(result: TickResult): Report {
  return {
    dsos: result.outcomes.map(dsoReport),
    destinations: result.destinations.map(destinationReport),
    proposals: result.proposals.map(proposalReport),
    problems: result.problems.map(formatProblem),
  };
}

/** The reason of a total, without saying again what stands beside the reading. */
export function becauseOf({ because, readings }: DsoReport): string {
  const isSaid = readings.some(({ problem }) => problem !== null && because.startsWith(problem));
  return isSaid ? 'not changed, a missing reading never lowers it' : because;
}

/** Whether something failed, is refused or waits for a person. */
export function isFailed(result: TickResult): boolean {
  const isStuck = result.outcomes.some(
    ({ verdict, readings }) =>
      verdict.kind === 'stalled' ||
      verdict.kind === 'held' ||
      // A rule says no as long as no person says yes.
      ('reason' in verdict && verdict.reason === 'ApprovalNeeded') ||
      [...readings.values()].some(({ reading }) => reading.kind === 'missing'),
  );
  return (
    isStuck ||
    result.problems.length > 0 ||
    [...result.destinations, ...result.proposals].some(({ error }) => error !== null)
  );
}

/** One outcome as a report. */
export function dsoReport(outcome: DsoOutcome): DsoReport {
  const { key, where, verdict, problems, placed, decided, readings, routing } = outcome;
  const evaluations = decided?.evaluations ?? [];
  const last = lastMove(evaluations) ?? evaluations.at(-1);
  const spec = placed?.dso.demand;
  const shares = new Map((decided?.split?.shares ?? []).map((share) => [share.name, share]));
  const held = heldCounts(outcome);
  return {
    key,
    where,
    verdict: verdict.kind,
    reason: 'reason' in verdict ? verdict.reason : '',
    message: 'message' in verdict ? verdict.message : '',
    readings: [...readings.values()].map(({ source, reading }) => {
      return reading.kind === 'value'
        ? { source, value: reading.value, problem: null }
        : { source, value: null, problem: reading.message };
    }),
    total: {
      committed: sumOf(held),
      decided: decided?.state?.demand.total ?? null,
    },
    because: decided?.record?.reason ?? (last && spec ? summarize(last, spec) : ''),
    steps: spec ? evaluations.flatMap((evaluation) => describeEvaluation(evaluation, spec)) : [],
    members: (placed?.members ?? []).map(({ name, weight, destination }) => ({
      name,
      weight,
      committed: held.get(name) ?? null,
      decided: shares.get(name)?.replicas ?? null,
      exact: shares.get(name)?.exact ?? null,
      reason: shares.get(name)?.reason ?? null,
      destination: destination.name,
    })),
    unplaced: decided?.split?.unplaced ?? 0,
    rules: routing.rules,
    problems: problems.map(formatProblem),
    pullRequest: pullReport(outcome.pull),
    nextDeadline: firstOf([decided?.deadline, ...[...routing.heldBack.values()].map(({ until }) => until)]),
  };
}

/** A pull request as a report. */
export function pullReport(pull: PullRequest | null): PullReport | null {
  return pull && { number: pull.number, url: pull.url, state: pull.state };
}

/** What was proposed as a report. */
export function proposalReport({
  repository,
  base,
  group,
  step,
  isPlanned,
  keys,
  pull,
  waiting,
  warnings,
  error,
}: ProposalOutcome): ProposalReport {
  return {
    repository,
    branch: base,
    group,
    step,
    isPlanned,
    dsos: keys,
    pullRequest: pullReport(pull),
    waiting: waiting?.message ?? null,
    warnings,
    error: error ? { reason: error.reason, message: error.message } : null,
  };
}

/** One destination as a report. */
export function destinationReport(outcome: DestinationOutcome): DestinationReport {
  const { composition, before } = outcome;
  const files = [...(composition?.files ?? [])];
  return {
    ...delivery(outcome),
    files: files.map(([path, after]) => ({ path, before: before.get(path) || null, after: textOf(after) })),
  };
}

/** One destination as a report, without the files. */
export function delivery({
  destination,
  composition,
  commit,
  warnings,
  error,
}: DestinationOutcome): Omit<DestinationReport, 'files'> {
  return {
    name: destination.name,
    repository: destination.url,
    branch: destination.branch,
    commit,
    message: composition?.message ?? null,
    warnings,
    error: error ? { reason: error.reason, message: error.message } : null,
  };
}

/** ISO 8601; null: never. */
function firstOf(instants: readonly (number | null | undefined)[]): string | null {
  const known = instants.filter((instant) => instant != null);
  return known.length === 0 ? null : new Date(Math.min(...known)).toISOString();
}
