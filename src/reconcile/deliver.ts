import type { Destination } from '../config/load.ts';
import { ProductError } from '../errors.ts';
import type { Templates } from '../manifests/template.ts';
import { type Composition, compose, type DecidedDso } from './compose.ts';
import { asProductError, type Connections } from './connections.ts';
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
 * One commit and one push for each destination: first what goes home, then what goes elsewhere for the DSOs whose record
 * is home. A destination that fails or hangs does not hold up another.
 */
export async function deliver(
  delivery: Delivery,
  changed: readonly DecidedDso[],
  options: DeliveryOptions,
): Promise<readonly DestinationOutcome[]> {
  const destinations = delivery.destinations.filter(({ id }) => !delivery.connections.errors.has(id));
  const isHome = ({ placed }: DecidedDso, { id }: Destination): boolean => placed.home.id === id;
  const publish = (destination: Destination, here: readonly DecidedDso[]): Promise<DestinationOutcome> =>
    publishTo(destination, here, delivery, options);
  const homeward = await Promise.all(
    destinations.map((destination) =>
      publish(
        destination,
        changed.filter((one) => isHome(one, destination)),
      ),
    ),
  );
  const isLanded = new Set(
    homeward
      .filter(({ error, destination }) => !error && isOpen(destination, options))
      .map(({ destination }) => destination.id),
  );
  const outward = await Promise.all(
    destinations.map((destination) => {
      const here = changed.filter((one) => !isHome(one, destination) && isLanded.has(one.placed.home.id));
      return publish(destination, here);
    }),
  );
  return homeward.map((home, index) => merge(home, outward[index] ?? home));
}

/** Saves states that no commit carried. */
export async function saveStates({ destinations, connections, states }: Delivery, now: number): Promise<void> {
  for (const { id } of destinations) {
    const repository = connections.get(id);
    const texts = states.textsFor(id);
    if (!repository || texts.size === 0) continue;
    await publishStates(repository, texts, now);
    states.saved(texts.keys());
  }
}

async function publishTo(
  destination: Destination,
  changed: readonly DecidedDso[],
  { connections, states, templates }: Delivery,
  options: DeliveryOptions,
): Promise<DestinationOutcome> {
  const nothing = untouched(destination);
  const repository = connections.get(destination.id);
  if (!repository || changed.length === 0) return nothing;
  let composition: Composition | null = null;
  try {
    composition = await compose(destination, changed, repository, templates);
    if (!composition) return nothing;
    const isDiffed = options.mode === 'plan' || options.isDiffed === true;
    const before = isDiffed ? await textsBefore(repository, composition) : nothing.before;
    if (options.mode === 'plan' || !isOpen(destination, options)) return { ...nothing, composition, before };
    const landing = changed.filter(({ placed }) => placed.home.id === destination.id);
    const texts = states.textsFor(destination.id, landing);
    const { files, message } = composition;
    const commit = await repository.publish({ files, message, states: texts, time: options.now });
    states.saved(texts.keys(), landing);
    return { ...nothing, composition, before, commit };
  } catch (error) {
    return { ...nothing, composition, error: asProductError(error) };
  }
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

/** Both ways of one destination; what went home is told where both did something. */
function merge(home: DestinationOutcome, outward: DestinationOutcome): DestinationOutcome {
  return home.composition || home.error ? home : outward;
}
