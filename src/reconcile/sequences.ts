import type { Connections } from './connections.ts';
import type { Verdict } from './decision.ts';
import type { Landed } from './landed.ts';
import { isAt } from './load-landed.ts';
import { type PlacedDso, recordPathAt } from './place.ts';
import type { Asking } from './questions.ts';
import type { Repository } from './repository.ts';
import { UNDER_WAY } from './waiting.ts';

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

  /** Looks at destinations that were not looked at yet, before what their tips hold is read. */
  async look(asking: Asking): Promise<void> {
    await Promise.all(
      [...this.#connections.readable.keys()].map(async (id) => {
        if (this.#replaced.has(id)) return;
        const directory = `${this.#connections.destination(id).root}/decisions`;
        const found = await this.#connections
          .branch(id)
          .questions.ask(`replaced ${directory}`, (repository) => repository.replacedSequences(directory), asking);
        if (found) this.#replaced.set(id, new Map(found));
      }),
    );
  }

  /** By key, then by destination id; left out: there is none. null: the history does not tell it yet, or cannot be read. */
  async highestOf(
    recorded: readonly Recorded[],
    asking: Asking,
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, number> | null>> {
    const highest = new Map(recorded.map(({ placed }) => [placed.dso.key, new Map<string, number>()]));
    const unknown = new Set<string>();
    await Promise.all(
      [...this.#connections.readable].map(async ([id, repository]) => {
        const here = recorded.filter(({ placed }) => isAt(placed, id));
        const found = this.#replaced.get(id);
        // What was removed and comes again begins anew.
        for (const one of here) if (one.landed.get(id)?.recordId === null) found?.delete(recordPathAt(one.placed, id));
        const ever = await this.#everAt(id, here, asking);
        const told = await this.#elsewhere(id, repository, here, asking);
        for (const one of here) {
          const path = recordPathAt(one.placed, id);
          const { key } = one.placed.dso;
          if (!found || !ever || !told.has(path)) unknown.add(key);
          const number = Math.max(ever?.get(path) ?? 0, told.get(path) ?? 0, found?.get(path) ?? 0);
          if (number > 0) highest.get(key)?.set(id, number);
        }
      }),
    );
    return new Map([...highest].map(([key, numbers]) => [key, unknown.has(key) ? null : numbers]));
  }

  /** Why the history does not tell what a DSO needs. */
  unknown({ home, members }: PlacedDso): Verdict {
    for (const { id, name } of [home, ...members.map(({ destination }) => destination)]) {
      const { error } = this.#connections.branch(id).questions;
      if (error) return { kind: 'wait', reason: error.reason, message: `the history of ${name}: ${error.message}` };
    }
    return { kind: 'wait', ...UNDER_WAY.history };
  }

  /**
   * A record that is behind home never got the later one, or a person put it back: at every tip the history is asked once,
   * unless it was seen there before home went on. Left out: it does not tell it yet.
   */
  async #elsewhere(
    id: string,
    repository: Repository,
    here: readonly Recorded[],
    asking: Asking,
  ): Promise<ReadonlyMap<string, number>> {
    const { tip } = repository;
    const earlier = this.#elsewhereAt.get(id);
    const told = earlier?.tip === tip ? earlier : { tip, numbers: new Map<string, number>() };
    this.#elsewhereAt.set(id, told);
    const behind: string[] = [];
    for (const { placed, landed } of here) {
      const [record, atHome] = [landed.get(id)?.record, landed.get(placed.home.id)?.record];
      const path = recordPathAt(placed, id);
      if (told.numbers.has(path)) continue;
      if (placed.home.id !== id && record && atHome && record.seq < atHome.seq) behind.push(path);
      else told.numbers.set(path, 0);
    }
    if (behind.length === 0) return told.numbers;
    const branch = this.#connections.branch(id);
    const question = (at: Repository) => at.previousSequences(behind);
    const previous = await branch.questions.ask(`previous ${behind.join(' ')}`, question, asking);
    if (previous) for (const path of behind) told.numbers.set(path, previous.get(path) ?? 0);
    return told.numbers;
  }

  /** From all of the history, for those whose last decision no state tells; null: it does not tell it yet. */
  async #everAt(id: string, here: readonly Recorded[], asking: Asking): Promise<ReadonlyMap<string, number> | null> {
    const paths = here.flatMap(({ placed, landed, isSaved }) => {
      return !isSaved && placed.home.id === id && landed.get(id)?.record ? recordPathAt(placed, id) : [];
    });
    if (paths.length === 0) return new Map();
    const branch = this.#connections.branch(id);
    return branch.questions.ask(
      `highest ${paths.join(' ')}`,
      (repository) => repository.highestSequences(paths),
      asking,
    );
  }
}
