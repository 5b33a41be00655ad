import { join } from 'node:path';
import type { Context } from '../../src/cli/context.ts';

/** The product in this process: its cache is below the directory, and it says nothing. */
export function contextOf(directory: string, cache = 'cache'): Context {
  return {
    stdout: () => undefined,
    stderr: () => undefined,
    environment: { ...process.env, DSO_GITOPS_CACHE: join(directory, cache) },
    directory,
    now: () => Date.now(),
    signal: new AbortController().signal,
    columns: 80,
  };
}
