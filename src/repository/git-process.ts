import { type ChildProcess, spawn } from 'node:child_process';
import { Readable } from 'node:stream';

/** One process of Git. */
export interface GitProcess {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** What it reads; null: nothing. */
  readonly input: string | Iterable<string> | Readable | null;
  /** How long it may say nothing, in milliseconds. */
  readonly silenceMs: number;
  /** How long it may take at most, in milliseconds. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Gets its output as it comes, and must not throw; absent: all of it is given at the end. */
  readonly take?: ((chunk: Buffer) => void) | undefined;
}

/** How long a process that is asked to end may take. */
const GRACE_MS = 2000;

/** Messages of which more are not kept; each is at most 64 KiB. */
const MAX_CHUNKS = 100;

/**
 * Runs Git and gives its output. When its time is over it ends together with what it started: git-remote-http and ssh do
 * not end with it by themselves.
 */
export function runGit(given: GitProcess): Promise<Buffer> {
  const { directory, environment, args, input, silenceMs, deadlineMs, signal, take } = given;
  if (signal.aborted) return Promise.reject(new Error('aborted before it started'));
  return new Promise((resolve, reject) => {
    // A group of its own, so that a signal reaches all of it.
    const options = { cwd: directory, env: { ...environment }, detached: true } as const;
    const child = spawn('git', [...args], { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    const [output, said]: [Buffer[], Buffer[]] = [[], []];
    let why: string | null = null;
    const end = (reason: string): void => {
      if (why !== null) return;
      why = reason;
      endGroup(child);
    };
    const abort = (): void => end('aborted');
    const deadline = setTimeout(() => end(`timed out: it did not end within ${deadlineMs / 1000} s`), deadlineMs);
    const silence = setTimeout(() => end(`timed out: it said nothing for ${silenceMs / 1000} s`), silenceMs);
    signal.addEventListener('abort', abort);
    const settle = (): void => {
      clearTimeout(deadline);
      clearTimeout(silence);
      signal.removeEventListener('abort', abort);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      silence.refresh();
      if (take) take(chunk);
      else output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      silence.refresh();
      said.push(chunk);
      // A host may talk without end, and only the end of it is shown.
      if (said.length > MAX_CHUNKS) said.shift();
    });
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('close', (code) => {
      settle();
      if (code === 0 && why === null) {
        resolve(Buffer.concat(output));
        return;
      }
      const text = Buffer.concat([...output, ...said]).toString();
      reject(new Error(why === null ? text || `exit code ${code}` : `${text}\ngit ${why}`));
    });
    // A child that ended early closes its input: its exit code says why.
    child.stdin.on('error', () => undefined);
    if (input === null) child.stdin.end();
    else Readable.from(input).pipe(child.stdin);
  });
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS).unref();
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // All of it has ended.
  }
}
