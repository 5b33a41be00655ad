import type { Destination } from '../config/load.ts';
import { asProductError } from '../errors.ts';
import type { Connections } from './connections.ts';
import { ENDLESS } from './patience.ts';
import type { Repository } from './repository.ts';
import { DAMAGED } from './retry.ts';

/**
 * Reads the history of a destination. A mirror that turns out to be damaged is made again once: the whole history asks more of
 * it than what a tick needs.
 *
 * @returns null: there is nothing yet
 * @throws why it cannot be read
 */
export async function readPast<T>(
  connections: Connections,
  destinationId: string,
  read: (repository: Repository, destination: Destination) => Promise<T>,
): Promise<T | null> {
  const branch = connections.branch(destinationId);
  for (let attempt = 1; ; attempt += 1) {
    if (!branch.isReadable) await connections.refresh([branch], 0, ENDLESS);
    if (branch.error) throw branch.error;
    const { repository } = branch;
    try {
      return repository && (await read(repository, connections.destination(destinationId)));
    } catch (thrown) {
      const error = asProductError(thrown);
      if (error.reason !== DAMAGED || attempt > 1) throw error;
      branch.noteUnreadable(error, repository);
    }
  }
}
