import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A `git` on PATH that notes its arguments and goes on as the real one. */
export interface GitWrapper {
  /** PATH with the wrapper first. */
  readonly path: string;
  /** Every command line so far. */
  argv(): readonly string[];
  /** Arguments of every process so far: those of Git, and of ssh and others that it started. */
  processes(): readonly string[];
}

/**
 * Puts a `git` before the real one.
 *
 * @param beforeFirst script that runs once, before the first command with the given word among its arguments
 */
export function wrapGit(
  directory: string,
  beforeFirst?: { readonly word: string; readonly script: string },
): GitWrapper {
  const bin = join(directory, 'bin');
  const log = join(directory, 'argv.log');
  const trace = join(directory, 'trace.log');
  mkdirSync(bin);
  const real = process.env['PATH'] ?? '';
  const lines = ['#!/bin/sh', `PATH='${real}'`, `printf '%s ' "$@" >> '${log}'; echo >> '${log}'`];
  lines.push(`export GIT_TRACE2_EVENT='${trace}'`);
  if (beforeFirst) {
    lines.push(`case " $* " in *" ${beforeFirst.word} "*) if mkdir '${join(directory, 'done')}' 2>/dev/null; then (`);
    lines.push('unset GIT_DIR', beforeFirst.script, ') >/dev/null 2>&1; fi;; esac');
  }
  lines.push('exec git "$@"', '');
  writeFileSync(join(bin, 'git'), lines.join('\n'));
  chmodSync(join(bin, 'git'), 0o755);
  return {
    path: `${bin}${delimiter}${real}`,
    argv: () => linesOf(log),
    processes: () => linesOf(trace).flatMap(argvOf),
  };
}

function linesOf(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** What an event of Git's trace says was started. */
function argvOf(line: string): readonly string[] {
  const { argv }: { readonly argv?: readonly string[] } = JSON.parse(line);
  return argv ? [argv.join(' ')] : [];
}
