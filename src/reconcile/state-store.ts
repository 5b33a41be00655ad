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
  /** What was saved when it was looked at last: it is read again when another process has saved since. */
  readonly there: string | undefined;
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
    const isKnown = known !== undefined && known.uid === (stored?.uid ?? null);
    if (this.#isKeptInHub) return isKnown ? known.state : stateInStatus(stored?.status.unpack());
    const saved = repository?.states(home.root) ?? new Map<string, string>();
    if (isKnown && known.home === home.id) return this.#knowing(dso.key, known, saved);
    const there = saved.get(dso.key);
    return there === undefined ? null : parseState(there);
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
    const there = this.#states.get(placed.dso.key)?.there;
    this.#states.set(placed.dso.key, { state: decided.state, home: placed.home.id, uid, moves, there });
    if (decided.isStateNews && !this.#isKeptInHub) this.#unsaved.add(placed.dso.key);
  }

  /**
   * What belongs beside the branch of a destination: what is unsaved, and what lands with a commit there.
   *
   * @param there what is saved there, by key: another process may have saved what is later
   */
  savingFor(destinationId: string, changed: readonly DecidedDso[], there: ReadonlyMap<string, string>): Saving {
    const landing = changed.filter(({ placed }) => placed.home.id === destinationId);
    const saving = this.#unsavedOf(destinationId, there);
    for (const { placed, decided } of this.#isKeptInHub ? [] : landing)
      if (decided.landedState) saving.set(placed.dso.key, withSaved(decided.landedState, there.get(placed.dso.key)));
    const told = new Map(landing.map(({ placed }) => [placed.dso.key, this.moves(placed)]));
    const texts = new Map([...saving].map(([key, state]) => [key, renderState(state)]));
    return {
      texts,
      saved: (now) => {
        for (const one of landing) this.#landed(one, told.get(one.placed.dso.key) ?? []);
        for (const one of changed) if (one.placed.home.id !== destinationId) this.#landedElsewhere(one, destinationId);
        for (const [key, state] of saving) {
          const known = this.#states.get(key);
          const isSaved = now.get(key) === texts.get(key);
          if (isSaved && known) this.#states.set(key, { ...known, there: now.get(key) });
          if (!isSaved) this.#unsaved.add(key);
          // What was observed since is not saved.
          else if (known?.state === state) this.#unsaved.delete(key);
        }
      },
    };
  }

  #unsavedOf(destinationId: string, there: ReadonlyMap<string, string>): Map<string, DsoState> {
    const unsaved = new Map<string, DsoState>();
    for (const key of this.#unsaved) {
      const known = this.#states.get(key);
      if (known?.home !== destinationId) continue;
      const state = this.#knowing(key, known, there);
      // Another process has saved what is later, or has let go of it.
      if (!state || renderState(state) === there.get(key)) this.#unsaved.delete(key);
      else unsaved.set(key, state);
    }
    return unsaved;
  }

  /** What is remembered, with what another process has saved since it was looked at; null: it was released there. */
  #knowing(key: string, known: Remembered, saved: ReadonlyMap<string, string>): DsoState | null {
    const there = saved.get(key);
    if (there === known.there) return known.state;
    // Where nothing is left at all, the ref was removed.
    if (there === undefined && saved.size > 0) {
      this.#states.delete(key);
      this.#unsaved.delete(key);
      return null;
    }
    const state = withSaved(known.state, there);
    this.#states.set(key, { ...known, state, there });
    return state;
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
    // A later one was decided since on what it left.
    if (known.state.seq > landedState.seq) return;
    const isSame = known.state === decided.state;
    // The reason that it tells is no news any more.
    const { moved, ...later } = known.state;
    const isLater = moved !== undefined && moved.at !== decided.state?.moved?.at;
    const { seq, hasRecord, isUnproven, recent } = landedState;
    const state = isSame ? landedState : { ...later, seq, hasRecord, isUnproven, recent, ...(isLater && { moved }) };
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

/** A state that knows what another process has saved: the higher number wins, and what landed elsewhere has landed. */
function withSaved(state: DsoState, text: string | undefined): DsoState {
  const there = text === undefined ? null : parseState(text);
  if (!there) return state;
  const [last, other] = there.seq > state.seq ? [there, state] : [state, there];
  return Object.entries(other.delivered ?? {}).reduce((known, [id, seq]) => withDelivered(known, id, seq), last);
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
