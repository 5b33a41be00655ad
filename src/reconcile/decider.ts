import { CommitBudget } from '../delivery/commit-budget.ts';
import type { HubDso, HubSnapshot } from '../sources/hub.ts';
import { countsBehind } from './behind.ts';
import { Claims } from './claims.ts';
import type { Connections } from './connections.ts';
import { decide } from './decide.ts';
import type { Decided, DecideInput, Verdict } from './decision.ts';
import type { EngineParts, TickOptions } from './engine.ts';
import { heldBackVerdict, heldEverywhere, holdBack, type Routing, refusalVerdict, UNROUTED } from './hold-back.ts';
import { KnownIndexes } from './known-indexes.ts';
import type { KnownRecords } from './known-records.ts';
import type { Landed } from './landed.ts';
import { type Known, loadLanded } from './load-landed.ts';
import { nameCommits } from './name-commits.ts';
import { News } from './news.ts';
import { type Observed, observe, unread } from './observe.ts';
import { type DsoOutcome, undecided } from './outcome.ts';
import { ENDLESS } from './patience.ts';
import type { PlacedDso } from './place.ts';
import type { Proposals } from './proposals.ts';
import type { Refusal } from './proposed-branch.ts';
import type { Asking } from './questions.ts';
import { findRivals, judgeRivals, type RivalGroup } from './rivals.ts';
import { type Recorded, Sequences } from './sequences.ts';
import type { Settled } from './settled.ts';
import { slices } from './slices.ts';
import type { StateStore } from './state-store.ts';
import type { Stow } from './stow.ts';

/** DSOs of which the tips are read at once. More of them are a fleet, of which not all is kept at once. */
const BATCH = 500;

/** Of a fleet this many are given to Git at once, which works on them while the next ones are decided. */
const PART = 100;

/** A DSO of the hub with its places. */
export interface Candidate {
  readonly placed: PlacedDso;
  readonly source: HubDso;
}

/** The highest number that a record is known to have had, by destination id. */
type Highest = ReadonlyMap<string, number>;

/** What the engine knows. */
export interface DeciderParts {
  readonly connections: Connections;
  readonly states: StateStore;
  readonly settled: Settled;
  readonly records: KnownRecords;
  readonly proposals: Proposals;
}

