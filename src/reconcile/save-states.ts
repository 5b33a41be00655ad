import type { ProductError } from '../errors.ts';
import { type Connections, ENDLESS, type Patience, recover, waitFor } from './connections.ts';
import type { Lane } from './lane.ts';
import { MAX_ATTEMPTS } from './retry.ts';
import type { StateStore } from './state-store.ts';

/** How states are saved. */
export interface SaveOptions {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly patience: Patience;
  /** Ends the pause after a lost race. */
  readonly signal: AbortSignal;
}

/** Saves states that no commit carried; one that fails does not stop the others. @throws the first failure */
export async function saveStates(connections: Connections, states: StateStore, options: SaveOptions): Promise<void> {
  const errors = await Promise.all([...connections.lanes].map((lane) => save(lane, states, options)));
  const first = errors.find((error) => error !== null);
  if (first) throw first;
}

/** Why they are not saved; null: they are, or it is under way. */
async function save(
  lane: Lane,
  states: StateStore,
  { now, patience, signal }: SaveOptions,
): Promise<ProductError | null> {
  for (let attempt = 1; ; attempt += 1) {
    const { texts, saved } = states.savingFor(lane.destination.id, []);
    // One that is busy has its turn the next time.
    const { repository } = lane;
    if (!repository || texts.size === 0 || lane.isBusy) return null;
    const refusal = attempt === 1 ? lane.refusesState(now) : null;
    if (refusal) return refusal;
    const publication = { files: new Map(), message: '', states: texts, time: now };
    lane.save({ publication, landed: () => saved(repository.states()) }, now);
    await waitFor(lane, patience);
    const error = lane.stateError;
    if (error?.kind !== 'retry' || attempt === MAX_ATTEMPTS) return error;
    // Where nobody waits for it, they are saved the next time.
    if (patience !== ENDLESS) return null;
    await recover([lane], { error, attempt, now, signal });
  }
}
