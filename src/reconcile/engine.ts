import { setTimeout as sleep } from 'node:timers/promises';
import type { Dso } from '../api/effective.ts';
import type { Configuration } from '../config/load.ts';
import type { ProductError } from '../errors.ts';
import type { Revision } from '../history/decision-history.ts';
import type { Templates } from '../manifests/template.ts';
import type { Hub, HubDso, HubSnapshot } from '../sources/hub.ts';
import { admit } from './admit.ts';
import type { DecidedDso } from './compose.ts';
import { Connections, type OpenRepository } from './connections.ts';
import { type Candidate, Decider, isWanted } from './decider.ts';
import type { PersonsWord } from './decision.ts';
import { type Delivery, type DeliveryOptions, deliver, MAX_ATTEMPTS, saveStates } from './deliver.ts';
import { isAt } from './load-landed.ts';
import { type DestinationOutcome, type DsoOutcome, type TickResult, untouched } from './outcome.ts';
import type { PlacedDso } from './place.ts';
import { Settled } from './settled.ts';
import { StateStore } from './state-store.ts';

/** What the engine is made of. */
export interface EngineParts {
  readonly configuration: Configuration;
  readonly hub: Hub;
  readonly templates: Templates;
  readonly open: OpenRepository;
}

/** One tick. */
export interface TickOptions extends DeliveryOptions {
  /** Totals that a person gives for the first sight, by key. */
  readonly adopt?: ReadonlyMap<string, number>;
  /** Holds that a person begins, by key. */
  readonly hold?: ReadonlyMap<string, PersonsWord>;
  /** Holds that a person ends, by key. */
  readonly resume?: ReadonlyMap<string, PersonsWord>;
  /** Only these DSOs. */
  readonly only?: (key: string) => boolean;
  /** Learn the tips first; false goes on from what is known and learns only after a lost race. */
  readonly isRefreshed?: boolean;
  readonly signal: AbortSignal;
}

/** What is only a cache and has to be made again. */
const DAMAGED = 'MirrorDamaged';
/** Commits of ours that are told from those of others. */
const MAX_COMMITS = 10_000;
const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30_000;

