import type { Branch } from './branch.ts';
import type { Connections } from './connections.ts';
import { type DestinationOutcome, untouched } from './outcome.ts';
import { NEXT_PUSH, RACED, type Waiting } from './waiting.ts';

/** What a tick tells of destinations: what came of an earlier push before anything of its own. */
export class Told {
  readonly #connections: Connections;
  readonly #isStaying: boolean;
  readonly #late: ReadonlySet<string>;
  readonly #outcomes = new Map<string, DestinationOutcome>();

  /**
   * @param late what came of earlier pushes
   * @param isStaying in a process that stays a lost race is tried again soon, and nothing failed
   */
  constructor(connections: Connections, late: readonly DestinationOutcome[], isStaying: boolean) {
    this.#connections = connections;
    this.#isStaying = isStaying;
    this.#late = new Set(late.map(({ destination }) => destination.id));
    for (const one of late) this.#tell(one);
  }

  /** Why nothing is pushed to a branch in this tick; null: nothing is told of it yet. */
  waitsFor({ destinations }: Branch): Waiting | null {
    return destinations.some(({ id }) => this.#late.has(id)) ? NEXT_PUSH : null;
  }

  /** Takes what deciding and delivering came to. */
  take(results: readonly DestinationOutcome[]): void {
    for (const result of results) {
      const { id } = result.destination;
      const late = this.#late.has(id) ? this.#outcomes.get(id) : undefined;
      if (late) this.#outcomes.set(id, besideLate(late, result));
      else if (result.composition || result.error) this.#tell(result);
    }
  }

  /** What is tried again is told only then. */
  forget(results: readonly DestinationOutcome[]): void {
    for (const { destination } of results) this.#outcomes.delete(destination.id);
  }

  /** All of it, with what stands against destinations in any case. */
  all(): readonly DestinationOutcome[] {
    for (const { destinations, error } of this.#connections.branches) {
      if (!error) continue;
      for (const destination of destinations)
        this.#outcomes.set(destination.id, {
          ...(this.#outcomes.get(destination.id) ?? untouched(destination)),
          error,
        });
    }
    return [...this.#outcomes.values()];
  }

  #tell(result: DestinationOutcome): void {
    const { id } = result.destination;
    const isRace = this.#isStaying && result.error?.kind === 'retry' && !this.#connections.branch(id).error;
    this.#outcomes.set(id, isRace ? { ...result, error: null, waiting: RACED } : result);
  }
}

/** What came of an earlier push, and how it stands now: who needs a refused path is known by now. */
function besideLate(late: DestinationOutcome, { refused, waiting, error }: DestinationOutcome): DestinationOutcome {
  const isOfPath = late.error !== null && late.error.path !== null;
  return { ...late, refused, waiting, error: (isOfPath ? error : null) ?? late.error ?? error };
}
