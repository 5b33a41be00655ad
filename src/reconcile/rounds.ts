import type { ProductError } from '../errors.ts';
import type { Templates } from '../manifests/template.ts';
import type { Hub, HubSnapshot } from '../sources/hub.ts';
import type { Admission, Admitted } from './admission.ts';
import type { Branch } from './branch.ts';
import type { DecidedDso } from './compose.ts';
import { type Connections, recover } from './connections.ts';
import { type Decider, isWanted } from './decider.ts';
import { deliver } from './deliver.ts';
import type { TickOptions } from './engine.ts';
import { isForNextCommit } from './hold-back.ts';
import type { KnownRecords } from './known-records.ts';
import { isAt } from './load-landed.ts';
import { type DestinationOutcome, type DsoOutcome, untouched } from './outcome.ts';
import { ENDLESS } from './patience.ts';
import { DAMAGED, MAX_ATTEMPTS } from './retry.ts';
import type { Settled } from './settled.ts';
import type { StateStore } from './state-store.ts';
import { Stow } from './stow.ts';
import { Told } from './told.ts';
import { ENDED, type Waiting } from './waiting.ts';

/** What deciding and delivering came to. */
export interface Round {
  readonly outcomes: ReadonlyMap<string, DsoOutcome>;
  readonly destinations: readonly DestinationOutcome[];
  /** Ids of destinations that something is to be pushed to later. */
  readonly waiting: ReadonlySet<string>;
  /** Some have the next tick, which is due at once. */
  readonly isPart: boolean;
}

/** What deciding and delivering needs. */
export interface RoundsParts {
  readonly hub: Hub;
  readonly templates: Templates;
  readonly connections: Connections;
  readonly admission: Admission;
  readonly decider: Decider;
  readonly states: StateStore;
  readonly settled: Settled;
  readonly records: KnownRecords;
}

/** Decides and delivers, again where another writer was faster. */
export class Rounds {
  readonly #parts: RoundsParts;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
  }

  /** Decides and delivers; where all is waited for, until nobody was faster, at most ten times. */
  async run(
    { candidates, others }: Admitted,
    snapshot: HubSnapshot,
    options: TickOptions,
    late: readonly DestinationOutcome[],
  ): Promise<Round> {
    const { now, background, isLast } = options;
    const outcomes = new Map([...others].filter(([key]) => isWanted(options, key)));
    const told = new Told(this.#parts.connections, late, background !== undefined);
    const waitsFor = (branch: Branch): Waiting | null => {
      if (isLast && !branch.isBusy) return ENDED;
      return background ? (told.waitsFor(branch) ?? branch.waitsFor(now)) : null;
    };
    let [all, pending, read, current] = [candidates, candidates, snapshot, options];
    let waiting: ReadonlySet<string> = new Set();
    let isAnyNext = false;
    const start = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      const isStowed = options.mode === 'apply' && !options.isDiffed;
      const stow = isStowed ? new Stow(this.#parts.connections, this.#parts.records, waitsFor) : null;
      const { outcomes: decided, isPart } = await this.#parts.decider.decideAll(all, pending, read, current, stow);
      isAnyNext = isPart;
      for (const outcome of decided) outcomes.set(outcome.key, outcome);
      const changing = decided.filter((one) => one.decided !== null && one.decided.changes.size > 0);
      const changes = changing.flatMap(changeOf);
      const goes = (branch: Branch): Waiting | null => stow?.leftOut(branch) ?? waitsFor(branch);
      const results = await deliver(this.#parts, changes, current, goes, background ?? ENDLESS);
      told.take(results);
      const open = results.filter((one) => one.waiting !== null || one.error?.kind === 'retry');
      waiting = new Set([...open.map(({ destination }) => destination.id), ...changing.flatMap(fullOf)]);
      const again = [...results, ...this.#notRead()].filter(({ error }) => error && isTriedAgain(error, attempt));
      if (again.length === 0 || attempt === MAX_ATTEMPTS || background) break;
      await this.#recover(again, attempt, options);
      told.forget(again);
      // Time has passed, and what is read first must not be written over what another writer has read since.
      read = await this.#parts.hub.read(options.stop ?? options.signal);
      current = { ...options, now: now + Math.round(performance.now() - start) };
      ({ candidates: all } = await this.#parts.admission.all(read));
      pending = all.filter(({ placed }) => again.some(({ destination }) => isAt(placed, destination.id)));
    }
    return { outcomes, destinations: told.all(), waiting, isPart: isAnyNext };
  }

  /** Destinations whose remote or mirror could not be read the last time. */
  #notRead(): readonly DestinationOutcome[] {
    return this.#parts.connections.branches.flatMap(({ destinations, readError }) => {
      return readError ? destinations.map((one) => ({ ...untouched(one), error: readError })) : [];
    });
  }

  async #recover(failed: readonly DestinationOutcome[], attempt: number, { now, signal }: TickOptions): Promise<void> {
    const errors = failed.flatMap(({ error }) => error ?? []);
    const error = errors.find(({ kind }) => kind === 'retry') ?? errors[0];
    const branches = new Set(failed.map(({ destination }) => this.#parts.connections.branch(destination.id)));
    if (error) await recover([...branches], { error, attempt, now, signal });
    this.#parts.settled.clear();
  }
}

/** Destinations whose next commit has no room for a decision. */
function fullOf({ routing }: DsoOutcome): readonly string[] {
  return [...routing.heldBack].flatMap(([id, held]) => (isForNextCommit(held) ? id : []));
}

/** A lost race is tried again; a damaged mirror is replaced once. */
function isTriedAgain({ kind, reason }: ProductError, attempt: number): boolean {
  return kind === 'retry' || (reason === DAMAGED && attempt === 1);
}

function changeOf({ placed, decided, behind, routing }: DsoOutcome): readonly DecidedDso[] {
  const { heldBack } = routing;
  return placed && decided && decided.changes.size > heldBack.size ? [{ placed, decided, behind, heldBack }] : [];
}
