import type { Destination } from '../config/load.ts';
import { asProductError, mustAct, type ProductError } from '../errors.ts';
import type { Templates } from '../manifests/template.ts';
import type { Branch } from './branch.ts';
import { type Composition, compose, type DecidedDso, joined } from './compose.ts';
import type { Connections } from './connections.ts';
import { findNotOurs } from './find-not-ours.ts';
import type { KnownRecords } from './known-records.ts';
import { type DestinationOutcome, untouched } from './outcome.ts';
import { pathsOf } from './paths-of.ts';
import type { Patience } from './patience.ts';
import type { Repository, SavedTexts } from './repository.ts';
import { DAMAGED } from './retry.ts';
import type { StateStore } from './state-store.ts';
import { NOT_HOME, type Waiting } from './waiting.ts';

/** Of paths that are refused, beside the first one. */
const MAX_SHOWN = 9;

/** What delivering needs. */
export interface Delivery {
  readonly connections: Connections;
  readonly states: StateStore;
  readonly records: KnownRecords;
  readonly templates: Templates;
}

/** How to deliver. */
export interface DeliveryOptions {
  /** `plan` composes and writes nothing. */
  readonly mode: 'plan' | 'apply';
  /** Epoch milliseconds. */
  readonly now: number;
  /** Give the texts before, too; a plan always does. */
  readonly isDiffed?: boolean;
}

/**
 * One commit and one push for each branch. What goes elsewhere waits until its record is home; apart from that no branch
 * waits for another.
 */
export async function deliver(
  delivery: Delivery,
  changed: readonly DecidedDso[],
  options: DeliveryOptions,
  waitsFor: (branch: Branch) => Waiting | null,
  patience: Patience,
): Promise<readonly DestinationOutcome[]> {
  const running = new Map<Branch, Promise<readonly DestinationOutcome[]>>();
  const sender = new Sender(delivery, options, waitsFor, patience);
  for (const branch of homesFirst(delivery.connections, changed))
    running.set(branch, sender.deliverTo(branch, changed, new Map(running)));
  return (await Promise.all(running.values())).flat();
}

/** Branches in the order of the configuration, but each after those that its DSOs have their home in. */
function homesFirst(connections: Connections, changed: readonly DecidedDso[]): readonly Branch[] {
  const homes = new Map(connections.branches.map((branch) => [branch, new Set<Branch>()]));
  for (const { placed, decided } of changed) {
    // What is home already holds nobody up.
    if (!decided.changes.has(placed.home.id)) continue;
    for (const id of decided.changes.keys()) homes.get(connections.branch(id))?.add(connections.branch(placed.home.id));
  }
  const ordered = new Set<Branch>();
  const seen = new Set<Branch>();
  const visit = (branch: Branch): void => {
    // Where two are each other's homes, what is left over has its turn in the next run.
    if (seen.has(branch)) return;
    seen.add(branch);
    for (const home of homes.get(branch) ?? []) visit(home);
    ordered.add(branch);
  };
  for (const branch of connections.branches) visit(branch);
  return [...ordered];
}

/** Composes and pushes, with one set of options. */
class Sender {
  readonly #delivery: Delivery;
  readonly #options: DeliveryOptions;
  readonly #waitsFor: (branch: Branch) => Waiting | null;
  readonly #patience: Patience;

  constructor(
    delivery: Delivery,
    options: DeliveryOptions,
    waitsFor: (branch: Branch) => Waiting | null,
    patience: Patience,
  ) {
    this.#delivery = delivery;
    this.#options = options;
    this.#waitsFor = waitsFor;
    this.#patience = patience;
  }

