import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration, Destination } from '../config/load.ts';
import type { ProductError } from '../errors.ts';
import { Branch, type OpenRepository } from './branch.ts';
import type { DestinationOutcome } from './outcome.ts';
import { ENDLESS, type Patience } from './patience.ts';
import type { Repository } from './repository.ts';
import { retryDelay } from './retry.ts';

/** The branches of all destinations; they work side by side. */
export class Connections {
  /** In the order of the configuration. */
  readonly branches: readonly Branch[];
  readonly #byDestination: ReadonlyMap<string, Branch>;

  constructor({ destinations, owner }: Pick<Configuration, 'destinations' | 'owner'>, open: OpenRepository) {
    const groups = new Map<string, [Destination, ...Destination[]]>();
    for (const destination of destinations) {
      const key = `${destination.url}\0${destination.branch}`;
      const group = groups.get(key);
      if (group) group.push(destination);
      else groups.set(key, [destination]);
    }
    this.branches = [...groups.values()].map((group) => new Branch(group, owner, open));
    this.#byDestination = new Map(
      this.branches.flatMap((branch) => branch.destinations.map(({ id }) => [id, branch] as const)),
    );
  }

  /** Why destinations cannot be read, not even as they were, by id. */
  get unreadable(): ReadonlyMap<string, ProductError> {
    const errors = new Map<string, ProductError>();
    for (const [id, { isReadable, readError }] of this.#byDestination)
      if (!isReadable && readError) errors.set(id, readError);
    return errors;
  }

  /** Repositories that can be read, by destination id. */
  get readable(): ReadonlyMap<string, Repository> {
    const repositories = new Map<string, Repository>();
    for (const [id, { isReadable, repository }] of this.#byDestination)
      if (isReadable && repository) repositories.set(id, repository);
    return repositories;
  }

  /** The branch of a destination. @throws where there is no such destination */
  branch(destinationId: string): Branch {
    const branch = this.#byDestination.get(destinationId);
    if (!branch) throw new Error(`there is no destination ${destinationId}`);
    return branch;
  }

  /** A destination by its id. @throws where there is none */
  destination(destinationId: string): Destination {
    const found = this.branch(destinationId).destinations.find(({ id }) => id === destinationId);
    if (!found) throw new Error(`there is no destination ${destinationId}`);
    return found;
  }

  /** The repository of a destination; undefined: it was never reached. */
  get(destinationId: string): Repository | undefined {
    return this.#byDestination.get(destinationId)?.repository ?? undefined;
  }

  /** Whether others moved a tip, or what can be read changed, since this was asked last. */
  takeMoved(): boolean {
    return this.branches.filter((branch) => branch.takeMoved()).length > 0;
  }

  /** Lets be seen what was answered since, and gives what came of pushes that were not waited for. */
  async settle(): Promise<readonly DestinationOutcome[]> {
    await Promise.all(this.branches.map((branch) => branch.settle(0)));
    const ended = this.branches.flatMap((branch) => branch.take());
    return ended.filter(({ commit, error }) => commit !== null || error !== null).map(told);
  }

  /** Learns tips, side by side; one that fails or takes long does not stop the others. */
  async refresh(branches: readonly Branch[], now: number, patience: Patience): Promise<void> {
    await refreshAll(branches, now, patience);
  }
}

/** Of an earlier push only what is told of it: the decisions of a whole fleet need not be there beside the next ones. */
function told({ composition, ...outcome }: DestinationOutcome): DestinationOutcome {
  if (!composition) return { ...outcome, composition };
  const decisions = new Map([...composition.decisions.keys()].map((key) => [key, null]));
  return { ...outcome, composition: { message: composition.message, files: new Map(), entries: [], decisions } };
}

/** One more attempt after a failure that the next one may be spared. */
interface Recovery {
  readonly error: ProductError;
  /** That failed, from one. */
  readonly attempt: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Before the next attempt: a faster writer's tip is learnt, after a pause; a damaged mirror is made again. */
export async function recover(branches: readonly Branch[], { error, attempt, now, signal }: Recovery): Promise<void> {
  if (error.kind === 'retry') await sleep(retryDelay(error, attempt), undefined, { signal });
  await refreshAll(branches, now, ENDLESS);
}

async function refreshAll(branches: readonly Branch[], now: number, patience: Patience): Promise<void> {
  await Promise.all(
    branches.map(async (branch) => {
      branch.refresh(now);
      await branch.wait(patience);
    }),
  );
}
