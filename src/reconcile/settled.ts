import { isDeepStrictEqual } from 'node:util';
import type { Observed } from './observe.ts';
import type { DsoOutcome } from './outcome.ts';
import type { PlacedDso } from './place.ts';

/**
 * Outcomes that wrote nothing. As long as the object, its readings and the tips are the same and no deadline has passed,
 * deciding again would give the same: cost follows what changes.
 */
export class Settled {
  #outcomes = new Map<string, DsoOutcome>();

  /** The outcome that still holds; null: it must be decided. */
  find(placed: PlacedDso, { readings, staleAt }: Observed, now: number): DsoOutcome | null {
    const outcome = this.#outcomes.get(placed.dso.key);
    if (!outcome || outcome.placed !== placed || outcome.staleAt !== staleAt) return null;
    const deadline = outcome.decided?.deadline ?? null;
    if (deadline !== null && deadline <= now) return null;
    return isDeepStrictEqual(outcome.readings, readings) ? outcome : null;
  }

  /** Keeps the outcomes of a tick that have nothing to write. */
  keep(outcomes: readonly DsoOutcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.decided && outcome.decided.changes.size === 0) this.#outcomes.set(outcome.key, outcome);
      else this.#outcomes.delete(outcome.key);
    }
  }

  /** Forgets everything: a tip moved that is not ours. */
  clear(): void {
    this.#outcomes.clear();
  }
}
