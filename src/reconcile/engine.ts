import { setTimeout as sleep } from 'node:timers/promises';
import type { LocatedProblem } from '../api/problem.ts';
import type { Configuration, Destination } from '../config/load.ts';
import { messageOf, ProductError } from '../errors.ts';
import { DsoState } from '../manifests/record.ts';
import type { Templates } from '../manifests/template.ts';
import type { Hub, HubDso, HubSnapshot } from '../sources/hub.ts';
import { readKubernetesResource } from '../triggers/kubernetes-resource.ts';
import { type Composition, compose, type DecidedDso } from './compose.ts';
import { type Decided, decide, type SourcedReading, type Verdict } from './decide.ts';
import type { Landed } from './landed.ts';
import { isAt, loadLanded } from './load-landed.ts';
import { type PlacedDso, place } from './place.ts';
import type { Repository } from './repository.ts';
import { findRivals } from './rivals.ts';

/** What the engine is made of. */
export interface EngineParts {
  readonly configuration: Configuration;
  readonly hub: Hub;
  readonly templates: Templates;
  /** Opens a repository; `isRenewed`: what is cached of it is damaged and thrown away first. */
  readonly open: (destination: Destination, isRenewed: boolean) => Promise<Repository>;
}

/** One tick. */
export interface TickOptions {
  /** `plan` writes nothing. */
  readonly mode: 'plan' | 'apply';
  /** Epoch milliseconds. */
  readonly now: number;
  /** Totals that a person gives for the first sight, by key. */
  readonly adopt?: ReadonlyMap<string, number>;
  /** Only these DSOs. */
  readonly only?: (key: string) => boolean;
  /** Destinations that may be pushed to now; absent: all. */
  readonly canPush?: (destination: Destination) => boolean;
  /** Learn the tips first; false goes on from what is known and learns only after a lost race. */
  readonly isRefreshed?: boolean;
  /** Give the texts before, too; a plan always does. */
  readonly isDiffed?: boolean;
  readonly signal: AbortSignal;
}

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
  /** Readings by trigger id. */
  readonly readings: ReadonlyMap<string, SourcedReading>;
  /** What the tip held when it was decided. */
  readonly landed: ReadonlyMap<string, Landed>;
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
}

/** How a tick came out. */
export interface TickResult {
  readonly outcomes: readonly DsoOutcome[];
  readonly destinations: readonly DestinationOutcome[];
  /** What cannot be read at all. */
  readonly problems: readonly LocatedProblem[];
  /** The next instant at which the held readings may change something; null: none. */
  readonly deadline: number | null;
}

const MAX_ATTEMPTS = 10;
const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30_000;

/** The sequence: read, place, load, decide, compose, publish. One engine for every way to run. */
export class Engine {
  readonly #parts: EngineParts;
  readonly #repositories = new Map<string, Repository>();
  readonly #states = new Map<string, DsoState>();
  readonly #homes = new Map<string, string>();
  readonly #unsaved = new Set<string>();

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  /** States that are newer than what is saved beside the branch. */
  get unsaved(): number {
    return this.#unsaved.size;
  }

  /** Evaluates everything once and, unless it is a plan, delivers what changed. */
  async tick(options: TickOptions): Promise<TickResult> {
    const snapshot = await this.#parts.hub.read();
    const errors = await this.#connect(options);
    const known = await this.#knownMembers();
    const early: DsoOutcome[] = [];
    const placed: { readonly placed: PlacedDso; readonly source: HubDso }[] = [];
    for (const source of snapshot.dsos) {
      if (options.only && !options.only(source.key)) continue;
      const result = this.#place(source, known, errors);
      if ('key' in result) early.push(result);
      else placed.push({ placed: result, source });
    }
    const round = await this.#rounds(placed, snapshot, options, errors);
    const outcomes = [...early, ...round.outcomes].sort((one, other) => (one.key < other.key ? -1 : 1));
    const deadlines = outcomes.flatMap(({ decided }) => decided?.deadline ?? []);
    return {
      outcomes,
      destinations: round.destinations,
      problems: snapshot.problems,
      deadline: deadlines.length > 0 ? Math.min(...deadlines) : null,
    };
  }

