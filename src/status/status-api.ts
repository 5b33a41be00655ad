import type { StoredDso } from '../sources/hub.ts';
import type { Transition } from './transitions.ts';

/** Where status and events are written. */
export interface StatusApi {
  /**
   * Makes the status of a DSO what is given; the only place where one is written.
   *
   * @throws ProductError kind `act` when it is refused, `later` when the server cannot be reached
   */
  apply(dso: StoredDso, status: object): Promise<void>;
  /** Removes a status that another controller wrote. */
  clear(dso: StoredDso): Promise<void>;
  /** Records an event about a DSO. */
  record(dso: StoredDso, transition: Transition, now: number): Promise<void>;
}