/** The sequence: read, place, load, decide, deliver. One engine for every way to run. */
export class Engine {
  readonly #parts: EngineParts;
  readonly #connections: Connections;
  readonly #states: StateStore;
  readonly #requests = new Map<string, string>();
  /** Commits of others that the status of a DSO names, by key. */
  readonly #foreignCommits = new Map<string, string>();
  readonly #ownCommits = new Set<string>();
  readonly #settled = new Settled();
  readonly #decider: Decider;
  #places = new WeakMap<Dso, { readonly placed: PlacedDso; readonly known: string }>();

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#connections = new Connections(parts.open);
    this.#states = new StateStore(parts.hub.keepsState);
    this.#decider = new Decider(parts, this.#connections, this.#states, this.#settled);
  }

  /** States that are newer than what is saved beside the branches. */
  get unsaved(): number {
    return this.#states.unsaved;
  }

  /** Evaluates everything once and, unless it is a plan, delivers what changed. */
  async tick(options: TickOptions): Promise<TickResult> {
    const snapshot = await this.#parts.hub.read();
    const { destinations } = this.#parts.configuration;
    const isRefreshed = options.isRefreshed !== false || this.#isRequested(snapshot.dsos);
    const stale = destinations.filter(({ id }) => isRefreshed || !this.#connections.get(id));
    await this.#connections.refresh(stale);
    const isMoved = this.#connections.takeMoved();
    // What a person says, and a plan, is always computed from the start.
    if (isMoved || options.mode === 'plan' || options.adopt || options.hold || options.resume) this.#settled.clear();
    const known = await this.#knownMembers(snapshot);
    const knownText = known?.join() ?? '';
    const early = new Map<string, DsoOutcome>();
    const candidates: Candidate[] = [];
    for (const source of snapshot.dsos) {
      const result = this.#admit(source, known, knownText);
      if (!('key' in result)) candidates.push({ placed: result, source });
      else if (isWanted(options, source.key)) early.set(source.key, result);
    }
    const round = await this.#rounds(candidates, snapshot, options);
    for (const { commit } of round.destinations) if (commit) this.#noteCommit(commit);
    const outcomes = snapshot.dsos.flatMap(({ key }) => early.get(key) ?? round.outcomes.get(key) ?? []);
    return {
      outcomes,
      destinations: round.destinations,
      problems: snapshot.problems,
      deadline: firstDeadline(outcomes),
      dsos: snapshot.dsos,
      now: options.now,
    };
  }

  /** The commit that changed a file of a destination last; null: it is not known. */
  async lastCommit(destinationId: string, path: string): Promise<string | null> {
    return (await this.#connections.get(destinationId)?.lastChange(path))?.commit ?? null;
  }

  /** Every version of the files below a destination's root, or a path in it, the newest first. @throws why it cannot be read */
  async revisions(destinationId: string, path: string | null = null): Promise<readonly Revision[]> {
    const destination = this.#parts.configuration.destinations.find(({ id }) => id === destinationId);
    if (!destination) return [];
    if (!this.#connections.get(destinationId)) await this.#connections.refresh([destination]);
    const error = this.#connections.errors.get(destinationId);
    if (error) throw error;
    return (
      (await this.#connections
        .get(destinationId)
        ?.revisions(path === null ? destination.root : `${destination.root}/${path}`)) ?? []
    );
  }

  /** Saves the states that no commit carried. */
  async saveStates(now: number): Promise<void> {
    await saveStates(this.#delivery(), now);
  }

  #delivery(): Delivery {
    const { configuration, templates } = this.#parts;
    return {
      destinations: configuration.destinations,
      connections: this.#connections,
      states: this.#states,
      templates,
    };
  }

  #noteCommit(commit: string): void {
    this.#ownCommits.add(commit);
    const [oldest] = this.#ownCommits;
    if (this.#ownCommits.size > MAX_COMMITS && oldest !== undefined) this.#ownCommits.delete(oldest);
  }

  /** Whether a person asked for an evaluation that did not happen yet, or another process of ours has committed. */
  #isRequested(dsos: readonly HubDso[]): boolean {
    let isRequested = false;
    for (const { key, stored } of dsos) {
      const commit = stored?.lastCommit ?? null;
      if (commit !== null && !this.#ownCommits.has(commit) && this.#foreignCommits.get(key) !== commit) {
        this.#foreignCommits.set(key, commit);
        isRequested = true;
      }
      if (stored?.requestedAt == null || this.#requests.get(key) === stored.requestedAt) continue;
      this.#requests.set(key, stored.requestedAt);
      isRequested = true;
    }
    return isRequested;
  }

  /** Names of the members that exist; null: they cannot be read now. */
  async #knownMembers(snapshot: HubSnapshot): Promise<readonly string[] | null> {
    if (snapshot.members) return snapshot.members;
    const { members, destinations } = this.#parts.configuration;
    if (!('directories' in members)) return 'secret' in members ? [] : members;
    const [first] = destinations;
    const repository = first && this.#connections.reachable.get(first.id);
    if (!first || !repository) return null;
    try {
      return await repository.directories(members.directories);
    } catch (error) {
      this.#connections.note(first.id, error);
      return null;
    }
  }

  #admit(source: HubDso, members: readonly string[] | null, known: string): PlacedDso | DsoOutcome {
    const { effective } = source;
    const found = effective.kind === 'dso' ? this.#places.get(effective.dso) : undefined;
    const earlier = found?.known === known ? found.placed : undefined;
    const admitted = admit(source, earlier, members, this.#parts.configuration, this.#connections.errors);
    if ('dso' in admitted && admitted !== earlier) this.#places.set(admitted.dso, { placed: admitted, known });
    return admitted;
  }

  /** Decides and delivers until nobody was faster, at most ten times. */
  async #rounds(
    candidates: readonly Candidate[],
    snapshot: HubSnapshot,
    options: TickOptions,
  ): Promise<{ readonly outcomes: ReadonlyMap<string, DsoOutcome> } & Pick<TickResult, 'destinations'>> {
    const outcomes = new Map<string, DsoOutcome>();
    const destinations = new Map<string, DestinationOutcome>();
    let pending = candidates;
    for (let attempt = 1; ; attempt += 1) {
      const decided = await this.#decider.decideAll(candidates, pending, snapshot, options);
      for (const outcome of decided) outcomes.set(outcome.key, outcome);
      const results = await deliver(this.#delivery(), decided.flatMap(changeOf), options);
      for (const result of results)
        if (result.composition || result.error) destinations.set(result.destination.id, result);
      const again = results.filter(({ error }) => error && isTriedAgain(error, attempt));
      if (again.length === 0 || attempt === MAX_ATTEMPTS) break;
      await this.#recover(again, attempt, options.signal);
      for (const { destination } of again) destinations.delete(destination.id);
      pending = candidates.filter(({ placed }) => again.some(({ destination }) => isAt(placed, destination.id)));
    }
    for (const destination of this.#parts.configuration.destinations) {
      const error = this.#connections.errors.get(destination.id);
      if (error) destinations.set(destination.id, { ...untouched(destination), error });
    }
    return { outcomes, destinations: [...destinations.values()] };
  }

  /** Before the next attempt: a faster writer's tip is learnt, a damaged mirror is made again. */
  async #recover(failed: readonly DestinationOutcome[], attempt: number, signal: AbortSignal): Promise<void> {
    const lost = failed.filter(({ error }) => error?.kind === 'retry').map(({ destination }) => destination);
    const damaged = failed.filter(({ error }) => error?.reason === DAMAGED).map(({ destination }) => destination);
    if (lost.length > 0) await sleep(retryDelay(attempt), undefined, { signal });
    await this.#connections.refresh(lost);
    await this.#connections.renew(damaged);
    this.#settled.clear();
  }
}

/** The first instant at which something may change by itself. */
function firstDeadline(outcomes: readonly DsoOutcome[]): number | null {
  let first = Number.POSITIVE_INFINITY;
  for (const { decided, staleAt } of outcomes)
    first = Math.min(first, decided?.deadline ?? Number.POSITIVE_INFINITY, staleAt ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(first) ? first : null;
}

/** A lost race is tried again; a damaged mirror is replaced once. */
function isTriedAgain({ kind, reason }: ProductError, attempt: number): boolean {
  return kind === 'retry' || (reason === DAMAGED && attempt === 1);
}

function changeOf({ placed, decided }: DsoOutcome): readonly DecidedDso[] {
  return placed && decided && decided.changes.size > 0 ? [{ placed, decided }] : [];
}

function retryDelay(attempt: number): number {
  const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 1.5 ** (attempt - 1));
  return delay * (0.5 + Math.random() * 0.5);
}
