import { isDeepStrictEqual } from 'node:util';

/** How one vector ended. */
export type VectorResult =
  | { readonly outcome: 'passed' }
  | { readonly outcome: 'failed'; readonly detail: string }
  | { readonly outcome: 'skipped'; readonly reason: string };

/** Passed when equal, else both sides. */
export function compare(found: unknown, expected: unknown): VectorResult {
  if (isDeepStrictEqual(found, expected)) return { outcome: 'passed' };
  return { outcome: 'failed', detail: `expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}` };
}
