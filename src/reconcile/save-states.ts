import type { ProductError } from '../errors.ts';
import type { Branch } from './branch.ts';
import { type Connections, recover } from './connections.ts';
import { ENDLESS, type Patience } from './patience.ts';
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
  const errors = await Promise.all(connections.branches.map((branch) => save(branch, states, options)));
  const first = errors.find((error) => error !== null);
  if (first) throw first;
}

/** Why they are not saved; null: they are, or it is under way. */
async function save(
  branch: Branch,
  states: StateStore,
  { now, patience, signal }: SaveOptions,
): Promise<ProductError | null> {
  for (let attempt = 1; ; attempt += 1) {
    // Where nobody waits for it, one that is busy has its turn the next time.
    if (branch.isBusy && patience !== ENDLESS) return null;
    await branch.wait(patience);
    const { repository } = branch;
    if (!repository) return null;
    const savings = branch.destinations.map(({ id, root }) => {
      return { root, ...states.savingFor(id, [], repository.states(root)) };
    });
    if (savings.every(({ texts }) => texts.size === 0)) return null;
    const refusal = attempt === 1 ? branch.refusesState(now) : null;
    if (refusal) return refusal;
    const texts = new Map(savings.map((one) => [one.root, one.texts]));
    const landed = (): void => {
      for (const { root, saved } of savings) saved(repository.states(root));
    };
    branch.save({ publication: { files: new Map(), message: '', states: texts, time: now }, landed }, now);
    await branch.wait(patience);
    const error = branch.stateError;
    if ((error && error.kind !== 'retry') || attempt === MAX_ATTEMPTS) return error;
    // Where nobody waits for it, they are saved the next time.
    if (patience !== ENDLESS) return null;
    // Where the host cannot take all or none, it may have taken some of them.
    if (!error) continue;
    await recover([branch], { error, attempt, now, signal });
  }
}
