import type { Connections } from './connections.ts';
import type { Landed } from './landed.ts';
import { isAt } from './load-landed.ts';
import { type PlacedDso, recordPathAt } from './place.ts';
import type { Repository } from './repository.ts';

/** A DSO with what the tips hold of it. */
export interface Recorded {
  readonly placed: PlacedDso;
  /** By destination id. */
  readonly landed: ReadonlyMap<string, Landed>;
  /** A state says what its last decision was. */
  readonly isSaved: boolean;
}

/** What the history up to a tip tells, by path; 0: nothing. */
interface AtTip {
  readonly tip: string | null;
  readonly numbers: Map<string, number>;
}

/**
 * The highest numbers that records had, as far as the history has to tell: all of it for those without a saved state, what
 * was replaced while no process looked, as a saved state may lag, and of a record that is behind home whether it was put
 * back.
 */
export class Sequences {
  readonly #connections: Connections;
  /** Of records elsewhere than at home, by destination id. */
  readonly #elsewhereAt = new Map<string, AtTip>();
  /** What others had replaced when a destination was looked at first, by its id and by path. */
  readonly #replaced = new Map<string, Map<string, number>>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /**
   * Looks at destinations that were not looked at yet, before what their tips hold is read.
   *
   * @param failed told which of them cannot be read
   */
  async look(
    repositories: ReadonlyMap<string, Repository>,
    failed: (destinationId: string, error: unknown) => void,
  ): Promise<void> {
    await Promise.all(
      [...repositories].map(async ([id, repository]) => {
        if (this.#replaced.has(id)) return;
        try {
          const { root } = this.#connections.destination(id);
          this.#replaced.set(id, new Map(await repository.replacedSequences(`${root}/decisions`)));
        } catch (error) {
          failed(id, error);
        }
      }),
    );
  }

  /** By key, then by destination id; left out: none is known. A destination whose history cannot be read is noted. */
  async highestOf(recorded: readonly Recorded[]): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
    const highest = new Map(recorded.map(({ placed }) => [placed.dso.key, new Map<string, number>()]));
    await Promise.all(
      [...this.#connections.readable].map(async ([id, repository]) => {
        const here = recorded.filter(({ placed }) => isAt(placed, id));
        const found = this.#replaced.get(id);
        // What was removed and comes again begins anew.
        for (const one of here) if (one.landed.get(id)?.recordId === null) found?.delete(recordPathAt(one.placed, id));
        const [ever, told] = [await this.#everAt(id, repository, here), await this.#elsewhere(id, repository, here)];
        for (const one of here) {
          const path = recordPathAt(one.placed, id);
          const number = Math.max(ever.get(path) ?? 0, told.get(path) ?? 0, found?.get(path) ?? 0);
          if (number > 0) highest.get(one.placed.dso.key)?.set(id, number);
        }
      }),
    );
    return highest;
  }

  /**
   * A record that is behind home never got the later one, or a person put it back: at every tip the history is asked once,
   * unless it was seen there before home went on.
   */
  async #elsewhere(
    id: string,
    repository: Repository,
    here: readonly Recorded[],
  ): Promise<ReadonlyMap<string, number>> {
    const { tip } = repository;
    const earlier = this.#elsewhereAt.get(id);
    const told = earlier?.tip === tip ? earlier : { tip, numbers: new Map<string, number>() };
    this.#elsewhereAt.set(id, told);
    const behind: string[] = [];
    for (const { placed, landed } of here) {
      const [record, atHome] = [landed.get(id)?.record, landed.get(placed.home.id)?.record];
      const path = recordPathAt(placed, id);
      if (placed.home.id === id || !record || !atHome || told.numbers.has(path)) continue;
      if (record.seq < atHome.seq) behind.push(path);
      else told.numbers.set(path, 0);
    }
    if (behind.length === 0) return told.numbers;
    try {
      const previous = await repository.previousSequences(behind);
      for (const path of behind) told.numbers.set(path, previous.get(path) ?? 0);
    } catch (error) {
      // Nobody can say whether a person put it back: its DSOs wait.
      this.#connections.branch(id).noteUnreadable(error);
    }
    return told.numbers;
  }

  /** From all of the history, for those whose last decision no state tells. */
  async #everAt(id: string, repository: Repository, here: readonly Recorded[]): Promise<ReadonlyMap<string, number>> {
    const unknown = here.filter(({ placed, landed, isSaved }) => {
      return !isSaved && placed.home.id === id && landed.get(id)?.record;
    });
    if (unknown.length === 0) return new Map();
    try {
      return await repository.highestSequences(unknown.map((one) => recordPathAt(one.placed, id)));
    } catch (error) {
      // Without the history nobody can say whether a record is the last one: its DSOs wait.
      this.#connections.branch(id).noteUnreadable(error);
      return new Map();
    }
  }
}
