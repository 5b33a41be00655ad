import type { Destination } from '../config/load.ts';
import { asProductError, mustAct, ProductError } from '../errors.ts';
import { indexPath } from '../manifests/layout.ts';
import type { Templates } from '../manifests/template.ts';
import { type Composition, compose, type DecidedDso } from './compose.ts';
import { type Connections, type Patience, waitFor } from './connections.ts';
import { findNotOurs } from './find-not-ours.ts';
import type { KnownRecords } from './known-records.ts';
import type { Lane, Push } from './lane.ts';
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
 * One commit and one push for each destination. What goes elsewhere waits until its record is home, and destinations in
 * one branch go one after the other; apart from that none waits for another.
 *
 * @param waitsFor why a destination cannot be pushed to now; null: it can
 */
export async function deliver(
  delivery: Delivery,
  changed: readonly DecidedDso[],
  options: DeliveryOptions,
  waitsFor: (lane: Lane) => Waiting | null,
  patience: Patience,
): Promise<readonly DestinationOutcome[]> {
  const running = new Map<string, Promise<DestinationOutcome>>();
  const sender = new Sender(delivery, options, waitsFor, patience);
  // In the order of the configuration: a home comes before every other destination of its DSOs.
  for (const lane of delivery.connections.lanes)
    if (!lane.readError) running.set(lane.destination.id, sender.deliverTo(lane, changed, new Map(running)));
  const outcomes = await Promise.all(running.values());
  await catchUp(outcomes, delivery, options.now, patience);
  return outcomes;
}

/** Destinations in one branch learn what the others have just committed there: the next push is no race then. */
async function catchUp(
  outcomes: readonly DestinationOutcome[],
  { connections }: Delivery,
  now: number,
  patience: Patience,
): Promise<void> {
  const behind = outcomes.filter(({ destination }) => {
    const siblings = outcomes.filter(
      (other) => other.destination !== destination && isSameBranch(other.destination, destination),
    );
    const tip = connections.get(destination.id)?.tip;
    return siblings.some(({ commit, destination: { id } }) => commit !== null && connections.get(id)?.tip !== tip);
  });
  const lanes = behind.map(({ destination }) => connections.lane(destination.id));
  await connections.refresh(lanes, now, patience);
}

function isSameBranch(one: Destination, other: Destination): boolean {
  return one.url === other.url && one.branch === other.branch;
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

  async deliverTo(
    lane: Lane,
    changed: readonly DecidedDso[],
    earlier: ReadonlyMap<string, Promise<DestinationOutcome>>,
  ): Promise<DestinationOutcome> {
    const { destination } = lane;
    const { connections } = this.#delivery;
    const here = changed.filter(({ decided, heldBack }) => {
      return decided.changes.has(destination.id) && !heldBack.has(destination.id);
    });
    const siblings = [...connections.lanes].filter((other) => {
      return earlier.has(other.destination.id) && isSameBranch(other.destination, destination);
    });
    const homes = new Set(here.map(({ placed }) => placed.home.id));
    const before = new Map<string, DestinationOutcome>();
    for (const id of new Set([...homes, ...siblings.map((sibling) => sibling.destination.id)])) {
      const outcome = await earlier.get(id);
      if (outcome) before.set(id, outcome);
    }
    const isHome = ({ placed, decided }: DecidedDso): boolean => {
      const { id } = placed.home;
      if (id === destination.id || this.#options.mode === 'plan' || !decided.changes.has(id)) return true;
      const home = before.get(id);
      return home?.commit != null && home.composition?.decisions.get(placed.dso.key) === decided;
    };
    // Our own commit in the same branch is no race.
    const own = siblings.flatMap((sibling) => before.get(sibling.destination.id)?.commit ?? []).at(-1);
    if (own !== undefined) {
      await connections.refresh([lane], this.#options.now, this.#patience);
      if (connections.get(destination.id)?.tip !== own)
        return { ...untouched(destination), error: new ProductError('retry', 'LostRace', 'another writer was faster') };
    }
    const ready = here.filter(isHome);
    if (this.#options.mode === 'apply') lane.want(ready.length > 0, this.#options.now);
    return this.#publish(lane, ready);
  }

  /** A path that is not ours to write is the matter of those who need it: the others go on. */
  async #publish(lane: Lane, changed: readonly DecidedDso[]): Promise<DestinationOutcome> {
    const { destination, repository } = lane;
    const nothing = untouched(destination);
    if (!repository || changed.length === 0) return nothing;
    const needs = new Map(changed.map((one) => [one, pathsOf(one, destination)]));
    try {
      lane.refuse(await findNotOurs([...needs.values()].flat(), repository));
      for (;;) {
        const refused = new Map<string, ProductError>();
        for (const [{ placed }, paths] of needs) {
          const error = lane.refusalOf(paths);
          if (error) refused.set(placed.dso.key, error);
        }
        const others = changed.filter(({ placed }) => !refused.has(placed.dso.key));
        const outcome = others.length === 0 ? nothing : await this.#send(lane, repository, others);
        // It may have been refused for another path.
        const isRefused = others.some((one) => lane.refusalOf(needs.get(one) ?? []) !== null);
        if (!isRefused) return { ...outcome, refused, error: outcome.error ?? summaryOf([...refused.values()]) };
      }
    } catch (thrown) {
      return { ...nothing, error: asProductError(thrown) };
    }
  }

  async #send(lane: Lane, repository: Repository, changed: readonly DecidedDso[]): Promise<DestinationOutcome> {
    const { destination } = lane;
    const { templates, states, records } = this.#delivery;
    const { mode, isDiffed, now } = this.#options;
    const nothing = untouched(destination);
    let composition: Composition | null = null;
    try {
      const composed = await compose(destination, changed, repository, templates);
      lane.refuse(composed.refusals);
      composition = composed.composition;
      if (!composition) return nothing;
      const before = mode === 'plan' || isDiffed ? await textsBefore(repository, composition) : nothing.before;
      const known = { ...nothing, composition, before };
      const waiting = mode === 'plan' ? null : this.#waitsFor(lane);
      if (mode === 'plan' || waiting) return { ...known, waiting };
      const saving = states.savingFor(destination.id, changed);
      const { files, message } = composition;
      const publication = { files, message, states: saving.texts, time: now };
      const landed = (): void => {
        saving.saved(repository.states());
        // What was just written need not be read before the next decision.
        for (const { placed, decided } of changed)
          if (placed.home.id === destination.id && decided.record) records.keep(placed.dso.key, decided.record);
      };
      const pushed = await this.#push(lane, { publication, composition, landed });
      return pushed ? { ...pushed, before } : { ...known, waiting: lane.waitsFor(now) };
    } catch (thrown) {
      return { ...nothing, composition, error: asProductError(thrown) };
    }
  }

  async #push(lane: Lane, push: Push): Promise<DestinationOutcome | null> {
    lane.push(push, this.#options.now);
    await waitFor(lane, this.#patience);
    return lane.take();
  }
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
