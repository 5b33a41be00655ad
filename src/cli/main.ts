#!/usr/bin/env node
import { messageOf } from '../errors.ts';
import type { Context } from './context.ts';
import { EXIT } from './context.ts';
import { runProgram } from './program.ts';

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => abort.abort(new Error(signal)));

// The reader of a pipe may leave early, for instance `head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.fine);
  throw error;
});

const context: Context = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  environment: process.env,
  directory: process.cwd(),
  now: () => Date.now(),
  signal: abort.signal,
  columns: process.stdout.columns ?? null,
};

try {
  process.exitCode = await runProgram(process.argv.slice(2), context);
} catch (error) {
  process.stderr.write(`error: ${messageOf(error)}\n`);
  process.exitCode = EXIT.failed;
}
