import type { ProductError } from '../errors.ts';
import type { TickResult } from '../reconcile/outcome.ts';
import { StatusWriter } from '../status/status-writer.ts';
import type { Context } from './context.ts';
import { hasScaledObject, type OpenHub } from './open-hub.ts';

/** In a hub cluster the outcome, and what must be remembered, is in the status. @throws the first refusal */
export async function writeStatus(open: OpenHub, result: TickResult, { now, signal }: Context): Promise<void> {
  const { statusApi } = open;
  if (!statusApi) return;
  const errors: ProductError[] = [];
  const onWrite = (_key: string, _what: string, error: ProductError | null): void => {
    if (error) errors.push(error);
  };
  const writer = new StatusWriter({
    api: statusApi,
    isScaledByKeda: hasScaledObject(open),
    now,
    onWrite,
    onRefused: () => undefined,
  });
  writer.offer(result);
  await writer.flush(signal);
  if (errors[0]) throw errors[0];
}
