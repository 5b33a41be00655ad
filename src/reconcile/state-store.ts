import { DsoState } from '../manifests/record.ts';
import type { DecidedDso } from './compose.ts';
import type { PlacedDso } from './place.ts';
import type { Repository } from './repository.ts';

/** What is remembered of every DSO, and which of it is not saved beside its branch yet. */
export class StateStore {
  readonly #states = new Map<string, { readonly state: DsoState; readonly home: string }>();
  readonly #unsaved = new Set<string>();

  /** States that are newer than what is saved. */
  get unsaved(): number {
    return this.#unsaved.size;
  }

  /** What is remembered here, or else saved at home; null: nothing. */
  get({ dso }: PlacedDso, repository: Repository | undefined): DsoState | null {
    const known = this.#states.get(dso.key);
    if (known) return known.state;
    const saved = repository?.states().get(dso.key);
    return saved === undefined ? null : parseState(saved);
  }

  /** Remembers what was observed. */
  observe({ placed, decided }: DecidedDso): void {
    if (!decided.state) return;
    this.#states.set(placed.dso.key, { state: decided.state, home: placed.home.id });
    if (decided.isStateNews) this.#unsaved.add(placed.dso.key);
  }

  /** Texts that belong beside the branch of a destination: what is unsaved, and what lands with a commit there. */
  textsFor(destinationId: string, landing: readonly DecidedDso[] = []): ReadonlyMap<string, string> {
    const texts = new Map<string, string>();
    for (const key of this.#unsaved) {
      const known = this.#states.get(key);
      if (known?.home === destinationId) texts.set(key, renderState(known.state));
    }
    for (const { placed, decided } of landing) {
      if (decided.landedState) texts.set(placed.dso.key, renderState(decided.landedState));
    }
    return texts;
  }

  /** Notes that texts were saved, and that decisions landed. */
  saved(keys: Iterable<string>, landed: readonly DecidedDso[] = []): void {
    for (const key of keys) this.#unsaved.delete(key);
    for (const { placed, decided } of landed) {
      if (decided.landedState) this.#states.set(placed.dso.key, { state: decided.landedState, home: placed.home.id });
    }
  }
}

function renderState(state: DsoState): string {
  return `${JSON.stringify(state)}\n`;
}

function parseState(text: string): DsoState | null {
  try {
    const result = DsoState.safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}