  async deliverTo(
    branch: Branch,
    changed: readonly DecidedDso[],
    earlier: ReadonlyMap<Branch, Promise<readonly DestinationOutcome[]>>,
  ): Promise<readonly DestinationOutcome[]> {
    const { repository, readError } = branch;
    if (!repository || readError) return [];
    const here = branch.destinations.map((destination): Part => {
      const { id } = destination;
      return {
        destination,
        changed: changed.filter(({ decided, heldBack }) => decided.changes.has(id) && !heldBack.has(id)),
      };
    });
    const homes = new Set(here.flatMap((part) => part.changed.map(({ placed }) => this.#branch(placed.home))));
    const before = new Map<string, DestinationOutcome>();
    for (const home of homes)
      for (const outcome of (await earlier.get(home)) ?? []) before.set(outcome.destination.id, outcome);
    const isHome = ({ placed, decided, heldBack }: DecidedDso): boolean => {
      const { id } = placed.home;
      if (this.#options.mode === 'plan' || !decided.changes.has(id)) return true;
      if (this.#branch(placed.home) === branch) return !heldBack.has(id);
      const home = before.get(id);
      return home?.commit != null && home.composition?.decisions.get(placed.dso.key) === decided;
    };
    const parts = here.map((part): Part => ({ ...part, changed: part.changed.filter(isHome) }));
    if (this.#options.mode === 'apply')
      branch.want(
        parts.some((part) => part.changed.length > 0),
        this.#options.now,
      );
    const outcomes = await this.#publish({ branch, repository, parts });
    return outcomes.map((outcome, index) => {
      const isLeftOut = parts[index]?.changed.length !== here[index]?.changed.length;
      return isLeftOut && !outcome.composition ? { ...outcome, waiting: NOT_HOME } : outcome;
    });
  }

  #branch({ id }: Destination): Branch {
    return this.#delivery.connections.branch(id);
  }

  /** A path that is not ours to write is the matter of those who need it: the others go on. */
  async #publish(sending: Sending): Promise<readonly DestinationOutcome[]> {
    const { branch, repository, parts } = sending;
    const nothing = parts.map(({ destination }) => untouched(destination));
    if (parts.every(({ changed }) => changed.length === 0)) return nothing;
    try {
      branch.refuse(await findNotOurs(parts.flatMap(pathsOfAll), repository));
      for (;;) {
        const refused = parts.map((part) => refusedOf(part, branch));
        const going = parts.map((part, index): Part => {
          return { ...part, changed: part.changed.filter(({ placed }) => !refused[index]?.has(placed.dso.key)) };
        });
        const isAny = going.some(({ changed }) => changed.length > 0);
        const outcomes = isAny ? await this.#send({ ...sending, parts: going }) : nothing;
        // It may have been refused for another path.
        if (going.some((part) => refusedOf(part, branch).size > 0)) continue;
        return outcomes.map((outcome, index) => {
          const errors = refused[index] ?? new Map<string, ProductError>();
          return { ...outcome, refused: errors, error: outcome.error ?? summaryOf([...errors.values()]) };
        });
      }
    } catch (thrown) {
      const error = asProductError(thrown);
      if (error.reason === DAMAGED) branch.noteUnreadable(error, repository);
      return nothing.map((one) => ({ ...one, error }));
    }
  }

  async #send({ branch, repository, parts }: Sending): Promise<readonly DestinationOutcome[]> {
    const { templates } = this.#delivery;
    const { mode, isDiffed, now } = this.#options;
    const composed = new Map<Destination, Composition>();
    const outcomes = new Map(parts.map(({ destination }) => [destination, untouched(destination)]));
    for (const { destination, changed } of parts) {
      const { composition, refusals } = await compose(destination, changed, repository, templates);
      branch.refuse(refusals);
      if (refusals.length > 0) return [...outcomes.values()];
      if (composition) composed.set(destination, composition);
    }
    if (composed.size === 0) return [...outcomes.values()];
    const commit = joined([...composed.values()], templates);
    const compositions = new Map([...composed].map(([at, one]) => [at, { ...one, message: commit.message }]));
    for (const [destination, composition] of compositions) {
      const before = mode === 'plan' || isDiffed ? await textsBefore(repository, composition) : new Map();
      outcomes.set(destination, { ...untouched(destination), composition, before });
    }
    if (mode === 'plan') return [...outcomes.values()];
    const waiting = this.#waitsFor(branch);
    if (waiting) return waitingFor(waiting, outcomes.values());
    const { states, landed } = this.#saving(repository, parts);
    branch.push({ publication: { ...commit, states, time: now }, compositions, landed }, now);
    await branch.wait(this.#patience);
    const pushed = branch.take();
    if (pushed.length === 0) return waitingFor(branch.waitsFor(now), outcomes.values());
    for (const outcome of pushed) {
      const { before = new Map() } = outcomes.get(outcome.destination) ?? {};
      outcomes.set(outcome.destination, { ...outcome, before });
    }
    return [...outcomes.values()];
  }

  /** What is saved with a commit, and what is remembered when it has landed. */
  #saving(
    repository: Repository,
    parts: readonly Part[],
  ): { readonly states: SavedTexts; readonly landed: () => void } {
    const { states, records } = this.#delivery;
    const savings = parts.map(({ destination, changed }) => {
      return {
        destination,
        changed,
        saving: states.savingFor(destination.id, changed, repository.states(destination.root)),
      };
    });
    return {
      states: new Map(savings.map(({ destination, saving }) => [destination.root, saving.texts])),
      landed: () => {
        for (const { destination, changed, saving } of savings) {
          saving.saved(repository.states(destination.root));
          // What was just written need not be read before the next decision.
          for (const { placed, decided } of changed)
            if (placed.home.id === destination.id && decided.record) records.keep(placed.dso.key, decided.record);
        }
      },
    };
  }
}

/** What goes to one branch. */
interface Sending {
  readonly branch: Branch;
  readonly repository: Repository;
  /** One for each of its destinations. */
  readonly parts: readonly Part[];
}

/** What goes to one destination. */
interface Part {
  readonly destination: Destination;
  readonly changed: readonly DecidedDso[];
}

function waitingFor(waiting: Waiting | null, outcomes: Iterable<DestinationOutcome>): readonly DestinationOutcome[] {
  return [...outcomes].map((one) => (one.composition ? { ...one, waiting } : one));
}

/** DSOs that need a path which is not ours to write, there or at home, by key. */
function refusedOf({ destination, changed }: Part, branch: Branch): ReadonlyMap<string, ProductError> {
  const refused = new Map<string, ProductError>();
  for (const one of changed) {
    const { home, dso } = one.placed;
    const places = branch.destinations.filter(({ id }) => id === destination.id || id === home.id);
    const error = branch.refusalOf(places.flatMap((place) => pathsOf(one, place)));
    if (error) refused.set(dso.key, error);
  }
  return refused;
}

function pathsOfAll({ destination, changed }: Part): readonly string[] {
  return changed.flatMap((one) => pathsOf(one, destination));
}

/** One error for all; null: there is none. */
function summaryOf(errors: readonly ProductError[]): ProductError | null {
  const [first, ...others] = new Set(errors);
  if (!first || others.length === 0) return first ?? null;
  const shown = others.slice(0, MAX_SHOWN).map(({ message }) => message);
  const rest = others.length - shown.length;
  const summary = mustAct(
    first.reason,
    [first.message, ...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; '),
  );
  summary.path = first.path;
  return summary;
}

async function textsBefore(repository: Repository, { files }: Composition): Promise<ReadonlyMap<string, string>> {
  const entries = await repository.entries([...files.keys()]);
  const texts = await repository.contents([...entries.values()].flatMap((entry) => entry?.id ?? []));
  return new Map([...entries].map(([path, entry]) => [path, entry ? (texts.get(entry.id) ?? '') : '']));
}
