import type { Destination } from '../config/load.ts';
import { asProductError, mustAct, ProductError } from '../errors.ts';
import { indexPath } from '../manifests/layout.ts';
import type { Templates } from '../manifests/template.ts';
import { type Composition, compose, type DecidedDso, joined } from './compose.ts';
import { type Connections, isAtOneTip, isThere, type Patience, waitFor } from './connections.ts';
import { findNotOurs } from './find-not-ours.ts';
import type { KnownRecords } from './known-records.ts';
import type { Lane } from './lane.ts';
import { type DestinationOutcome, untouched } from './outcome.ts';
import type { Repository } from './repository.ts';
import type { StateStore } from './state-store.ts';
import type { Waiting } from './waiting.ts';

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
  waitsFor: (lane: Lane) => Waiting | null,
  patience: Patience,
): Promise<readonly DestinationOutcome[]> {
  const { connections } = delivery;
  const running = new Map<string, Promise<readonly DestinationOutcome[]>>();
  const sender = new Sender(delivery, options, waitsFor, patience);
  // In the order of the configuration: a home mostly comes before every other destination of its DSOs.
  for (const branch of connections.branches) {
    const lanes = branch.filter(isThere);
    if (lanes.length === 0) continue;
    const sent = sender.deliverTo(lanes, changed, new Map(running));
    for (const { destination } of lanes) running.set(destination.id, sent);
  }
  const outcomes = (await Promise.all(new Set(running.values()))).flat();
  // The others of a branch learn what was just committed there: the next push is no race then.
  const commits = new Set(outcomes.flatMap(({ commit }) => commit ?? []));
  const behind = connections.branches.flatMap((lanes) => {
    const known = lanes.filter(({ repository }) => commits.has(repository?.tip ?? ''));
    return known.length > 0 ? lanes.filter((lane) => !known.includes(lane)) : [];
  });
  if (options.mode === 'apply') await connections.refresh(behind, options.now, patience);
  return outcomes;
}

/** Composes and pushes, with one set of options. */
class Sender {
  readonly #delivery: Delivery;
  readonly #options: DeliveryOptions;
  readonly #waitsFor: (lane: Lane) => Waiting | null;
  readonly #patience: Patience;

  constructor(
    delivery: Delivery,
    options: DeliveryOptions,
    waitsFor: (lane: Lane) => Waiting | null,
    patience: Patience,
  ) {
    this.#delivery = delivery;
    this.#options = options;
    this.#waitsFor = waitsFor;
    this.#patience = patience;
  }

