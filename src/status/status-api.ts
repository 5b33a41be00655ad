import type { StoredDso } from '../sources/hub.ts';
import type { Transition } from './transitions.ts';

/** Where status and events are written. */
export interface StatusApi {
  /**
   * Makes the fields of the status that are ours what is given; the only place where one is written.
   *
   * @returns the status as the API server has it then
   * @throws ProductError kind `act` when it is refused, `later` when the server cannot be reached
   */
  apply(dso: StoredDso, status: object): Promise<unknown>;
  /** The same, and nothing that another controller wrote is left; what is ours is there at every moment. */
  takeOver(dso: StoredDso, status: object): Promise<unknown>;
  /** Records an event about a DSO. */
  record(dso: StoredDso, transition: Transition, now: number): Promise<void>;
}
