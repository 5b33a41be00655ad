import { recordPath } from '../manifests/layout.ts';
import type { Connections } from './connections.ts';
import type { PlacedDso } from './place.ts';

/** The highest numbers that records ever had, read from the history once for a tick. */
export class Sequences {
  readonly #connections: Connections;
  readonly #byHome = new Map<string, Promise<ReadonlyMap<string, number>>>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** 0: it never had a record. @throws ProductError when the history cannot be read */
  async highestOf({ dso, home }: PlacedDso): Promise<number> {
    const repository = this.#connections.get(home.id);
    const found = this.#byHome.get(home.id) ?? repository?.highestSequences(`${home.root}/decisions`);
    if (!found) return 0;
    this.#byHome.set(home.id, found);
    return (await found).get(recordPath(home.root, dso.namespace, dso.name)) ?? 0;
  }
}
