import * as z from 'zod';
import type { Evaluation } from '../demand/evaluate.ts';
import { DsoState } from '../manifests/record.ts';
import type { StoredDso } from '../sources/hub.ts';
import type { DecidedDso } from './compose.ts';
import type { PlacedDso } from './place.ts';
import type { Repository } from './repository.ts';
import { withDelivered } from './set-back.ts';

interface Remembered {
  readonly state: DsoState;
  readonly home: string;
  readonly uid: string | null;
  /** Evaluations that moved the total and are in no record yet. */
  readonly moves: readonly Evaluation[];
}

/** States on their way to a remote. */
export interface Saving {
  /** By key. */
  readonly texts: ReadonlyMap<string, string>;
  /** Notes that the decisions landed, and which states are there now: what is not stays unsaved. @param there by key */
  readonly saved: (there: ReadonlyMap<string, string>) => void;
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
  get({ dso, home }: PlacedDso, stored: StoredDso | null, repository: Repository | undefined): DsoState | null {
    const known = this.#states.get(dso.key);
    // One that was deleted and made again is another object.
    if (known && known.uid === (stored?.uid ?? null)) return known.state;
    if (this.#isKeptInHub) return stateInStatus(stored?.status.unpack());
    const saved = repository?.states(home.root).get(dso.key);
    return saved === undefined ? null : parseState(saved);
  }

  /** What moved the total of a DSO since its last record. */
  moves({ dso }: PlacedDso): readonly Evaluation[] {
    return this.#states.get(dso.key)?.moves ?? [];
  }

  /** Remembers what was observed. */
  observe({ placed, decided }: Pick<DecidedDso, 'placed' | 'decided'>, uid: string | null): void {
    if (!decided.state) return;
    const fresh = decided.evaluations.filter(({ before, after }) => before !== after);
    const isDue = decided.verdict.kind === 'change';
    const moves = isDue ? [...this.moves(placed), ...fresh].slice(-MAX_MOVES) : [];
    this.#states.set(placed.dso.key, { state: decided.state, home: placed.home.id, uid, moves });
    if (decided.isStateNews && !this.#isKeptInHub) this.#unsaved.add(placed.dso.key);
  }

  /** What belongs beside the branch of a destination: what is unsaved, and what lands with a commit there. */
  savingFor(destinationId: string, changed: readonly DecidedDso[]): Saving {
    const landing = changed.filter(({ placed }) => placed.home.id === destinationId);
    const saving = new Map<string, DsoState>();
    if (!this.#isKeptInHub) {
      for (const key of this.#unsaved) {
        const known = this.#states.get(key);
        if (known?.home === destinationId) saving.set(key, known.state);
      }
      for (const { placed, decided } of landing)
        if (decided.landedState) saving.set(placed.dso.key, decided.landedState);
    }
    const told = new Map(landing.map(({ placed }) => [placed.dso.key, this.moves(placed)]));
    const texts = new Map([...saving].map(([key, state]) => [key, renderState(state)]));
    return {
      texts,
      saved: (there) => {
        for (const one of landing) this.#landed(one, told.get(one.placed.dso.key) ?? []);
        for (const one of changed) if (one.placed.home.id !== destinationId) this.#landedElsewhere(one, destinationId);
        for (const [key, state] of saving) {
          if (there.get(key) !== texts.get(key)) this.#unsaved.add(key);
          // What was observed since is not saved.
          else if (this.#states.get(key)?.state === state) this.#unsaved.delete(key);
        }
      },
    };
  }

  /** Forgets the states of all other DSOs, but for those that are not saved yet. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#states.keys()) if (!keys.has(key) && !this.#unsaved.has(key)) this.#states.delete(key);
  }

  /** A decision has landed; what was observed while it was on its way stays. */
  #landed({ placed, decided }: DecidedDso, told: readonly Evaluation[]): void {
    const { key } = placed.dso;
    const { landedState } = decided;
    const known = this.#states.get(key);
    if (!landedState || !known) return;
    const { seq, hasRecord, isUnproven } = landedState;
    // A later one was decided since on what it left.
    if (known.state.seq > seq) return;
    const isSame = known.state === decided.state;
    const state = isSame ? landedState : { ...known.state, seq, hasRecord, isUnproven };
    const moves = known.moves.filter((move) => !told.includes(move));
    this.#states.set(key, { ...known, state, moves });
    if (!isSame && !this.#isKeptInHub) this.#unsaved.add(key);
  }

  /** The history tells it as well, unless it is forced back: it is saved with what is pushed next, or when a process ends. */
  #landedElsewhere({ placed, decided }: DecidedDso, destinationId: string): void {
    const { key } = placed.dso;
    const known = this.#states.get(key);
    if (!known || !decided.record) return;
    const state = withDelivered(known.state, destinationId, decided.record.seq);
    if (state === known.state) return;
    this.#states.set(key, { ...known, state });
    if (!this.#isKeptInHub) this.#unsaved.add(key);
  }
}

const SavedInStatus = z.object({ gitOps: z.object({ state: DsoState }) });

function stateInStatus(status: unknown): DsoState | null {
  return SavedInStatus.safeParse(status).data?.gitOps.state ?? null;
}

function renderState(state: DsoState): string {
  return `${JSON.stringify(state)}\n`;
}

/** A state that was saved beside a branch; null: it cannot be read. */
export function parseState(text: string): DsoState | null {
  try {
    const result = DsoState.safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}