/** Loads what a decision needs and decides, for every DSO that is not settled. */
export class Decider {
  readonly #parts: EngineParts;
  readonly #connections: Connections;
  readonly #states: StateStore;
  readonly #settled: Settled;
  readonly #proposals: Proposals;
  readonly #sequences: Sequences;
  readonly #known: Known;
  readonly #claims = new Claims();
  readonly #news: News;
  #rivals: { readonly placed: readonly PlacedDso[]; readonly groups: readonly RivalGroup[] } = {
    placed: [],
    groups: [],
  };

  constructor(parts: EngineParts, { connections, states, settled, records, proposals }: DeciderParts) {
    this.#parts = parts;
    this.#connections = connections;
    this.#states = states;
    this.#settled = settled;
    this.#proposals = proposals;
    this.#sequences = new Sequences(connections);
    this.#news = new News(connections);
    this.#known = { records, indexes: new KnownIndexes() };
  }

  /**
   * Decides the pending ones of all candidates. Where a call to a remote is under way, nothing is told of many of them
   * before its end; where one has just ended, that is told first and they have the next tick.
   *
   * @param candidates all that take part: who is a rival of whom depends on them
   * @param stow where texts go that nobody else reads; null: all are kept
   */
  async decideAll(
    candidates: readonly Candidate[],
    pending: readonly Candidate[],
    snapshot: HubSnapshot,
    options: TickOptions,
    stow: Stow | null,
  ): Promise<{ readonly outcomes: readonly DsoOutcome[]; readonly isPart: boolean }> {
    this.#known.indexes.trim();
    this.#claims.keepCurrent(this.#connections.readable);
    const settled: DsoOutcome[] = [];
    const open: (Candidate & Observed)[] = [];
    for (const candidate of pending) {
      if (!isWanted(options, candidate.placed.dso.key)) continue;
      const same = this.#settled.findSame(candidate.placed, snapshot, options.now);
      if (same) {
        settled.push(same);
        continue;
      }
      const observed = observe(candidate.placed, snapshot, options.now);
      const outcome = this.#settled.find(candidate.placed, observed, options.now);
      if (outcome) settled.push(outcome);
      else {
        this.#settled.forget(candidate.placed.dso.key);
        open.push({ ...candidate, ...observed });
      }
    }
    const rivals = this.#rivalsOf(candidates);
    const taken = judgeRivals(
      rivals,
      await this.#loadLanded([...new Set(rivals.flatMap((one) => one.placed))], options),
    );
    const outcomes: DsoOutcome[] = [];
    const budget = new CommitBudget();
    const isLarge = open.length > BATCH;
    const going = isLarge && stow ? await this.#news.of(open, snapshot, stow, options.background) : open;
    if (!isLarge) this.#news.clear();
    const told: (Observed['objects'] | null)[] = [];
    const kept = async (some: readonly DsoOutcome[]) => (isLarge && stow ? stow.take(some) : some);
    try {
      // A part at a time: what the tips hold of a whole fleet is not kept at once.
      for (const batch of slices(going, BATCH)) {
        const landed = await this.#loadLanded(
          batch.map(({ placed }) => placed),
          options,
        );
        const highest = await this.#sequences.highestOf(this.#recorded(batch, landed), askingOf(options));
        const part: DsoOutcome[] = [];
        for (const one of batch) {
          const { key } = one.placed.dso;
          const home = this.#connections.branch(one.placed.home.id);
          const here = landed.get(key) ?? new Map<string, Landed>();
          const verdict = taken.get(key) ?? (await this.#claimed(one, here));
          const outcome = verdict
            ? undecided(one.source, verdict, [], one.placed)
            : this.#decideOne(one, options, here, highest.get(key) ?? null, budget);
          // What is observed while a push is under way counts; what is decided is decided again after it, and of a whole
          // fleet there would be two sets. Of a mirror that is made again nothing is said.
          if (isLarge) this.#news.see(one);
          if ((isLarge && stow && home.isBusy) || home.isConnecting) continue;
          // What was decided without a part of it is decided again.
          const isWhole = one.placed.members.every(({ destination }) => here.has(destination.id));
          told.push(isWhole ? one.objects : null);
          part.push(outcome);
          if (isLarge && part.length === PART) outcomes.push(...(await kept(part.splice(0))));
        }
        outcomes.push(...(await kept(part)));
      }
    } finally {
      await stow?.end();
    }
    const decided = await nameCommits(outcomes, this.#connections, askingOf(options));
    if (options.mode === 'apply')
      for (const [index, outcome] of decided.entries()) this.#settled.keep(outcome, told[index] ?? null);
    const isPart = stow !== null && isLarge && this.#news.hasNext(open, stow);
    return { outcomes: [...settled, ...decided], isPart };
  }

  /** Found again only when a DSO came, went or changed. */
  #rivalsOf(candidates: readonly Candidate[]): readonly RivalGroup[] {
    const { placed, groups } = this.#rivals;
    if (placed.length === candidates.length && candidates.every((one, index) => one.placed === placed[index]))
      return groups;
    const all = candidates.map((one) => one.placed);
    this.#rivals = { placed: all, groups: findRivals(all) };
    return this.#rivals.groups;
  }

  /** Why a newcomer cannot have its workload: a record of another DSO scales it; null: it can. */
  async #claimed({ placed }: Candidate, landed: ReadonlyMap<string, Landed>): Promise<Verdict | null> {
    const home = landed.get(placed.home.id);
    if (!home || home.recordId !== null) return null;
    try {
      return await this.#claims.against(placed, this.#connections.readable);
    } catch (error) {
      this.#connections.branch(placed.home.id).noteUnreadable(error);
      return null;
    }
  }

  /** What the tips hold; a damaged mirror is made again once. */
  async #loadLanded(
    placed: readonly PlacedDso[],
    options: TickOptions,
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, Landed>>> {
    const load = async (): ReturnType<typeof loadLanded> => {
      await this.#sequences.look(askingOf(options));
      const note = (id: string, error: unknown): void => this.#connections.branch(id).noteUnreadable(error);
      const isCounted = (key: string): boolean => options.resume?.has(key) === true;
      return loadLanded(placed, this.#connections.readable, note, isCounted, this.#known);
    };
    const readable = this.#connections.branches.filter((branch) => branch.isReadable);
    const landed = await load();
    const broken = readable.filter((branch) => !branch.isReadable);
    if (broken.length === 0) return landed;
    await this.#connections.refresh(broken, options.now, options.background ?? ENDLESS);
    return load();
  }

  /** A part of the fleet as the history is asked of it. */
  #recorded(
    batch: readonly Candidate[],
    landed: ReadonlyMap<string, ReadonlyMap<string, Landed>>,
  ): readonly Recorded[] {
    return batch.map(({ placed, source }) => {
      const isSaved = this.#states.get(placed, source.stored, this.#connections.get(placed.home.id)) !== null;
      return { placed, landed: landed.get(placed.dso.key) ?? new Map(), isSaved };
    });
  }

  /** A person's no holds also while nothing would change; that it is not known matters where something would. */
  #noTo(placed: PlacedDso, { verdict, record }: Decided, now: number): Refusal | null {
    if (verdict.kind !== 'same' && !(verdict.kind === 'change' && record)) return null;
    const no = this.#proposals.noTo(placed, now);
    return no?.kind === 'wait' && !record ? null : no;
  }

  /** Decides, and says where it goes: what a person has said goes before every rule, and takes nothing of what a commit may move. */
  #route(
    placed: PlacedDso,
    input: DecideInput,
    isApproved: boolean,
    budget: CommitBudget,
  ): { readonly decided: Decided; readonly no: Refusal | null; readonly routing: Routing } {
    const decided = decide(input);
    if (isApproved) return { decided, no: null, routing: UNROUTED };
    const no = this.#noTo(placed, decided, input.now);
    if (no) return { decided, no, routing: heldEverywhere(decided, no.reason, no.message) };
    const routing = holdBack(placed, decided, countsBehind(placed, input.landed), budget, input.now);
    if (!input.isResumed || routing.heldBack.size === 0) return { decided, no, routing };
    // That a hold ends is a person's word as well: what the readings ask for comes after it, and goes by the rules.
    return { decided: decide({ ...input, readings: unread(input.readings) }), no, routing: UNROUTED };
  }

  #decideOne(
    { placed, source, readings, staleAt }: Candidate & Observed,
    options: TickOptions,
    landed: ReadonlyMap<string, Landed>,
    highest: Highest | null,
    budget: CommitBudget,
  ): DsoOutcome {
    const { dso, home } = placed;
    if (!landed.has(home.id) || !this.#connections.branch(home.id).isReadable) {
      const message = `${home.name} cannot be read now`;
      return undecided(source, { kind: 'wait', reason: 'DestinationUnavailable', message }, [], placed);
    }
    if (!highest) return undecided(source, this.#sequences.unknown(placed), [], placed);
    const { owner, firstSight } = this.#parts.configuration;
    const input: DecideInput = {
      dso,
      members: placed.members,
      home,
      configuration: { owner, firstSight, replicasPath: placed.replicasPath, templates: this.#parts.templates },
      readings,
      landed,
      state: this.#states.get(placed, source.stored, this.#connections.get(home.id)),
      highest,
      earlier: this.#states.moves(placed),
      adopt: options.adopt?.get(dso.key) ?? null,
      isResumed: options.resume?.has(dso.key) === true,
      person: options.resume?.get(dso.key) ?? options.hold?.get(dso.key) ?? null,
      now: options.now,
    };
    const isApproved = options.approve?.has(dso.key) === true;
    const { decided, no, routing } = this.#route(placed, input, isApproved, budget);
    if (options.mode === 'apply') this.#states.observe({ placed, decided }, source.stored?.uid ?? null);
    const problems = dso.advice.map((problem) => ({ ...problem, where: source.locate(problem.path) }));
    const last = landed.get(home.id)?.record;
    return {
      key: dso.key,
      where: source.where,
      verdict: (no && refusalVerdict(no, placed)) ?? heldBackVerdict(routing) ?? decided.verdict,
      problems,
      placed,
      decided,
      behind: countsBehind(placed, landed),
      readings,
      staleAt,
      routing,
      landed: last ? { seq: last.seq, time: last.time, reason: last.reason, orphaned: last.orphaned } : null,
      pull: null,
    };
  }
}

function askingOf({ background, now }: TickOptions): Asking {
  return { patience: background ?? ENDLESS, now };
}

/** Whether a tick is about this DSO. */
export function isWanted({ only }: TickOptions, key: string): boolean {
  return only === undefined || only(key);
}
