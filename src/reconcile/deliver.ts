import type { Destination } from '../config/load.ts';
import { asProductError, ProductError } from '../errors.ts';
import { indexPath } from '../manifests/layout.ts';
import type { Templates } from '../manifests/template.ts';
import { type Composition, compose, type DecidedDso } from './compose.ts';
import type { Connections } from './connections.ts';
import { type DestinationOutcome, untouched } from './outcome.ts';
import type { Repository } from './repository.ts';
import type { StateStore } from './state-store.ts';

/** What delivering needs. */
export interface Delivery {
  readonly destinations: readonly Destination[];
  readonly connections: Connections;
  readonly states: StateStore;
  readonly templates: Templates;
}

/** How to deliver. */
export interface DeliveryOptions {
  /** `plan` composes and writes nothing. */
  readonly mode: 'plan' | 'apply';
  /** Epoch milliseconds. */
  readonly now: number;
  /** Destinations that may be pushed to now; absent: all. */
  readonly canPush?: (destination: Destination) => boolean;
  /** Give the texts before, too; a plan always does. */
  readonly isDiffed?: boolean;
}

/** A lost race is tried again this often. */
export const MAX_ATTEMPTS = 10;

/**
 * One commit and one push for each destination. What goes elsewhere waits until its record is home, and destinations in
 * one branch go one after the other; apart from that none waits for another.
 */
export async function deliver(
  delivery: Delivery,
  changed: readonly DecidedDso[],
  options: DeliveryOptions,
): Promise<readonly DestinationOutcome[]> {
  const destinations = delivery.destinations.filter(({ id }) => !delivery.connections.errors.has(id));
  const running = new Map<string, Promise<DestinationOutcome>>();
  // In the order of the configuration: a home comes before every other destination of its DSOs.
  for (const destination of destinations)
    running.set(destination.id, deliverTo(destination, changed, new Map(running), delivery, options));
  const outcomes = await Promise.all(running.values());
  await catchUp(outcomes, delivery);
  return outcomes;
}

/** Destinations in one branch learn what the others have just committed there: the next push is no race then. */
async function catchUp(outcomes: readonly DestinationOutcome[], { connections }: Delivery): Promise<void> {
  const behind = outcomes.filter(({ destination }) => {
    const siblings = outcomes.filter(
      (other) => other.destination !== destination && isSameBranch(other.destination, destination),
    );
    const tip = connections.get(destination.id)?.tip;
    return siblings.some(({ commit, destination: { id } }) => commit !== null && connections.get(id)?.tip !== tip);
  });
  await connections.refresh(behind.map(({ destination }) => destination));
}

async function deliverTo(
  destination: Destination,
  changed: readonly DecidedDso[],
  earlier: ReadonlyMap<string, Promise<DestinationOutcome>>,
  delivery: Delivery,
  options: DeliveryOptions,
): Promise<DestinationOutcome> {
  const here = changed.filter(({ decided }) => decided.changes.has(destination.id));
  const siblings = delivery.destinations.filter((other) => earlier.has(other.id) && isSameBranch(other, destination));
  const homes = new Set(here.map(({ placed }) => placed.home.id));
  const before = new Map<string, DestinationOutcome>();
  for (const id of new Set([...homes, ...siblings.map((sibling) => sibling.id)])) {
    const outcome = await earlier.get(id);
    if (outcome) before.set(id, outcome);
  }
  const isHome = ({ placed, decided }: DecidedDso): boolean => {
    const { id } = placed.home;
    if (id === destination.id || options.mode === 'plan' || !decided.changes.has(id)) return true;
    const home = before.get(id);
    return home?.commit != null && home.composition?.keys.includes(placed.dso.key) === true;
  };
  // Our own commit in the same branch is no race.
  const own = siblings.flatMap(({ id }) => before.get(id)?.commit ?? []).at(-1);
  if (own !== undefined) {
    await delivery.connections.refresh([destination]);
    if (delivery.connections.get(destination.id)?.tip !== own)
      return { ...untouched(destination), error: new ProductError('retry', 'LostRace', 'another writer was faster') };
  }
  return publishTo(destination, here.filter(isHome), delivery, options);
}

function isSameBranch(one: Destination, other: Destination): boolean {
  return one.url === other.url && one.branch === other.branch;
}

/** Saves states that no commit carried; one that fails does not stop the others. @throws the first failure */
export async function saveStates({ destinations, connections, states }: Delivery, now: number): Promise<void> {
  const errors: ProductError[] = [];
  await Promise.all(
    destinations.map(async ({ id }) => {
      const repository = connections.get(id);
      const texts = states.textsFor(id);
      if (!repository || texts.size === 0) return;
      try {
        await publishStates(repository, texts, now);
        states.saved(texts.keys());
      } catch (error) {
        errors.push(asProductError(error));
      }
    }),
  );
  if (errors[0]) throw errors[0];
}

async function publishTo(
  destination: Destination,
  changed: readonly DecidedDso[],
  delivery: Delivery,
  options: DeliveryOptions,
): Promise<DestinationOutcome> {
  const nothing = untouched(destination);
  const repository = delivery.connections.get(destination.id);
  if (!repository || changed.length === 0) return nothing;
  let composition: Composition | null = null;
  try {
    composition = await compose(destination, changed, repository, delivery.templates);
    if (!composition) return nothing;
    const isDiffed = options.mode === 'plan' || options.isDiffed === true;
    const before = isDiffed ? await textsBefore(repository, composition) : nothing.before;
    if (options.mode === 'plan' || !isOpen(destination, options)) return { ...nothing, composition, before };
    const landing = changed.filter(({ placed }) => placed.home.id === destination.id);
    const texts = delivery.states.textsFor(destination.id, landing);
    const { files, message } = composition;
    const commit = await repository.publish({ files, message, states: texts, time: options.now });
    delivery.states.saved(texts.keys(), landing);
    return { ...nothing, composition, before, commit };
  } catch (thrown) {
    const error = asProductError(thrown);
    const others = changed.filter((one) => !isAbout(error, destination, one));
    if (error.path === null || others.length === changed.length) return { ...nothing, composition, error };
    // One path is not ours to write: the DSOs that do not need it go on.
    return { ...(await publishTo(destination, others, delivery, options)), error };
  }
}

/** Whether a refused path is one that the DSO needs: a file of it, above one or below one, or an index that gains its name. */
function isAbout({ path }: ProductError, destination: Destination, { placed, decided }: DecidedDso): boolean {
  const change = decided.changes.get(destination.id);
  if (path === null || !change) return false;
  if (change.added.some((member) => indexPath(destination, member, placed.dso.namespace) === path)) return true;
  return [...change.files.keys()].some(
    (file) => file === path || file.startsWith(`${path}/`) || path.startsWith(`${file}/`),
  );
}

function isOpen(destination: Destination, { canPush }: DeliveryOptions): boolean {
  return !canPush || canPush(destination);
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
