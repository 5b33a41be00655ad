import { ProductError } from '../errors.ts';
import type { ApiCall, KubernetesClient } from './client.ts';
import { asFailure, explainFailure } from './failure.ts';

/**
 * A call that writes. @param doing what it does, for people, for instance `write the status of ...`
 * @throws ProductError kind `retry` when another writer was faster, `act` when it is refused, `later` when nobody answers
 */
export type WriteCall = (doing: string, call: Omit<ApiCall, 'signal'>) => Promise<unknown>;

/** Calls that write objects of users. */
export function writeCalls(client: KubernetesClient, signal: AbortSignal): WriteCall {
  return async (doing, call) => {
    try {
      return await client.call({ ...call, signal });
    } catch (error) {
      const failure = asFailure(error);
      // Fields of another manager, an object of another uid, or one that is there already: the watch shows who owns it now.
      if (failure.status === 409)
        throw new ProductError('retry', 'Conflict', `cannot ${doing}: ${failure.message}`, error);
      // Nothing can be made any more in a namespace that ends, whatever the rights: as good as gone.
      if (failure.status === 403 && failure.message.includes('because it is being terminated'))
        throw new ProductError('act', 'NotFound', `cannot ${doing}: ${failure.message}`, error);
      throw explainFailure(failure, doing);
    }
  };
}
