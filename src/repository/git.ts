import { spawn } from 'node:child_process';
import { type SimpleGit, simpleGit } from 'simple-git';
import { messageOf } from '../errors.ts';
import { classifyGitError } from './classify.ts';
import { type GitEnvironment, redact } from './environment.ts';

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
  /** Output of a command that reads standard input. */
  feed(args: readonly string[], input: string | Buffer, what: string): Promise<Buffer>;
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
 * @param environmentOf asked before every process, so that a credential that was rotated is used at once
 * @param url the remote's, for classifying
 * @param deadlineMs how long each process may take
 */
export function gitIn(
  directory: string,
  environmentOf: () => Promise<GitEnvironment>,
  signal: AbortSignal,
  url = '',
  deadlineMs = DEADLINE_MS,
): Git {
  const attempt = async <T>(
    args: readonly string[],
    what: string,
    work: (environment: GitEnvironment, ended: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const environment = await environmentOf();
    try {
      return await within(deadlineMs, args, signal, (ended) => work(environment, ended));
    } catch (error) {
      const text = redact(messageOf(error), environment.secrets);
      throw classifyGitError(new Error(text), what, { url, isLocal: !REMOTE_COMMANDS.has(args[0] ?? '') });
    }
  };
  return {
    run: (args, what) =>
      attempt(args, what, async (environment, ended) => configured(directory, environment, ended).raw([...args])),
    feed: (args, input, what) =>
      attempt(args, what, (environment, ended) => feed(directory, environment, args, input, ended)),
  };
}

/** Ends a process with the signal, and when its time is over. */
async function within<T>(
  deadlineMs: number,
  args: readonly string[],
  signal: AbortSignal,
  work: (ended: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const timer = setTimeout(end, deadlineMs);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    return await work(ending.signal);
  } catch (error) {
    if (!ending.signal.aborted || signal.aborted) throw error;
    throw new Error(`git ${args[0]} timed out: it did not end within ${deadlineMs / 1000} s`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

function configured(directory: string, environment: GitEnvironment, signal: AbortSignal): SimpleGit {
  return simpleGit({
    baseDir: directory,
    config: [...FIXED],
    timeout: { block: SILENCE_MS },
    abort: signal,
    maxConcurrentProcesses: 1,
    allowEnvironment: Object.keys(environment.variables).filter((name) => name.startsWith('GIT_')),
    unsafe: { allowUnsafeConfigEnvCount: true, allowUnsafeSshCommand: true, allowUnsafeHooksPath: true },
    errors: (error, result) => (result.exitCode === 0 ? undefined : (error ?? Buffer.from(`exit ${result.exitCode}`))),
  }).env(environment.variables);
}

/** simple-git has no way to write to a process, which fast-import and cat-file need. */
function feed(
  directory: string,
  environment: GitEnvironment,
  args: readonly string[],
  input: string | Buffer,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const config = FIXED.flatMap((setting) => ['-c', setting]);
    const child = spawn('git', [...config, ...args], {
      cwd: directory,
      env: { ...environment.variables },
      signal,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output));
      else reject(new Error(Buffer.concat(errors).toString() || `git ${args[0]} ended with exit code ${code}`));
    });
    // A child that ended early closes its input: its exit code says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
