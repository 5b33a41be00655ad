import { setTimeout as sleep } from 'node:timers/promises';
import type { ProductError } from '../errors.ts';
import { type Connections, ENDLESS, type Patience, waitFor } from './connections.ts';
import type { Lane } from './lane.ts';
import { MAX_ATTEMPTS, retryDelay } from './retry.ts';
import type { StateStore } from './state-store.ts';

/** Saves states that no commit carried; one that fails does not stop the others. @throws the first failure */
export async function saveStates(
  connections: Connections,
  states: StateStore,
  now: number,
  patience: Patience,
): Promise<void> {
  const errors = await Promise.all([...connections.lanes].map((lane) => save(lane, states, now, patience)));
  const first = errors.find((error) => error !== null);
  if (first) throw first;
}

async function save(lane: Lane, states: StateStore, now: number, patience: Patience): Promise<ProductError | null> {
  for (let attempt = 1; ; attempt += 1) {
    const { texts, saved } = states.savingFor(lane.destination.id, []);
    // One that is busy has its turn the next time.
    const { repository } = lane;
    if (!repository || texts.size === 0 || lane.isBusy) return null;
    const publication = { files: new Map(), message: '', states: texts, time: now };
    lane.push({ publication, composition: null, landed: () => saved(repository.states()) }, now);
    await waitFor(lane, patience);
    const error = lane.take()?.error ?? null;
    if (error?.kind !== 'retry' || attempt === MAX_ATTEMPTS) return error;
    // Where nobody waits for it, they are saved the next time.
    if (patience !== ENDLESS) return null;
    await sleep(retryDelay(error, attempt));
    lane.refresh(now);
    await waitFor(lane, patience);
  }
}
