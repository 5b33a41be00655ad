import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/cli/connect.ts';
import type { Engine } from '../../src/reconcile/engine.ts';
import { benchContext } from './bench-context.ts';
import { raise } from './change.ts';
import { type Fixture, type FixtureSize, makeFixture } from './fixture.ts';
import { percentile } from './percentile.ts';
import { run } from './run-git.ts';

/** Medians in milliseconds with one mirror. */
export interface Steps {
  /** A changed value: decided, committed, pushed. */
  readonly commit: number;
  /** Somebody else committed: fetched, compared. */
  readonly fetch: number;
  /** A process starts. */
  readonly start: number;
}

/** The mirror after a number of commits. */
export interface Age {
  readonly commits: number;
  readonly packs: number;
  readonly looseObjects: number;
  readonly mebibytes: number;
  readonly grown: Steps;
  /** The same with a mirror that was just made from the same remote, alternated with the grown one. */
  readonly fresh: Steps;
}

const INTERVAL_MS = 300_000;
const SAMPLES = 15;

/**
 * One changed value every five minutes into one mirror, through the engine, on a clock of its own. The remote is kept as a
 * host keeps it (`git gc` before every look), so that what grows is the mirror.
 *
 * @param isOne only one DSO changes each time; else all do
 * @param looks after how many commits to look, rising
 */
export async function* measureMonth(size: FixtureSize, isOne: boolean, looks: readonly number[]): AsyncGenerator<Age> {
  const directory = await mkdtemp(join(tmpdir(), 'dso-gitops-month-'));
  try {
    const month = await Month.begin(await makeFixture(directory, size), !isOne);
    for (const commits of looks) {
      while (month.commits < commits) await month.commit();
      yield await month.look();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

class Month {
  readonly #fixture: Fixture;
  readonly #isAll: boolean;
  #engine: Engine;
  #now = Date.UTC(2026, 0, 1);
  #commits = 0;

  private constructor(fixture: Fixture, isAll: boolean, engine: Engine) {
    this.#fixture = fixture;
    this.#isAll = isAll;
    this.#engine = engine;
  }

  static async begin(fixture: Fixture, isAll: boolean): Promise<Month> {
    const month = new Month(fixture, isAll, await open(fixture, 'cache'));
    await month.#tick(month.#engine);
    return month;
  }

  get commits(): number {
    return this.#commits;
  }

  async commit(engine: Engine = this.#engine): Promise<void> {
    if (this.#isAll) raise(this.#fixture, this.#fixture.metricsFile);
    raise(this.#fixture, this.#fixture.configMapFile);
    await this.#tick(engine, true);
    this.#commits += 1;
  }

  async look(): Promise<Age> {
    const { repository, directory } = this.#fixture;
    const commits = this.#commits;
    await run(repository, ['gc', '--quiet', '--prune=now']);
    const size = await this.#sizeOfMirror();
    const grown = new Samples();
    const fresh = new Samples();
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      await rm(join(directory, 'fresh'), { recursive: true, force: true });
      for (const [cache, samples] of [
        ['cache', grown],
        ['fresh', fresh],
      ] as const) {
        const engine = await open(this.#fixture, cache);
        samples.start.push(await timed(() => this.#tick(engine)));
        samples.commit.push(await timed(() => this.commit(engine)));
        await commitForeign(repository, commits + sample);
        samples.fetch.push(await timed(() => this.#tick(engine)));
      }
    }
    await this.#tick(this.#engine);
    return { commits, ...size, grown: grown.medians(), fresh: fresh.medians() };
  }

  /** @returns whether a commit was pushed */
  async #tick(engine: Engine, isCommit = false): Promise<void> {
    this.#now += INTERVAL_MS;
    const signal = new AbortController().signal;
    const { destinations, outcomes, problems } = await engine.tick({ mode: 'apply', now: this.#now, signal });
    for (const { error } of destinations) if (error) throw error;
    if (!isCommit || destinations.some(({ commit }) => commit !== null)) return;
    const verdicts = outcomes.map(({ key, verdict }) => `${key} ${JSON.stringify(verdict)}`);
    const found = [...problems.map(({ message }) => message), ...verdicts].join('\n');
    throw new Error(`expected commit number ${this.#commits + 1}; found none:\n${found}`);
  }

  async #sizeOfMirror(): Promise<Pick<Age, 'packs' | 'looseObjects' | 'mebibytes'>> {
    const cache = join(this.#fixture.directory, 'cache');
    const [name] = await readdir(cache);
    const counted = await run(join(cache, name ?? ''), ['count-objects', '-v']);
    const count = (key: string): number => Number(new RegExp(`^${key}: (\\d+)$`, 'm').exec(counted)?.[1]);
    const mebibytes = (count('size') + count('size-pack')) / 1024;
    return { packs: count('packs'), looseObjects: count('count'), mebibytes };
  }
}

class Samples {
  readonly commit: number[] = [];
  readonly fetch: number[] = [];
  readonly start: number[] = [];

  medians(): Steps {
    const { commit, fetch, start } = this;
    return { commit: percentile(commit, 50), fetch: percentile(fetch, 50), start: percentile(start, 50) };
  }
}

async function open({ configFile, directory }: Fixture, cache: string): Promise<Engine> {
  return (await connect(configFile, {}, true, benchContext(directory, undefined, cache))).engine;
}

/** A commit of somebody else beside ours. */
async function commitForeign(repository: string, number: number): Promise<void> {
  const who = `somebody <somebody@example.com> ${number} +0000`;
  const text = `${number} ${performance.now()}\n`;
  const file = `M 100644 inline base/app.yaml\ndata ${text.length}\n${text}\n`;
  const head = `commit refs/heads/main\nauthor ${who}\ncommitter ${who}\ndata 7\nforeign\nfrom refs/heads/main^0\n`;
  await run(repository, ['fast-import', '--quiet', '--date-format=raw'], [`${head}${file}\n`]);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
