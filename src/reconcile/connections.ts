import { setTimeout as sleep } from 'node:timers/promises';
import type { Destination } from '../config/load.ts';
import type { ProductError } from '../errors.ts';
import { Lane } from './lane.ts';
import type { DestinationOutcome } from './outcome.ts';
import type { Repository } from './repository.ts';
import { retryDelay } from './retry.ts';

/** Opens a repository; `isRenewed`: what is cached of it is damaged and thrown away first. */
export type OpenRepository = (destination: Destination, isRenewed: boolean) => Promise<Repository>;

/** How long to wait for remotes; what takes longer goes on and is seen later. */
export interface Patience {
  /** Milliseconds; Infinity waits for all. */
  readonly ms: number;
  /** Called when a remote has answered that was not waited for. */
  readonly resume: () => void;
}

/** Waits as long as it takes. */
export const ENDLESS: Patience = { ms: Number.POSITIVE_INFINITY, resume: () => undefined };

/** The destinations, each with its repository; they work side by side. */
export class Connections {
  /** Lanes of each branch, in the order of the configuration: the first of them carries the pushes of all. */
  readonly branches: readonly (readonly Lane[])[];
  readonly #lanes: ReadonlyMap<string, Lane>;

  constructor(destinations: readonly Destination[], open: OpenRepository) {
    this.#lanes = new Map(destinations.map((destination) => [destination.id, new Lane(destination, open)]));
    const branches = new Map<string, Lane[]>();
    for (const lane of this.#lanes.values()) {
      const key = `${lane.destination.url}\0${lane.destination.branch}`;
      branches.set(key, [...(branches.get(key) ?? []), lane]);
    }
    this.branches = [...branches.values()];
  }

  /** All of them, in the order of the configuration. */
  get lanes(): Iterable<Lane> {
    return this.#lanes.values();
  }

  /** Why destinations cannot be read, not even as they were, by id. */
  get unreadable(): ReadonlyMap<string, ProductError> {
    const errors = new Map<string, ProductError>();
    for (const [id, { isReadable, readError }] of this.#lanes) if (!isReadable && readError) errors.set(id, readError);
    return errors;
  }

  /** Repositories that can be read, by destination id. */
  get readable(): ReadonlyMap<string, Repository> {
    const repositories = new Map<string, Repository>();
    for (const [id, { isReadable, repository }] of this.#lanes)
      if (isReadable && repository) repositories.set(id, repository);
    return repositories;
  }

  /** @throws where there is no such destination */
  lane(destinationId: string): Lane {
    const lane = this.#lanes.get(destinationId);
    if (!lane) throw new Error(`there is no destination ${destinationId}`);
    return lane;
  }

  /** Where roots of one branch do not see the same tip of it, all of them are to learn it. */
  catchUp(): void {
    for (const lanes of this.branches) {
      // One that takes long is waited for: the others would ask again and again until it answers.
      if (isAtOneTip(lanes) || lanes.some(({ isBusy }) => isBusy)) continue;
      for (const lane of lanes) lane.fallBehind();
    }
  }

  /** The lane that carries the pushes to a destination: the first of its branch that can be read. */
  carrierOf(destinationId: string): Lane {
    const lane = this.lane(destinationId);
    return this.branches.find((lanes) => lanes.includes(lane))?.find(isThere) ?? lane;
  }

  /** The repository of a destination; undefined: it was never reached. */
  get(destinationId: string): Repository | undefined {
    return this.#lanes.get(destinationId)?.repository ?? undefined;
  }

  /** Whether others moved a tip, or what can be read changed, since this was asked last. */
  takeMoved(): boolean {
    return [...this.#lanes.values()].filter((lane) => lane.takeMoved()).length > 0;
  }

  /** Lets be seen what was answered since, and gives what came of pushes that were not waited for. */
  async settle(): Promise<readonly DestinationOutcome[]> {
    const lanes = [...this.#lanes.values()];
    await Promise.all(lanes.map((lane) => lane.settle(0)));
    const ended = lanes.flatMap((lane) => lane.take() ?? []);
    return ended.filter(({ commit, error }) => commit !== null || error !== null).map(told);
  }

  /** Learns tips, side by side; one that fails or takes long does not stop the others. */
  async refresh(lanes: readonly Lane[], now: number, patience: Patience): Promise<void> {
    await refreshAll(lanes, now, patience);
  }
}

/** Whether what can be read of one branch is the same. */
export function isAtOneTip(lanes: readonly Lane[]): boolean {
  return new Set(lanes.filter(isThere).map(({ repository }) => repository?.tip)).size <= 1;
}

/** Whether its branch can be pushed to from it: one that is still connecting holds up none of the others. */
export function isThere({ readError, repository }: Lane): boolean {
  return readError === null && repository !== null;
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
export async function recover(lanes: readonly Lane[], { error, attempt, now, signal }: Recovery): Promise<void> {
  if (error.kind === 'retry') await sleep(retryDelay(error, attempt), undefined, { signal });
  await refreshAll(lanes, now, ENDLESS);
}

async function refreshAll(lanes: readonly Lane[], now: number, patience: Patience): Promise<void> {
  await Promise.all(
    lanes.map(async (lane) => {
      lane.refresh(now);
      await waitFor(lane, patience);
    }),
  );
}

/** Waits for what is under way, and has the rest told when there is no patience left. */
export async function waitFor(lane: Lane, { ms, resume }: Patience): Promise<void> {
  await lane.settle(ms);
  lane.whenAnswered(resume);
}
