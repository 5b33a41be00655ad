import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allChange } from './all-change.ts';
import { describeLatency } from './describe-latency.ts';
import { month } from './describe-month.ts';
import { type Fixture, type FixtureSize, makeFixture } from './fixture.ts';
import { history } from './history.ts';
import { idle } from './idle.ts';
import { type Latency, measureLatency, type Rounds } from './latency.ts';
import { measureSplit } from './micro.ts';

const GROUPS = ['--large', '--idle', '--all-change', '--history', '--month'];
const SMALL: FixtureSize = { members: 20, namespaces: 1, dsosPerNamespace: 100 };
const LARGE: FixtureSize = { members: 20, namespaces: 100, dsosPerNamespace: 100 };

/**
 * `npm run bench`: prints what it measured beside its bound. Without options the split and a small repository, `-- --short`
 * with fewer samples; `--large`, `--idle`, `--all-change`, `--history` and `--month` are groups of their own, `--all` is everything.
 */
async function main(args: readonly string[]): Promise<void> {
  const isAll = args.includes('--all');
  const wants = (group: string): boolean => isAll || args.includes(group);
  const isDefault = isAll || !GROUPS.some(wants);
  const samples = args.includes('--short') ? 40 : 200;
  if (isDefault) splits();
  const small = isDefault || wants('--large') ? await smallLatency({ samples, clones: 0 }) : null;
  if (!GROUPS.some(wants)) return;
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  if (['--large', '--idle', '--all-change'].some(wants)) {
    await withFixture(LARGE, async (fixture) => {
      if (small && wants('--large')) await largeLatency(fixture, { samples, clones: 7 }, small);
      if (wants('--idle')) print(await idle(fixture));
      if (wants('--all-change')) print(await allChange(fixture));
    });
  }
  if (wants('--month')) await month(print);
  if (wants('--history')) await withDirectory(async (directory) => print(await history(directory)));
}

function splits(): void {
  print(`split, 20 members, total 10,000: ${measureSplit(20, 10_000, 1000).toFixed(2)} us (bound 5)`);
  print(`split, 1,000 members, total 1,000,000: ${(measureSplit(1000, 1_000_000, 20) / 1000).toFixed(3)} ms (bound 2)`);
}

async function smallLatency(rounds: Rounds): Promise<Latency> {
  const latency = await withFixture(SMALL, (fixture) => measureLatency(fixture, rounds));
  print(describeLatency(latency));
  return latency;
}

async function largeLatency(fixture: Fixture, rounds: Rounds, small: Latency): Promise<void> {
  const large = await measureLatency(fixture, rounds);
  print(describeLatency(large));
  print(`  ratio at 200,000 files over ratio at 2,000: ${(large.ratio.p50 / small.ratio.p50).toFixed(2)} (bound 1.2)`);
}

/** The large one takes minutes to make: all groups of a run share it. */
function withFixture<T>(size: FixtureSize, work: (fixture: Fixture) => Promise<T>): Promise<T> {
  return withDirectory(async (directory) => work(await makeFixture(directory, size)));
}

async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'dso-gitops-bench-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main(process.argv.slice(2));
