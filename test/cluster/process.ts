import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a program runs. */
export interface RunningOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** In a process group of its own: a signal reaches what it started as well. */
  readonly isGroup?: boolean;
}

/** A program that runs beside the tests; what it prints goes to a file. */
export class Running {
  readonly #child: ChildProcess;
  readonly logFile: string;
  readonly #isGroup: boolean;
  #ended = false;

  constructor(path: string, args: readonly string[], logFile: string, options: RunningOptions = {}) {
    this.logFile = logFile;
    this.#isGroup = options.isGroup ?? false;
    const log = createWriteStream(logFile, { flags: 'a' });
    this.#child = spawn(path, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      detached: this.#isGroup,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.#child.stdout?.pipe(log, { end: false });
    this.#child.stderr?.pipe(log, { end: false });
    this.#child.once('exit', () => {
      this.#ended = true;
    });
    running.add(this);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#isGroup) this.#child.kill(signal);
    else if (!this.#ended) signalTo(-this.pid, signal);
  }

  /** Ends it and gives its exit code; null: it was killed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 20_000): Promise<number | null> {
    running.delete(this);
    if (this.#ended) return this.#child.exitCode;
    const exit = new Promise<number | null>((resolve) => this.#child.once('exit', (code) => resolve(code)));
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    const code = await exit;
    clearTimeout(timer);
    return code;
  }
}

/** A signal to a process, or to a group by its negative id. One that has just ended by itself is as good. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const running = new Set<Running>();

// A test that fails half way leaves nothing running.
process.once('exit', () => {
  for (const one of running) one.signal('SIGKILL');
});

/** Below the ports that connections take by themselves, and apart for each worker: nobody else gets it meanwhile. */
let nextPort = 20_000 + (Number(process.env['VITEST_POOL_ID'] ?? 0) % 6) * 2000 + (process.pid % 500);

/** A port of loopback that is free. */
export async function freePort(): Promise<number> {
  for (;;) {
    nextPort += 1;
    const port = nextPort;
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** Asks until the answer is not null. @throws with what was seen last */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null>,
  timeoutMs = 30_000,
  everyMs = 100,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what} did not come within ${timeoutMs} ms`, { cause: last });
    await sleep(everyMs);
  }
}
