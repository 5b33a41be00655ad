import { spawn } from 'node:child_process';
import { type SimpleGit, simpleGit } from 'simple-git';
import { classifyGitError } from './classify.ts';
import { type GitEnvironment, redact } from './environment.ts';

/** How long one Git process may be silent. */
const TIMEOUT_MS = 60_000;

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

/** Git in `directory`; every failure is classified and holds no secret. `url` is the remote's, for classifying. */
export function gitIn(directory: string, environment: GitEnvironment, signal: AbortSignal, url = ''): Git {
  const git = configured(directory, environment, signal);
  const failed = (error: unknown, what: string): never => {
    const text = redact(error instanceof Error ? error.message : String(error), environment.secrets);
    throw classifyGitError(new Error(text), what, url);
  };
  return {
    run: async (args, what) => {
      try {
        return await git.raw([...args]);
      } catch (error) {
        return failed(error, what);
      }
    },
    feed: async (args, input, what) => {
      try {
        return await feed(directory, environment, args, input, signal);
      } catch (error) {
        return failed(error, what);
      }
    },
  };
}

function configured(directory: string, environment: GitEnvironment, signal: AbortSignal): SimpleGit {
  return simpleGit({
    baseDir: directory,
    config: [...FIXED],
    timeout: { block: TIMEOUT_MS },
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
      timeout: TIMEOUT_MS,
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