  /** The commit that changed a file of a destination last; null: it is not known. */
  async lastCommit(destinationId: string, path: string): Promise<string | null> {
    return (await this.#repositories.get(destinationId)?.lastCommit(path)) ?? null;
  }

  /** Saves the states that no commit carried. */
  async saveStates(now: number): Promise<void> {
    for (const destination of this.#parts.configuration.destinations) {
      const repository = this.#repositories.get(destination.id);
      const states = this.#statesOf(destination, null);
      if (!repository || states.size === 0) continue;
      await publishStates(repository, states, now);
      for (const key of states.keys()) this.#unsaved.delete(key);
    }
  }

  /** Opens what is not open and learns the tips; what fails is pending, the rest goes on. */
  async #connect(options: TickOptions): Promise<Map<string, ProductError>> {
    const errors = new Map<string, ProductError>();
    await Promise.all(
      this.#parts.configuration.destinations.map(async (destination) => {
        if (this.#repositories.has(destination.id) && options.isRefreshed === false) return;
        try {
          await this.#refresh(destination);
        } catch (error) {
          errors.set(destination.id, asProductError(error));
        }
      }),
    );
    return errors;
  }

  async #refresh(destination: Destination): Promise<void> {
    const open = this.#repositories.get(destination.id) ?? (await this.#parts.open(destination, false));
    try {
      await open.refresh();
      this.#repositories.set(destination.id, open);
    } catch (error) {
      if (!(error instanceof ProductError) || error.reason !== 'GitFailed') throw error;
      // Not the remote: the mirror itself is damaged, and it is only a cache.
      const renewed = await this.#parts.open(destination, true);
      await renewed.refresh();
      this.#repositories.set(destination.id, renewed);
    }
  }

  async #knownMembers(): Promise<readonly string[]> {
    const { members, destinations } = this.#parts.configuration;
    if (!('directories' in members)) return members;
    const [first] = destinations;
    const repository = first && this.#repositories.get(first.id);
    return repository ? repository.directories(members.directories) : [];
  }

  #place(source: HubDso, known: readonly string[], errors: ReadonlyMap<string, ProductError>): PlacedDso | DsoOutcome {
    const { effective } = source;
    if (effective.kind === 'invalid') {
      const problems = effective.problems.map((problem) => ({ ...problem, where: source.locate(problem.path) }));
      const message = 'the object is not valid; nothing is written for it until it is corrected';
      return outcomeOf(source, { kind: 'stalled', reason: 'InvalidSpec', message }, problems);
    }
    if (effective.kind === 'unsupported') {
      const problem = { ...effective.problem, where: source.locate(effective.problem.path) };
      return outcomeOf(source, { kind: 'stalled', reason: 'Unsupported', message: problem.message }, [problem]);
    }
    const placed = place(effective.dso, known, this.#parts.configuration);
    if (!('dso' in placed)) return outcomeOf(source, placed, []);
    const error = errors.get(placed.home.id);
    if (!error) return placed;
    return outcomeOf(
      source,
      { kind: 'wait', reason: error.reason, message: `${placed.home.name}: ${error.message}` },
      [],
    );
  }

  /** Decides and publishes until nobody was faster, at most ten times. */
  async #rounds(
    placed: readonly { readonly placed: PlacedDso; readonly source: HubDso }[],
    snapshot: HubSnapshot,
    options: TickOptions,
    errors: Map<string, ProductError>,
  ): Promise<{ outcomes: readonly DsoOutcome[]; destinations: readonly DestinationOutcome[] }> {
    const outcomes = new Map<string, DsoOutcome>();
    const destinations = new Map<string, DestinationOutcome>();
    let pending = placed;
    for (let attempt = 1; ; attempt += 1) {
      const decided = await this.#decideAll(pending, snapshot, options, errors);
      for (const outcome of decided) outcomes.set(outcome.key, outcome);
      const results = await this.#deliver(decided, options, errors);
      const lost = new Set<string>();
      for (const result of results) {
        if (result.error?.kind === 'retry') lost.add(result.destination.id);
        if (result.composition || result.error) destinations.set(result.destination.id, result);
      }
      if (lost.size === 0 || attempt === MAX_ATTEMPTS) break;
      await sleep(retryDelay(attempt), undefined, { signal: options.signal });
      for (const id of lost) await this.#refreshAfterRace(id, errors);
      pending = placed.filter((one) => [...lost].some((id) => isAt(one.placed, id)));
    }
    for (const [id, error] of errors) {
      const destination = this.#parts.configuration.destinations.find((candidate) => candidate.id === id);
      if (destination && !destinations.has(id))
        destinations.set(id, { destination, composition: null, before: new Map(), commit: null, error });
    }
    return { outcomes: [...outcomes.values()], destinations: [...destinations.values()] };
  }

  async #refreshAfterRace(id: string, errors: Map<string, ProductError>): Promise<void> {
    const destination = this.#parts.configuration.destinations.find((candidate) => candidate.id === id);
    if (!destination) return;
    try {
      await this.#refresh(destination);
    } catch (error) {
      errors.set(id, asProductError(error));
    }
  }

  async #decideAll(
    sources: readonly { readonly placed: PlacedDso; readonly source: HubDso }[],
    snapshot: HubSnapshot,
    options: TickOptions,
    errors: ReadonlyMap<string, ProductError>,
  ): Promise<readonly DsoOutcome[]> {
    const readable = new Map([...this.#repositories].filter(([id]) => !errors.has(id)));
    const placed = sources.map((one) => one.placed);
    const landed = await loadLanded(placed, readable);
    const rivals = findRivals(placed, landed);
    return sources.map(({ placed: one, source }) => {
      const rival = rivals.get(one.dso.key);
      if (rival) return outcomeOf(source, rival, [], one);
      return this.#decideOne(one, source, snapshot, options, landed.get(one.dso.key) ?? new Map());
    });
  }

  #decideOne(
    placed: PlacedDso,
    source: HubDso,
    snapshot: HubSnapshot,
    options: TickOptions,
    landed: ReadonlyMap<string, Landed>,
  ): DsoOutcome {
    const { dso } = placed;
    if (!landed.has(placed.home.id)) {
      const message = `${placed.home.name} cannot be read now`;
      return outcomeOf(source, { kind: 'wait', reason: 'DestinationUnavailable', message }, [], placed);
    }
    const readings = readAll(placed, snapshot);
    const { owner, firstSight } = this.#parts.configuration;
    const decided = decide({
      dso,
      members: placed.members,
      home: placed.home,
      configuration: { owner, firstSight, replicasPath: placed.replicasPath, templates: this.#parts.templates },
      readings,
      landed,
      state: this.#stateOf(placed),
      adopt: options.adopt?.get(dso.key) ?? null,
      now: options.now,
    });
    if (options.mode === 'apply') this.#remember(placed, decided);
    const problems = dso.advice.map((problem) => ({ ...problem, where: source.locate(problem.path) }));
    return { key: dso.key, where: source.where, verdict: decided.verdict, problems, placed, decided, readings, landed };
  }

  #stateOf({ dso, home }: PlacedDso): DsoState | null {
    const known = this.#states.get(dso.key);
    if (known) return known;
    const saved = this.#repositories.get(home.id)?.states().get(dso.key);
    return saved === undefined ? null : parseState(saved);
  }

  #remember({ dso, home }: PlacedDso, { state, isStateNews }: Decided): void {
    this.#homes.set(dso.key, home.id);
    if (state) this.#states.set(dso.key, state);
    if (state && isStateNews) this.#unsaved.add(dso.key);
  }

  /** First what goes home, then what goes elsewhere for the DSOs whose record is home. */
  async #deliver(
    outcomes: readonly DsoOutcome[],
    options: TickOptions,
    errors: ReadonlyMap<string, ProductError>,
  ): Promise<readonly DestinationOutcome[]> {
    const changed = outcomes.flatMap(({ placed, decided }) =>
      placed && decided && decided.changes.size > 0 ? [{ placed, decided }] : [],
    );
    const destinations = this.#parts.configuration.destinations.filter(({ id }) => !errors.has(id));
    const homeward = await Promise.all(
      destinations.map((destination) => {
        return this.#publish(
          destination,
          changed.filter(({ placed }) => placed.home.id === destination.id),
          options,
        );
      }),
    );
    const failed = new Set(homeward.flatMap(({ error, destination }) => (error ? [destination.id] : [])));
    const held = new Set(
      destinations.filter((destination) => options.canPush && !options.canPush(destination)).map(({ id }) => id),
    );
    const outward = await Promise.all(
      destinations.map((destination) => {
        const here = changed.filter(
          ({ placed }) => placed.home.id !== destination.id && !failed.has(placed.home.id) && !held.has(placed.home.id),
        );
        return this.#publish(destination, here, options);
      }),
    );
    return mergeOutcomes(homeward, outward);
  }

  async #publish(
    destination: Destination,
    changed: readonly DecidedDso[],
    options: TickOptions,
  ): Promise<DestinationOutcome> {
    const nothing = { destination, composition: null, before: new Map(), commit: null, error: null };
    const repository = this.#repositories.get(destination.id);
    if (!repository || changed.length === 0) return nothing;
    let composition: Composition | null = null;
    try {
      composition = await compose(destination, changed, repository, this.#parts.templates);
      if (!composition) return nothing;
      const isDiffed = options.mode === 'plan' || options.isDiffed === true;
      const before = isDiffed ? await textsBefore(repository, composition) : nothing.before;
      if (options.mode === 'plan') return { ...nothing, composition, before };
      if (options.canPush && !options.canPush(destination)) return { ...nothing, composition };
      const landing = changed.filter(({ placed, decided }) => placed.home.id === destination.id && decided.landedState);
      const states = this.#statesOf(destination, landing);
      const { files, message } = composition;
      const commit = await repository.publish({ files, message, states, time: options.now });
      for (const key of states.keys()) this.#unsaved.delete(key);
      for (const { placed, decided } of landing)
        if (decided.landedState) this.#states.set(placed.dso.key, decided.landedState);
      return { ...nothing, composition, before, commit };
    } catch (error) {
      return { ...nothing, composition, error: asProductError(error) };
    }
  }

  /** States that belong beside a destination's branch: what is unsaved, and what lands with this commit. */
  #statesOf(destination: Destination, landing: readonly DecidedDso[] | null): ReadonlyMap<string, string> {
    const states = new Map<string, string>();
    for (const key of this.#unsaved) {
      const state = this.#states.get(key);
      if (state && this.#homes.get(key) === destination.id) states.set(key, renderState(state));
    }
    for (const { placed, decided } of landing ?? []) {
      if (decided.landedState) states.set(placed.dso.key, renderState(decided.landedState));
    }
    return states;
  }
}

