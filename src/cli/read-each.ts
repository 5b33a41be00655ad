import type { Destination } from '../config/load.ts';
import { asProductError, type ProductError } from '../errors.ts';
import { type Context, EXIT, type ExitCode } from './context.ts';
import { shownText } from './shown-text.ts';

/** What destinations told, and why others could not be read. */
export interface ToldByEach<T> {
  readonly told: readonly T[];
  readonly leftOut: readonly ProductError[];
}

/** Asks each destination: one that cannot be read leaves the others. @throws ProductError where none can */
export async function readEach<T>(
  destinations: readonly Destination[],
  read: (destination: Destination) => Promise<T>,
): Promise<ToldByEach<T>> {
  const answers = await Promise.allSettled(destinations.map(read));
  const told = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const leftOut = answers.flatMap((answer) => (answer.status === 'rejected' ? [asProductError(answer.reason)] : []));
  const [first] = leftOut;
  if (first && told.length === 0) throw first;
  return { told, leftOut };
}

/** What was left out, for people: a line for each. */
export function leftOutLines(leftOut: readonly Pick<ProductError, 'reason' | 'message'>[]): readonly string[] {
  return leftOut.map(({ reason, message }) => `left out: ${reason}: ${shownText(message)}`);
}

/** Says what was left out; then the command has failed. */
export function sayLeftOut(
  leftOut: readonly Pick<ProductError, 'reason' | 'message'>[],
  { stderr }: Pick<Context, 'stderr'>,
  done: (code: ExitCode) => void,
): void {
  for (const line of leftOutLines(leftOut)) stderr(`${line}\n`);
  if (leftOut.length > 0) done(EXIT.failed);
}
