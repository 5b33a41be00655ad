import type { LocatedProblem } from '../api/problem.ts';
import type { Destination } from '../config/load.ts';
import type { ProductError } from '../errors.ts';
import type { PullRequest } from '../forge/forge.ts';
import type { DecisionRecord } from '../manifests/record.ts';
import type { HubDso } from '../sources/hub.ts';
import type { Composition } from './compose.ts';
import type { Decided, SourcedReading, Verdict } from './decision.ts';
import { type Routing, UNROUTED } from './hold-back.ts';
import type { PlacedDso } from './place.ts';
import type { ProposalOutcome } from './proposer.ts';
import type { Waiting } from './waiting.ts';

/** What of a landed record is told; the whole of it would be most of what is remembered of a DSO. */
export type LandedDecision = Pick<DecisionRecord, 'seq' | 'time' | 'reason' | 'orphaned'>;

/** How one DSO came out. */
export interface DsoOutcome {
  readonly key: string;
  readonly where: string;
  readonly verdict: Verdict;
  /** With file:line; empty when the DSO is good. */
  readonly problems: readonly LocatedProblem[];
  /** null: it did not get as far as being decided. */
  readonly placed: PlacedDso | null;
  readonly decided: Decided | null;
  /** Members whose branch is behind the one at home, with the count that it holds; null: nobody knows. */
  readonly behind: ReadonlyMap<string, number | null>;
  /** Readings by trigger id. */
  readonly readings: ReadonlyMap<string, SourcedReading>;
  /** When a reading that cannot be observed now is too old to count, epoch milliseconds; null: all are observed. */
  readonly staleAt: number | null;
  /** What the policies of the destinations say about the decision. */
  readonly routing: Routing;
  /** The last decision at home when it was decided; null: none. */
  readonly landed: LandedDecision | null;
  /** The pull request that speaks for it: the open one, or else the last; null: there is none. */
  readonly pull: PullRequest | null;
}

const identities = new WeakMap<DsoOutcome, number>();
let lastIdentity = 0;

/**
 * A number that no other outcome has, by which is remembered what one came to: the outcome itself is not kept for that, as it
 * may hold the text of every file.
 */
export function identityOf(outcome: DsoOutcome): number {
  const known = identities.get(outcome);
  if (known !== undefined) return known;
  lastIdentity += 1;
  identities.set(outcome, lastIdentity);
  return lastIdentity;
}

/** How one destination came out. */
export interface DestinationOutcome {
  readonly destination: Destination;
  /** The commit that was pushed, or would be; null: nothing to write. */
  readonly composition: Composition | null;
  /** Texts before, by path; only where they were asked for. */
  readonly before: ReadonlyMap<string, string>;
  /** Id of the pushed commit; null: none was. */
  readonly commit: string | null;
  readonly error: ProductError | null;
  /** What could not be done as it is configured, each a sentence. */
  readonly warnings: readonly string[];
  /** DSOs that need a path which is not ours to write, by key: the others go on. */
  readonly refused: ReadonlyMap<string, ProductError>;
  /** Why what is composed is not pushed yet although nothing failed; null: it was pushed, or there is nothing. */
  readonly waiting: Waiting | null;
}

/** How a tick came out. */
export interface TickResult {
  /** Sorted by key, as `dsos` are; of some of them nothing can be said yet. */
  readonly outcomes: readonly DsoOutcome[];
  readonly destinations: readonly DestinationOutcome[];
  /** What is proposed by pull request. */
  readonly proposals: readonly ProposalOutcome[];
  /** What cannot be read at all. */
  readonly problems: readonly LocatedProblem[];
  /** The next instant at which something is to be done although nothing changes, epoch milliseconds; Infinity: none. */
  readonly deadline: number;
  /** The same, but for what time alone brings: a call that is due, or what was left over. */
  readonly callAt: number;
  /** The DSOs as the hub had them, sorted by key. */
  readonly dsos: readonly HubDso[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** No member is behind. */
export const NOBODY: ReadonlyMap<string, number | null> = new Map();

/** What the branches hold, by member, also those that are behind. */
export function heldCounts({
  decided,
  behind,
}: Pick<DsoOutcome, 'decided' | 'behind'>): ReadonlyMap<string, number | null> {
  return new Map([...(decided?.committed ?? []), ...behind]);
}

/** The sum of counts; null: there are none, or not all of them are known. */
export function sumOf(counts: ReadonlyMap<string, number | null>): number | null {
  const all = [...counts.values()];
  return all.length === 0 || all.includes(null) ? null : sumOfKnown(counts);
}

/** The sum of the counts that are known. */
export function sumOfKnown(counts: ReadonlyMap<string, number | null>): number {
  return [...counts.values()].reduce<number>((total, count) => total + (count ?? 0), 0);
}

/** DSOs that one commit holds; a beginning of its id is enough. */
export function outcomesHeldBy(outcomes: readonly DsoOutcome[], commit: string): readonly DsoOutcome[] {
  return outcomes.filter(({ verdict }) => verdict.kind === 'held' && verdict.commit?.startsWith(commit) === true);
}

/** A DSO that was not decided. */
export function undecided(
  { key, where }: HubDso,
  verdict: Verdict,
  problems: readonly LocatedProblem[] = [],
  placed: PlacedDso | null = null,
): DsoOutcome {
  return {
    key,
    where,
    verdict,
    problems,
    placed,
    decided: null,
    behind: NOBODY,
    readings: new Map(),
    staleAt: null,
    routing: UNROUTED,
    landed: null,
    pull: null,
  };
}

/** A destination with nothing to write. */
export function untouched(destination: Destination): DestinationOutcome {
  return {
    destination,
    composition: null,
    before: new Map(),
    commit: null,
    error: null,
    warnings: [],
    refused: new Map(),
    waiting: null,
  };
}

/** Whether a tick has brought what it decided for a DSO to its home. */
export function isLandedAtHome(
  { key, placed }: DsoOutcome,
  { destinations }: Pick<TickResult, 'destinations'>,
): boolean {
  const home = destinations.find(({ destination }) => destination.id === placed?.home.id);
  return home?.commit != null && home.composition?.decisions.has(key) === true;
}
