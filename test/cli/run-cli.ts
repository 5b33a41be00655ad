import { runProgram } from '../../src/cli/program.ts';

/** What a command printed and gave. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a command runs. */
export interface CliOptions {
  readonly directory: string;
  /** Epoch milliseconds. */
  readonly now?: number;
  readonly environment?: NodeJS.ProcessEnv;
  readonly columns?: number;
  readonly signal?: AbortSignal;
}

/** Runs the command line in this process, with a context that collects what is printed. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const { directory, now = 0, environment = { NO_COLOR: '1' }, columns = 80, signal } = options;
  let stdout = '';
  let stderr = '';
  const code = await runProgram(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    environment,
    directory,
    now: () => now,
    signal: signal ?? new AbortController().signal,
    columns,
  });
  return { code, stdout, stderr };
}
