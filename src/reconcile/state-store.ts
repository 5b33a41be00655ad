import * as z from 'zod';
import type { Evaluation } from '../demand/evaluate.ts';
import { DsoState } from '../manifests/record.ts';
import type { StoredDso } from '../sources/hub.ts';
import type { DecidedDso } from './compose.ts';
import type { PlacedDso } from './place.ts';
import type { Repository } from './repository.ts';

interface Remembered {
  readonly state: DsoState;
  readonly home: string;
  readonly uid: string | null;
  /** Evaluations that moved the total and are in no record yet. */
  readonly moves: readonly Evaluation[];
}

/** More of them tell nothing more. */
const MAX_MOVES = 20;

/** What is remembered of every DSO, and which of it is not saved beside its branch yet. */
export class StateStore {
  readonly #isKeptInHub: boolean;
  readonly #states = new Map<string, Remembered>();
  readonly #unsaved = new Set<string>();

  /** @param isKeptInHub states are saved in the status of the DSOs, nothing is saved beside the branches */
  constructor(isKeptInHub: boolean) {
    this.#isKeptInHub = isKeptInHub;
  }

  /** States that are newer than what is saved. */
  get unsaved(): number {
    return this.#unsaved.size;
  }

  /** What is remembered here, or else saved in the hub or at home; null: nothing. */
  get({ dso }: PlacedDso, stored: StoredDso | null, repository: Repository | undefined): DsoState | null {
    const known = this.#states.get(dso.key);
    // One that was deleted and made again is another object.
    if (known && known.uid === (stored?.uid ?? null)) return known.state;
    if (this.#isKeptInHub) return stateInStatus(stored?.status);
    const saved = repository?.states().get(dso.key);
    return saved === undefined ? null : parseState(saved);
  }

  /** What moved the total of a DSO since its last record. */
  moves({ dso }: PlacedDso): readonly Evaluation[] {
    return this.#states.get(dso.key)?.moves ?? [];
  }

  /** Remembers what was observed. */
  observe({ placed, decided }: DecidedDso, uid: string | null): void {
    if (!decided.state) return;
    const fresh = decided.evaluations.filter(({ before, after }) => before !== after);
    const isDue = decided.verdict.kind === 'change';
    const moves = isDue ? [...this.moves(placed), ...fresh].slice(-MAX_MOVES) : [];
    this.#states.set(placed.dso.key, { state: decided.state, home: placed.home.id, uid, moves });
    if (decided.isStateNews && !this.#isKeptInHub) this.#unsaved.add(placed.dso.key);
  }

  /** Texts that belong beside the branch of a destination: what is unsaved, and what lands with a commit there. */
  textsFor(destinationId: string, landing: readonly DecidedDso[] = []): ReadonlyMap<string, string> {
    const texts = new Map<string, string>();
    if (this.#isKeptInHub) return texts;
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
      const { key } = placed.dso;
      const uid = this.#states.get(key)?.uid ?? null;
      if (decided.landedState)
        this.#states.set(key, { state: decided.landedState, home: placed.home.id, uid, moves: [] });
    }
  }
}

const SavedInStatus = z.object({ gitOps: z.object({ state: DsoState }) });

function stateInStatus(status: unknown): DsoState | null {
  return SavedInStatus.safeParse(status).data?.gitOps.state ?? null;
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