  /** @param lanes of one branch; the first carries the push */
  async deliverTo(
    lanes: readonly Lane[],
    changed: readonly DecidedDso[],
    earlier: ReadonlyMap<string, Promise<readonly DestinationOutcome[]>>,
  ): Promise<readonly DestinationOutcome[]> {
    const here = new Map(
      lanes.map((lane) => {
        const { id } = lane.destination;
        return [lane, changed.filter(({ decided, heldBack }) => decided.changes.has(id) && !heldBack.has(id))];
      }),
    );
    const own = new Set(lanes.map(({ destination }) => destination.id));
    const homes = new Set([...here.values()].flat().map(({ placed }) => placed.home.id));
    const before = new Map<string, DestinationOutcome>();
    for (const id of homes)
      for (const outcome of (await earlier.get(id)) ?? []) before.set(outcome.destination.id, outcome);
    const isHome = ({ placed, decided, heldBack }: DecidedDso): boolean => {
      const { id } = placed.home;
      if (this.#options.mode === 'plan' || !decided.changes.has(id)) return true;
      if (own.has(id)) return !heldBack.has(id);
      const home = before.get(id);
      return home?.commit != null && home.composition?.decisions.get(placed.dso.key) === decided;
    };
    const parts = lanes.map((lane): Part => ({ lane, changed: here.get(lane)?.filter(isHome) ?? [] }));
    const isWanted = parts.some((part) => part.changed.length > 0);
    if (this.#options.mode === 'apply')
      for (const [index, lane] of lanes.entries()) lane.want(isWanted && index === 0, this.#options.now);
    if (isWanted && !isAtOneTip(lanes)) {
      const error = new ProductError('retry', 'LostRace', 'another writer was faster');
      return parts.map(({ lane: { destination }, changed: { length } }) => {
        return length > 0 ? { ...untouched(destination), error } : untouched(destination);
      });
    }
    return this.#publish(parts);
  }

  /** A path that is not ours to write is the matter of those who need it: the others go on. */
  async #publish(parts: readonly Part[]): Promise<readonly DestinationOutcome[]> {
    const nothing = parts.map(({ lane }) => untouched(lane.destination));
    if (parts.every(({ changed }) => changed.length === 0)) return nothing;
    try {
      for (const { lane, changed } of parts)
        if (lane.repository) lane.refuse(await findNotOurs(pathsOfAll(changed, lane.destination), lane.repository));
      for (;;) {
        const refused = parts.map((part) => refusedOf(part, parts));
        const going = parts.map(({ lane, changed }, index): Part => {
          return { lane, changed: changed.filter(({ placed }) => !refused[index]?.has(placed.dso.key)) };
        });
        const outcomes = going.some(({ changed }) => changed.length > 0) ? await this.#send(going) : nothing;
        // It may have been refused for another path.
        if (going.some((part) => refusedOf(part, going).size > 0)) continue;
        return outcomes.map((outcome, index) => {
          const errors = refused[index] ?? new Map<string, ProductError>();
          return { ...outcome, refused: errors, error: outcome.error ?? summaryOf([...errors.values()]) };
        });
      }
    } catch (thrown) {
      const error = asProductError(thrown);
      return nothing.map((one) => ({ ...one, error }));
    }
  }

  async #send(parts: readonly Part[]): Promise<readonly DestinationOutcome[]> {
    const { templates, states, records } = this.#delivery;
    const { mode, isDiffed, now } = this.#options;
    const outcomes = new Map(parts.map(({ lane }) => [lane, untouched(lane.destination)]));
    const [carrier] = outcomes.keys();
    const composed = new Map<Lane, Composition>();
    try {
      for (const { lane, changed } of parts) {
        if (!lane.repository) continue;
        const { composition, refusals } = await compose(lane.destination, changed, lane.repository, templates);
        lane.refuse(refusals);
        if (refusals.length > 0) return [...outcomes.values()];
        if (composition) composed.set(lane, composition);
      }
      if (!carrier || composed.size === 0) return [...outcomes.values()];
      const commit = joined([...composed.values()], templates);
      for (const [lane, part] of composed) {
        const composition = { ...part, message: commit.message };
        composed.set(lane, composition);
        const isTold = lane.repository !== null && (mode === 'plan' || isDiffed);
        const before = isTold ? await textsBefore(lane.repository, composition) : new Map<string, string>();
        outcomes.set(lane, { ...untouched(lane.destination), composition, before });
      }
      if (mode === 'plan') return [...outcomes.values()];
      const waiting = this.#waitsFor(carrier);
      if (waiting) return waitingFor(waiting, outcomes);
      const pushed = parts.flatMap(({ lane, changed }) => {
        const composition = composed.get(lane);
        const saving = states.savingFor(lane.destination.id, changed);
        const landed = (): void => {
          saving.saved(lane.repository?.states() ?? new Map());
          // What was just written need not be read before the next decision.
          for (const { placed, decided } of changed)
            if (placed.home.id === lane.destination.id && decided.record) records.keep(placed.dso.key, decided.record);
        };
        return composition ? [{ lane, composition, saving, landed }] : [];
      });
      // The states of the others are saved by themselves.
      const saved = pushed.find(({ lane }) => lane === carrier)?.saving.texts ?? new Map<string, string>();
      carrier.push({ publication: { ...commit, states: saved, time: now }, parts: pushed }, now);
      await waitFor(carrier, this.#patience);
      const underWay = carrier.waitsFor(now);
      for (const lane of composed.keys()) {
        const known = outcomes.get(lane) ?? untouched(lane.destination);
        const taken = lane.take();
        outcomes.set(lane, taken ? { ...taken, before: known.before } : { ...known, waiting: underWay });
      }
      return [...outcomes.values()];
    } catch (thrown) {
      const error = asProductError(thrown);
      return [...outcomes.values()].map((one) => ({ ...one, error }));
    }
  }
}

/** What goes to one destination. */
interface Part {
  readonly lane: Lane;
  readonly changed: readonly DecidedDso[];
}

/** Those of the others who have something wait as well. */
function waitingFor(waiting: Waiting, outcomes: ReadonlyMap<Lane, DestinationOutcome>): readonly DestinationOutcome[] {
  return [...outcomes.values()].map((one) => (one.composition ? { ...one, waiting } : one));
}

/** DSOs that need a path which is not ours to write, there or at home. */
function refusedOf({ lane, changed }: Part, parts: readonly Part[]): ReadonlyMap<string, ProductError> {
  const refused = new Map<string, ProductError>();
  for (const one of changed) {
    const home = parts.find((part) => part.lane.destination.id === one.placed.home.id)?.lane ?? lane;
    for (const at of new Set([lane, home])) {
      const error = refusalAt(at, pathsOf(one, at.destination), parts);
      if (error) refused.set(one.placed.dso.key, error);
    }
  }
  return refused;
}

/** The lane that carries the push may have met it. */
function refusalAt(lane: Lane, paths: readonly string[], [first]: readonly Part[]): ProductError | null {
  return lane.refusalOf(paths) ?? first?.lane.refusalOf(paths) ?? null;
}

function pathsOfAll(changed: readonly DecidedDso[], destination: Destination): readonly string[] {
  return changed.flatMap((one) => pathsOf(one, destination));
}

/** Paths that a decision needs in a destination: its files, and indexes that gain its name. */
function pathsOf({ placed, decided }: DecidedDso, destination: Destination): readonly string[] {
  const change = decided.changes.get(destination.id);
  if (!change) return [];
  const indexes = change.added.flatMap((member) => indexPath(destination, member, placed.dso.namespace) ?? []);
  return [...change.files.keys(), ...indexes];
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
