import { isDeepStrictEqual } from 'node:util';
import type { HubSnapshot } from '../sources/hub.ts';
import { isUnchanged, type Observed } from './observe.ts';
import type { DsoOutcome } from './outcome.ts';
import type { PlacedDso } from './place.ts';

/**
 * Outcomes that wrote nothing. As long as the object, its readings and the tips are the same and no deadline has passed,
 * deciding again would give the same: cost follows what changes.
 */
export class Settled {
  #outcomes = new Map<string, { readonly outcome: DsoOutcome; readonly objects: Observed['objects'] }>();

  /** The outcome that still holds because nothing it was made from is another object; null: look at the readings. */
  findSame(placed: PlacedDso, snapshot: HubSnapshot, now: number): DsoOutcome | null {
    const settled = this.#outcomes.get(placed.dso.key);
    if (!settled || !isCurrent(settled.outcome, placed, now) || settled.outcome.staleAt !== null) return null;
    return isUnchanged(placed, snapshot, settled.objects) ? settled.outcome : null;
  }

  /** The outcome that still holds because the readings are the same; null: it must be decided. */
  find(placed: PlacedDso, { readings, objects, staleAt }: Observed, now: number): DsoOutcome | null {
    const settled = this.#outcomes.get(placed.dso.key);
    if (!settled || !isCurrent(settled.outcome, placed, now) || settled.outcome.staleAt !== staleAt) return null;
    if (!isDeepStrictEqual(settled.outcome.readings, readings)) return null;
    this.#outcomes.set(placed.dso.key, { outcome: settled.outcome, objects });
    return settled.outcome;
  }

  /** Keeps an outcome that has nothing to write, and forgets one that has. */
  keep(outcome: DsoOutcome, objects: Observed['objects'] | null): void {
    const { verdict, decided } = outcome;
    // A hold whose commit is not known yet is asked for it again.
    const isNamed = verdict.kind !== 'held' || verdict.commit !== null || verdict.isNameless === true;
    if (objects && isNamed && decided && decided.changes.size === 0)
      this.#outcomes.set(outcome.key, { outcome, objects });
    else this.#outcomes.delete(outcome.key);
  }

  /** Forgets one that is decided again: two decisions of a whole fleet need not be there at once. */
  forget(key: string): void {
    this.#outcomes.delete(key);
  }

  /** Forgets the outcomes of all other DSOs. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#outcomes.keys()) if (!keys.has(key)) this.#outcomes.delete(key);
  }

  /** Forgets everything: a tip moved that is not ours. */
  clear(): void {
    this.#outcomes.clear();
  }
}

function isCurrent(outcome: DsoOutcome, placed: PlacedDso, now: number): boolean {
  const deadline = outcome.decided?.deadline ?? null;
  return outcome.placed === placed && (deadline === null || deadline > now);
}
