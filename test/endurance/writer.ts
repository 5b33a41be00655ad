import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Running, until } from '../cluster/process.ts';
import type { World } from '../scenarios/world.ts';

const MAIN = fileURLToPath(new URL('../../build/cli/main.js', import.meta.url));

/** A commit that a process said it had pushed. */
export interface SaidCommit {
  readonly commit: string;
  /** Epoch milliseconds. */
  readonly time: number;
}

interface LogLine {
  readonly ts: string;
  readonly msg: string;
  readonly commit?: string;
  readonly [key: string]: unknown;
}

/** The built product as a process: `run` on the files of a world. */
export class Writer {
  readonly world: World;
  readonly cache: string;
  readonly #env: Readonly<Record<string, string>>;
  #running: Running | null = null;
  #starts = 0;

  constructor(world: World, env: Readonly<Record<string, string>> = {}) {
    this.world = world;
    this.cache = join(world.directory, 'cache');
    this.#env = env;
    onTestFinished(async () => void (await this.stop('SIGKILL')));
  }

  start(): Running {
    this.#starts += 1;
    const args = [MAIN, 'run', '--log-format', 'json'];
    const env = { DSO_GITOPS_CACHE: this.cache, ...this.#env };
    this.#running = new Running(process.execPath, args, this.#logFile(this.#starts), {
      cwd: this.world.directory,
      env,
      isGroup: true,
    });
    return this.#running;
  }

  /** This start has read its configuration and goes on to the first tick. */
  get isWatching(): boolean {
    return this.#lines(this.#starts).some(({ msg }) => msg === 'watching');
  }

  async watching(): Promise<void> {
    await this.until('watching', () => this.isWatching);
  }

  /** Waits until this start has committed. */
  async committing(): Promise<void> {
    const hasCommitted = (): boolean => this.#lines(this.#starts).some(({ commit }) => commit !== undefined);
    await this.until('a commit', hasCommitted);
  }

  /** @throws with what it said last */
  async until(what: string, isDone: () => boolean, timeoutMs = 60_000): Promise<void> {
    await until(what, async () => isDone() || null, timeoutMs, 10).catch((error: unknown) => {
      throw new Error(`${String(error)}; it said last: ${JSON.stringify(this.log().slice(-5))}`);
    });
  }

  /** Ends it; resolves with its exit code, null: it was killed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    return (await this.#running?.stop(signal)) ?? null;
  }

  /** What all starts said. */
  log(): readonly LogLine[] {
    return Array.from({ length: this.#starts }, (_, index) => this.#lines(index + 1)).flat();
  }

  commits(): readonly SaidCommit[] {
    return this.log().flatMap(({ commit, ts }) => (commit ? { commit, time: Date.parse(ts) } : []));
  }

  #logFile(start: number): string {
    return join(this.world.directory, `run-${start}.log`);
  }

  /** Whole lines: the last one of a process that was killed may be a part. */
  #lines(start: number): readonly LogLine[] {
    const file = this.#logFile(start);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine);
  }
}