function outcomeOf(
  { key, where }: HubDso,
  verdict: Verdict,
  problems: readonly LocatedProblem[],
  placed: PlacedDso | null = null,
): DsoOutcome {
  return { key, where, verdict, problems, placed, decided: null, readings: new Map(), landed: new Map() };
}

function readAll({ dso }: PlacedDso, { lookup }: HubSnapshot): ReadonlyMap<string, SourcedReading> {
  return new Map(
    dso.triggers.map(({ id, resource }) => {
      const object = lookup(resource.resourceKind, dso.namespace, resource.resourceName);
      const source = `${resource.resourceKind} ${dso.namespace}/${resource.resourceName} key ${JSON.stringify(resource.key)}`;
      return [id, { source, reading: readKubernetesResource(resource, dso.namespace, object) }];
    }),
  );
}

async function textsBefore(repository: Repository, { files }: Composition): Promise<ReadonlyMap<string, string>> {
  const entries = await repository.entries([...files.keys()]);
  const texts = await repository.contents([...entries.values()].flatMap((entry) => entry?.id ?? []));
  return new Map([...entries].map(([path, entry]) => [path, entry ? (texts.get(entry.id) ?? '') : '']));
}

async function publishStates(repository: Repository, states: ReadonlyMap<string, string>, time: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await repository.publish({ files: new Map(), message: '', states, time });
      return;
    } catch (error) {
      if (!(error instanceof ProductError) || error.kind !== 'retry' || attempt === MAX_ATTEMPTS) throw error;
      await repository.refresh();
    }
  }
}

function mergeOutcomes(
  homeward: readonly DestinationOutcome[],
  outward: readonly DestinationOutcome[],
): readonly DestinationOutcome[] {
  return homeward.map((home, index) => {
    const other = outward[index];
    return other && (other.composition || other.error) && !home.composition && !home.error ? other : home;
  });
}

function retryDelay(attempt: number): number {
  const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 1.5 ** (attempt - 1));
  return delay * (0.5 + Math.random() * 0.5);
}

function asProductError(error: unknown): ProductError {
  return error instanceof ProductError ? error : new ProductError('later', 'Unexpected', messageOf(error), error);
}

function renderState(state: DsoState): string {
  return `${JSON.stringify(state)}\n`;
}

function parseState(text: string): DsoState | null {
  try {
    const result = DsoState.safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}
