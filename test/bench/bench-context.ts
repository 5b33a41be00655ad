import { join } from 'node:path';
import type { Context } from '../../src/cli/context.ts';

/** The world of a fixture: its own directory and cache, and nothing is printed. */
export function benchContext(directory: string, path = process.env['PATH'], cache = 'cache'): Context {
  return {
    stdout: () => undefined,
    stderr: () => undefined,
    environment: { ...process.env, PATH: path, DSO_GITOPS_CACHE: join(directory, cache) },
    directory,
    now: () => Date.now(),
    signal: new AbortController().signal,
    columns: 80,
  };
}
