import { recordPath } from '../manifests/layout.ts';
import type { Connections } from './connections.ts';
import type { Landed } from './landed.ts';
import { isAt } from './load-landed.ts';
import type { PlacedDso } from './place.ts';
import type { Repository } from './repository.ts';

/** A DSO with what the tips hold of it. */
export interface Recorded {
  readonly placed: PlacedDso;
  /** By destination id. */
  readonly landed: ReadonlyMap<string, Landed>;
  /** A state says what its last decision was. */
  readonly isSaved: boolean;
}

/**
 * The highest numbers that records had, as far as the history has to tell: all of it for those without a saved state, and for
 * all others what was replaced while no process looked, as a saved state may lag.
 */
export class Sequences {
  readonly #connections: Connections;
  /** What others had replaced when a destination was looked at first, by its id and by path. */
  readonly #replaced = new Map<string, Map<string, number>>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** By key, then by destination id; left out: none is known. A destination whose history cannot be read is noted. */
  async highestOf(recorded: readonly Recorded[]): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
    const highest = new Map(recorded.map(({ placed }) => [placed.dso.key, new Map<string, number>()]));
    await Promise.all(
      [...this.#connections.readable].map(async ([id, repository]) => {
        const placedHere = recorded.filter(({ placed }) => isAt(placed, id));
        // What was removed and comes again begins anew.
        for (const one of placedHere)
          if (one.landed.get(id)?.recordId === null) this.#replaced.get(id)?.delete(pathOf(one, id));
        const here = placedHere.filter(({ landed }) => landed.get(id)?.record);
        if (here.length === 0) return;
        try {
          const found = await this.#read(id, repository, here);
          for (const one of here) {
            const number = found.get(pathOf(one, id));
            if (number !== undefined) highest.get(one.placed.dso.key)?.set(id, number);
          }
        } catch (error) {
          // Without the history nobody can say whether a record is the last one: its DSOs wait.
          this.#connections.lane(id).noteUnreadable(error);
        }
      }),
    );
    return highest;
  }

  async #read(id: string, repository: Repository, here: readonly Recorded[]): Promise<ReadonlyMap<string, number>> {
    const unknown = here.filter(({ placed, isSaved }) => !isSaved && placed.home.id === id);
    const paths = unknown.map((one) => pathOf(one, id));
    const ever = paths.length > 0 ? await repository.highestSequences(paths) : new Map<string, number>();
    return new Map([...(await this.#replacedAt(id, repository)), ...ever]);
  }

  async #replacedAt(id: string, repository: Repository): Promise<ReadonlyMap<string, number>> {
    const known = this.#replaced.get(id);
    if (known) return known;
    const { root } = this.#connections.lane(id).destination;
    const replaced = new Map(await repository.replacedSequences(`${root}/decisions`));
    this.#replaced.set(id, replaced);
    return replaced;
  }
}

function pathOf({ placed: { dso, members, home } }: Recorded, id: string): string {
  const destination = members.find((member) => member.destination.id === id)?.destination ?? home;
  return recordPath(destination.root, dso.namespace, dso.name);
}
