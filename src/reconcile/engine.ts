import type { Configuration, Destination } from '../config/load.ts';
import type { ProductError } from '../errors.ts';
import type { Revision } from '../history/decision-history.ts';
import type { Templates } from '../manifests/template.ts';
import type { Hub, HubDso, HubSnapshot } from '../sources/hub.ts';
import { Admission, type Admitted } from './admission.ts';
import type { OpenRepository } from './branch.ts';
import { Connections, recover } from './connections.ts';
import { Decider } from './decider.ts';
import type { PersonsWord } from './decision.ts';
import type { DeliveryOptions } from './deliver.ts';
import { firstDeadline } from './first-deadline.ts';
import { Gone } from './gone.ts';
import { KnownRecords } from './known-records.ts';
import type { DestinationOutcome, DsoOutcome, TickResult } from './outcome.ts';
import { ENDLESS, type Patience } from './patience.ts';
import type { PlacedDso } from './place.ts';
import { type ListedPull, Proposals } from './proposals.ts';
import { withProposals } from './proposed-outcome.ts';
import type { OpenForge, ProposalOutcome } from './proposer.ts';
import { readPast } from './read-past.ts';
import { type Released, type ReleaseRequest, release } from './release.ts';
import type { Repository } from './repository.ts';
import { Requests } from './requests.ts';
import { MAX_ATTEMPTS } from './retry.ts';
import { type Round, Rounds } from './rounds.ts';
import { saveStates } from './save-states.ts';
import { Settled } from './settled.ts';
import { StateStore } from './state-store.ts';

/** What the engine is made of. */
export interface EngineParts {
  readonly configuration: Configuration;
  readonly hub: Hub;
  readonly templates: Templates;
  readonly open: OpenRepository;
  readonly openForge: OpenForge;
  /** The program and the installation, for people. */
  readonly writtenBy: string;
}

/** One tick. */
export interface TickOptions extends DeliveryOptions {
  /** Totals that a person gives for the first sight, by key. */
  readonly adopt?: ReadonlyMap<string, number>;
  /** Changes that a person lets through, whatever the policies of the destinations say, by key. */
  readonly approve?: ReadonlySet<string>;
  /** Holds that a person begins, by key. */
  readonly hold?: ReadonlyMap<string, PersonsWord>;
  /** Holds that a person ends, by key. */
  readonly resume?: ReadonlyMap<string, PersonsWord>;
  /** Only these DSOs. */
  readonly only?: (key: string) => boolean;
  /**
   * In a process that stays: tips are learnt when that is due, pushes are paced, and remotes are waited for with patience.
   * Absent: everything at once, and all is waited for.
   */
  readonly background?: Patience;
  /** What came of earlier pushes is told and decided upon; no call is begun. */
  readonly isLast?: boolean;
  readonly signal: AbortSignal;
  /** Ends the reading of the hub; absent: `signal` does. */
  readonly stop?: AbortSignal;
}

