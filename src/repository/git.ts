import type { Readable } from 'node:stream';
import { type SimpleGit, simpleGit } from 'simple-git';
import { messageOf } from '../errors.ts';
import { classifyGitError } from './classify.ts';
import { type GitEnvironment, redact } from './environment.ts';
import { runGit } from './git-process.ts';

/** How long one Git process may be silent; fetches and pushes report their progress. */
const SILENCE_MS = 60_000;

/** How long one may take at most: a host that says a word now and then is not silent, and never ends. */
const DEADLINE_MS = 600_000;

/** Commands that talk to the remote; all others work on the mirror alone. */
const REMOTE_COMMANDS = new Set(['ls-remote', 'fetch', 'push']);

/** Runs Git in one bare repository with one environment. */
export interface Git {
  /** Output of a command. */
  run(args: readonly string[], what: string): Promise<string>;
  /** Output of a command that reads standard input, or that is too large for one text. @param input null: it reads nothing */
  feed(args: readonly string[], input: string | Iterable<string> | Readable | null, what: string): Promise<Buffer>;
  /** Gives the output of a command as it comes. @param take must not throw */
  read(args: readonly string[], what: string, take: (chunk: Buffer) => void): Promise<void>;
}

/** No hook, no filter, no automatic maintenance, no submodule, whatever the repository says. */
const FIXED = [
  'gc.auto=0',
  'maintenance.auto=false',
  'core.hooksPath=/dev/null',
  'core.quotePath=false',
  'submodule.recurse=false',
  'protocol.version=2',
  'http.followRedirects=false',
  'fetch.recurseSubmodules=false',
  'push.recurseSubmodules=no',
  'receive.autogc=false',
];

/**
 * Git in `directory`; every failure is classified and holds no secret.
 *
 * @param environmentOf asked before every process, so that a credential that was rotated is used at once; whether it talks to the remote
 * @param url the remote's, for classifying
 * @param deadlineMs how long each process may take
 */
export function gitIn(
  directory: string,
  environmentOf: (isRemote: boolean) => Promise<GitEnvironment>,
  signal: AbortSignal,
  url = '',
  deadlineMs = DEADLINE_MS,
): Git {
  const attempt = async <T>(
    args: readonly string[],
    what: string,
    work: (variables: GitEnvironment['variables']) => Promise<T>,
  ): Promise<T> => {
    const { variables, secrets } = await environmentOf(isRemote(args));
    try {
      return await work(variables);
    } catch (error) {
      const text = redact(messageOf(error), secrets);
      throw classifyGitError(new Error(text), what, { url, isLocal: !isRemote(args) });
    }
  };
  const spawned = (
    args: readonly string[],
    input: string | Iterable<string> | Readable | null,
    what: string,
    take?: (chunk: Buffer) => void,
  ): Promise<Buffer> => {
    // What reads standard input says nothing while it works.
    const silenceMs = input === null ? Math.min(SILENCE_MS, deadlineMs) : deadlineMs;
    const all = [...FIXED.flatMap((setting) => ['-c', setting]), ...args];
    return attempt(args, what, (environment) =>
      runGit({ directory, environment, args: all, input, silenceMs, deadlineMs, signal, take }),
    );
  };
  return {
    run: async (args, what) => {
      // simple-git ends Git alone, and a transport that hangs would stay behind.
      if (isRemote(args)) return (await spawned(args, null, what)).toString();
      return attempt(args, what, (variables) =>
        within(deadlineMs, signal, async (ended) => local(directory, variables, ended).raw([...args])),
      );
    },
    // simple-git has no way to write to a process, which fast-import and cat-file need.
    feed: (args, input, what) => spawned(args, input, what),
    read: async (args, what, take) => void (await spawned(args, null, what, take)),
  };
}

function isRemote(args: readonly string[]): boolean {
  return REMOTE_COMMANDS.has(args[args[0] === '-c' ? 2 : 0] ?? '');
}

/** Ends work that takes too long as if it was aborted; nothing of it stays with the signal afterwards. */
async function within<T>(ms: number, signal: AbortSignal, work: (ended: AbortSignal) => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const abort = (): void => ended.abort();
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    abort();
  }, ms);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await work(ended.signal);
  } catch (error) {
    throw isLate ? new Error(`${messageOf(error)}\ngit timed out: it did not end within ${ms / 1000} s`) : error;
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', abort);
  }
}

function local(directory: string, variables: GitEnvironment['variables'], signal: AbortSignal): SimpleGit {
  return simpleGit({
    baseDir: directory,
    config: [...FIXED],
    timeout: { block: SILENCE_MS },
    abort: signal,
    maxConcurrentProcesses: 1,
    allowEnvironment: Object.keys(variables).filter((name) => name.startsWith('GIT_')),
    unsafe: { allowUnsafeConfigEnvCount: true, allowUnsafeSshCommand: true, allowUnsafeHooksPath: true },
    errors: (error, result) => (result.exitCode === 0 ? undefined : (error ?? Buffer.from(`exit ${result.exitCode}`))),
  }).env(variables);
}
