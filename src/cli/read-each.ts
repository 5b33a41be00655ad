import type { Destination } from '../config/load.ts';
import { asProductError } from '../errors.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { shownText } from './shown-text.ts';

/**
 * What each destination tells. One that cannot be read is named and left out, and then the command has failed.
 *
 * @throws ProductError where none can be read
 */
export async function readEach<T>(
  destinations: readonly Destination[],
  { stderr }: Context,
  done: (code: ExitCode) => void,
  read: (destination: Destination) => Promise<T>,
): Promise<readonly T[]> {
  const answers = await Promise.allSettled(destinations.map(read));
  const told = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const errors = answers.flatMap((answer) => (answer.status === 'rejected' ? [asProductError(answer.reason)] : []));
  const [first] = errors;
  if (!first) return told;
  if (told.length === 0) throw first;
  for (const { reason, message } of errors) stderr(`left out: ${reason}: ${shownText(message)}\n`);
  done(EXIT.failed);
  return told;
}
