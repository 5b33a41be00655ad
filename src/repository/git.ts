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
  const run = async (args: readonly string[], input: string | Buffer | null, what: string): Promise<Buffer> => {
    const { variables, secrets } = await environmentOf();
    const config = FIXED.flatMap((setting) => ['-c', setting]);
    // What reads standard input says nothing while it works.
    const silenceMs = input === null ? Math.min(SILENCE_MS, deadlineMs) : deadlineMs;
    try {
      return await runGit({
        directory,
        environment: variables,
        args: [...config, ...args],
        input,
        silenceMs,
        deadlineMs,
        signal,
      });
    } catch (error) {
      const text = redact(messageOf(error), secrets);
      throw classifyGitError(new Error(text), what, { url, isLocal: !REMOTE_COMMANDS.has(args[0] ?? '') });
    }
  };
  return {
    run: async (args, what) => (await run(args, null, what)).toString(),
    feed: (args, input, what) => run(args, input, what),
  };
}
