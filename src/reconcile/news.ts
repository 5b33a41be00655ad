import type { HubSnapshot } from '../sources/hub.ts';
import type { Branch } from './branch.ts';
import type { Connections } from './connections.ts';
import { isUnchanged, type Observed } from './observe.ts';
import type { Patience } from './patience.ts';
import type { PlacedDso } from './place.ts';
import type { Stow } from './stow.ts';

/** What was observed of a DSO. */
interface Seen extends Pick<Observed, 'objects'> {
  readonly placed: PlacedDso;
}

/** What of many DSOs is worth deciding now: it takes seconds, and is not done in vain. */
export class News {
  readonly #connections: Connections;
  /** What was read for them the last time, by key. */
  readonly #objects = new Map<string, Observed['objects']>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /**
   * Leaves out what was seen already while its push is under way, and what has the next tick. A tip that is being learnt is
   * waited for.
   */
  async of<T extends Seen>(
    open: readonly T[],
    snapshot: HubSnapshot,
    stow: Stow,
    patience: Patience | undefined,
  ): Promise<readonly T[]> {
    const homes = new Set(open.map((one) => this.#homeOf(one)));
    const learnt = [...homes].filter((home) => home.isReading).map((home) => home.settle(patience?.ms ?? 0));
    await Promise.all(learnt);
    return open.filter((one) => {
      const home = this.#homeOf(one);
      if (!home.isBusy) return !stow.isNext(home);
      const objects = this.#objects.get(one.placed.dso.key);
      return objects === undefined || !isUnchanged(one.placed, snapshot, objects);
    });
  }

  /** Whether some of them have the next tick. */
  hasNext(open: readonly Seen[], stow: Stow): boolean {
    return open.some((one) => stow.isNext(this.#homeOf(one)));
  }

  /** Notes what was observed. */
  see({ placed, objects }: Seen): void {
    this.#objects.set(placed.dso.key, objects);
  }

  /** Forgets everything. */
  clear(): void {
    this.#objects.clear();
  }

  #homeOf({ placed }: Seen): Branch {
    return this.#connections.branch(placed.home.id);
  }
}
