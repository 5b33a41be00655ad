import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A `git` on PATH that notes its arguments and goes on as the real one. */
export interface GitWrapper {
  /** PATH with the wrapper first. */
  readonly path: string;
  /** Every command line so far, of those that were not called by Git. */
  argv(): readonly string[];
  /** Arguments of every process so far: those too that Git started, such as ssh. */
  processes(): readonly string[];
}

/**
 * Puts a `git` before the real one.
 *
 * @param beforeFirst script that runs once, before the first command with the given word among its arguments
 * @param others programs whose command lines are noted as well
 */
export function wrapGit(
  directory: string,
  beforeFirst?: { readonly word: string; readonly script: string },
  others: readonly string[] = [],
): GitWrapper {
  const bin = join(directory, 'bin');
  const log = join(directory, 'argv.log');
  const trace = join(directory, 'trace.log');
  mkdirSync(bin);
  const real = process.env['PATH'] ?? '';
  const lines = [`export GIT_TRACE2_EVENT='${trace}'`];
  if (beforeFirst) {
    lines.push(`case " $* " in *" ${beforeFirst.word} "*) if mkdir '${join(directory, 'done')}' 2>/dev/null; then (`);
    lines.push('unset GIT_DIR', beforeFirst.script, ') >/dev/null 2>&1; fi;; esac');
  }
  const wrap = (name: string, script: readonly string[]): void => {
    const note = ['#!/bin/sh', `PATH='${real}'`, `printf '%s ' "$@" >> '${log}'; echo >> '${log}'`];
    writeFileSync(join(bin, name), [...note, ...script, `exec ${name} "$@"`, ''].join('\n'), { mode: 0o755 });
  };
  wrap('git', lines);
  for (const name of others) wrap(name, []);
  return {
    path: `${bin}${delimiter}${real}`,
    argv: () => linesOf(log),
    processes: () => [...linesOf(log), ...linesOf(trace).flatMap(argvOf)],
  };
}

/**
 * Has a script run before every Git, in its place where it exits.
 *
 * @param directory where it is put
 * @returns PATH with it first
 */
export function gitAfter(script: string, directory: string, path = process.env['PATH'] ?? ''): string {
  mkdirSync(directory, { recursive: true });
  const text = `#!/bin/sh\nPATH='${path}'\n${script}\nexec git "$@"\n`;
  writeFileSync(join(directory, 'git'), text, { mode: 0o755 });
  return `${directory}${delimiter}${path}`;
}

function linesOf(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** What an event of Git's trace says was started. */
function argvOf(line: string): readonly string[] {
  const { argv }: { readonly argv?: readonly string[] } = JSON.parse(line);
  return argv ? [argv.join(' ')] : [];
}