/** The sequence: read, place, load, decide, deliver. One engine for every way to run. */
export class Engine {
  readonly #parts: EngineParts;
  readonly #connections: Connections;
  readonly #states: StateStore;
  readonly #requests = new Requests();
  readonly #settled = new Settled();
  readonly #records = new KnownRecords();
  readonly #admission: Admission;
  readonly #gone: Gone;
  readonly #proposals: Proposals;
  readonly #rounds: Rounds;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#connections = new Connections(parts.configuration, parts.open);
    this.#states = new StateStore(parts.hub.keepsState);
    this.#admission = new Admission(parts.configuration, this.#connections);
    this.#gone = new Gone([this.#states, this.#settled, this.#requests, this.#records], this.#admission.shared);
    const { templates } = parts;
    const { owner } = parts.configuration;
    this.#proposals = new Proposals(this.#connections, { ...parts, owner });
    const known = {
      connections: this.#connections,
      states: this.#states,
      settled: this.#settled,
      records: this.#records,
      proposals: this.#proposals,
    };
    const { hub } = parts;
    this.#rounds = new Rounds({
      ...known,
      hub,
      templates,
      admission: this.#admission,
      decider: new Decider(parts, known),
    });
  }

  /** States that are newer than what is saved beside the branches. */
  get unsaved(): number {
    return this.#states.unsaved;
  }

  /** Evaluates everything once and, unless it is a plan, delivers what changed. */
  async tick(options: TickOptions): Promise<TickResult> {
    const { background, now } = options;
    const snapshot = await this.#parts.hub.read(options.stop ?? options.signal);
    const late = await this.#connections.settle();
    const isRequested = this.#requests.takeNew(snapshot.dsos);
    await Promise.all([this.#learnTips(isRequested, options), this.#learnPullRequests(isRequested, options)]);
    const isMoved = [this.#connections.takeMoved(), this.#proposals.takeMoved()].includes(true);
    // What a person says is always computed from the start.
    if (isMoved || options.adopt || options.approve || options.hold || options.resume) this.#settled.clear();
    const admitted = await this.#admission.all(snapshot);
    this.#gone.sweep(snapshot, admitted.candidates, now);
    const { round, proposals } = await this.#decide(admitted, snapshot, options, late);
    for (const { commit } of round.destinations) if (commit) this.#requests.noteOwn(commit);
    const decided = snapshot.dsos.flatMap(({ key }) => round.outcomes.get(key) ?? []);
    const outcomes = this.#proposals.areNone
      ? decided
      : withProposals(decided, proposals, ({ placed }) => placed && this.#proposals.pullOf(placed));
    const callAt = Math.min(
      round.isPart ? now + 1 : Infinity,
      background
        ? Math.min(this.#nextCall(round.waiting, now), Math.max(now + 1, this.#proposals.nextAt(now)))
        : Infinity,
    );
    return {
      outcomes,
      destinations: round.destinations,
      proposals,
      problems: snapshot.problems,
      deadline: Math.min(firstDeadline(outcomes, now), callAt),
      callAt,
      dsos: snapshot.dsos,
      now,
    };
  }

  /** All pull requests of this installation, as they stand now. @throws why they cannot be read */
  async pullRequests(now: number): Promise<readonly ListedPull[]> {
    await this.#proposals.look(now, true, ENDLESS);
    return this.#proposals.list();
  }

  /** Ends a person's no to DSOs that was said by closing their pull request. @throws ProductError */
  async resumeProposed(placed: readonly PlacedDso[]): Promise<void> {
    await this.#proposals.resume(placed);
  }

  /** Waits for what is under way. @returns whether pushes have ended that no tick has told yet */
  async finish(patienceMs: number): Promise<boolean> {
    const { branches } = this.#connections;
    await Promise.all([this.#proposals.finish(patienceMs), ...branches.map((branch) => branch.settle(patienceMs))]);
    return branches.some(({ hasEnded }) => hasEnded);
  }

  /** Decides, delivers and proposes, again where somebody else was faster with a branch that is proposed and all is waited for. */
  async #decide(
    admitted: Admitted,
    snapshot: HubSnapshot,
    options: TickOptions,
    late: readonly DestinationOutcome[],
  ): Promise<{ readonly round: Round; readonly proposals: readonly ProposalOutcome[] }> {
    let earlier: readonly DestinationOutcome[] = [];
    for (let attempt = 1; ; attempt += 1) {
      const round = beside(earlier, await this.#rounds.run(admitted, snapshot, options, late));
      const proposals = await this.#propose(round.outcomes, snapshot, options);
      const lost = proposals.find(({ error }) => error?.kind === 'retry')?.error;
      if (!lost || options.background || attempt === MAX_ATTEMPTS) return { round, proposals };
      await this.#catchUp(lost, attempt, options);
      earlier = round.destinations;
    }
  }

  async #catchUp(error: ProductError, attempt: number, { now, signal }: TickOptions): Promise<void> {
    await recover(this.#connections.branches, { error, attempt, now, signal });
    await this.#proposals.look(now, true, ENDLESS);
    this.#settled.clear();
  }

  async #learnTips(isRequested: boolean, { now, background, isLast }: TickOptions): Promise<void> {
    const { branches } = this.#connections;
    if (isLast) return;
    if (!background) {
      await this.#connections.refresh(branches, now, ENDLESS);
      return;
    }
    const due = branches.filter((branch) => !branch.isBusy && (isRequested || branch.isRefreshDue(now)));
    await this.#connections.refresh(due, now, { ...background, ms: isRequested ? background.ms : 0 });
  }

  async #learnPullRequests(isRequested: boolean, { now, background, isLast }: TickOptions): Promise<void> {
    if (isLast) return;
    const patience = background ? { ...background, ms: isRequested ? background.ms : 0 } : ENDLESS;
    await this.#proposals.look(now, isRequested || !background, patience);
  }

  /** Of a part of the DSOs nothing is proposed: the rest of a group would be missing. */
  async #propose(
    outcomes: ReadonlyMap<string, DsoOutcome>,
    { dsos, problems }: HubSnapshot,
    { mode, now, background, isLast, only }: TickOptions,
  ): Promise<readonly ProposalOutcome[]> {
    if (isLast || only || this.#proposals.areNone) return [];
    // What a person holds is known: nothing of it is proposed.
    const isUnknown = ({ key }: HubDso): boolean => {
      const outcome = outcomes.get(key);
      return outcome?.verdict.kind !== 'held' && !outcome?.decided?.split;
    };
    const silent = new Set(dsos.filter(isUnknown).map(({ key }) => key));
    // What cannot be read may hold any of those that are not there.
    const present = problems.length > 0 ? new Set(dsos.map(({ key }) => key)) : null;
    return this.#proposals.deliver(outcomes, { silent, present }, { mode, now, patience: background ?? ENDLESS });
  }

  /** When the first branch is to be called again. @param waiting ids of destinations that something is to be pushed to */
  #nextCall(waiting: ReadonlySet<string>, now: number): number {
    const called = new Set([...waiting].map((id) => this.#connections.branch(id)));
    return Math.min(...this.#connections.branches.map((branch) => branch.nextAt(now, called.has(branch))));
  }

  /** The commits that made files of a destination what they are, by path; left out: it is not known. */
  async lastCommits(destinationId: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const changes = await this.#connections.get(destinationId)?.lastChanges(paths);
    return new Map([...(changes ?? [])].map(([path, { commit }]) => [path, commit]));
  }

  /** Every version of the files below a destination's root, or a path in it, the newest first. @throws why it cannot be read */
  async revisions(destinationId: string, path: string | null = null): Promise<readonly Revision[]> {
    const found = await this.past(destinationId, (repository, { root }) => {
      return repository.revisions([path === null ? root : `${root}/${path}`]);
    });
    return found ?? [];
  }

  /** Asks the repository of a destination for its past; null: there is none yet. @throws why it cannot be read */
  async past<T>(
    destinationId: string,
    read: (repository: Repository, destination: Destination) => Promise<T>,
  ): Promise<T | null> {
    return readPast(this.#connections, destinationId, read);
  }

  /** Gives the members of a DSO back; it need not exist any more. @throws ProductError where that cannot be planned */
  async release(request: Omit<ReleaseRequest, 'marked'>, signal: AbortSignal): Promise<Released> {
    const { configuration, templates } = this.#parts;
    const snapshot = await this.#parts.hub.read(signal);
    await this.#connections.refresh(this.#connections.branches, request.now, ENDLESS);
    const source = snapshot.dsos.find(({ key }) => key === `${request.namespace}/${request.name}`);
    const admitted = source ? await this.#admission.one(source, snapshot) : null;
    const home = admitted && 'home' in admitted ? admitted.home.id : (configuration.destinations[0]?.id ?? null);
    const parts = { configuration, connections: this.#connections, templates };
    return release({ ...request, marked: source ? home : null }, parts, signal);
  }

  /** Saves the states that no commit carried. */
  async saveStates(
    now: number,
    patience: Patience = ENDLESS,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    await saveStates(this.#connections, this.#states, { now, patience, signal });
  }
}

/** What an earlier attempt came to is told as well where the last one had nothing to do. */
function beside(earlier: readonly DestinationOutcome[], round: Round): Round {
  const told = new Map(earlier.map((one) => [one.destination.id, one]));
  for (const one of round.destinations)
    if (one.composition || !told.has(one.destination.id)) told.set(one.destination.id, one);
  return { ...round, destinations: [...told.values()] };
}
