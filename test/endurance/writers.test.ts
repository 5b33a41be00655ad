import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { percentile } from '../bench/percentile.ts';
import { until } from '../cluster/process.ts';
import { random } from '../random.ts';
import { type GitWrapper, wrapGit } from '../repository/git-wrapper.ts';
import { World } from '../scenarios/world.ts';
import { checkLine, checkStream, logMoves } from './check-branch.ts';
import { Human } from './human.ts';
import { pastRecords } from './past.ts';
import { settled } from './settled.ts';
import { Stream } from './stream.ts';
import { Writer } from './writer.ts';

const COMMITS = Number(process.env['COMMITS'] ?? 120);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const WRITERS = 8;
const MEMBERS = { one: 4, two: 6 };
/** Between two values of one writer, and between two commits of the human. */
const MAX_PAUSE_MS = 4000;
const HOUR_MS = 3_600_000;

/** One of the eight: its hub, its values, its process. */
interface Team {
  readonly world: World;
  readonly root: string;
  readonly streams: readonly Stream[];
  readonly writer: Writer;
  readonly git: GitWrapper;
}

it.each([
  ['a root of its own each', (index: number) => `team-${index}/scaling`],
  ['namespaces of its own each, below one root', () => 'scaling'],
])(`eight writers, %s, and a human: ${COMMITS} commits land`, async (name, rootOf) => {
  const start = Date.now();
  const next = random(SEED);
  const teams = makeTeams(rootOf);
  const { home, directory } = teams[0].world;
  const human = await Human.with(home, join(directory, 'clone'));
  for (const { writer } of teams) writer.start();
  const stop = new AbortController();
  const work = [
    human.work(() => next() * MAX_PAUSE_MS, stop.signal),
    ...teams.map((team) => streamUntil(stop.signal, team, next)),
  ];
  const count = (): number => Number(home.git('rev-list', '--count', 'main'));
  await Promise.race([
    until(`${COMMITS} commits`, async () => count() > COMMITS || null, HOUR_MS, 200),
    // One that fails ends it at once.
    ...work.map((one) => one.then(() => new Promise(() => undefined))),
  ]);
  stop.abort();
  await Promise.all(work);
  for (const { writer, streams, root } of teams) await settled(writer, streams, home, root);
  for (const { writer } of teams) expect(await writer.stop()).toBe(0);
  check(teams, human);
  process.stdout.write(`SEED=${SEED} eight writers, ${name}: ${describe(teams, human, Date.now() - start)}\n`);
});

function makeTeams(rootOf: (index: number) => string): readonly [Team, ...Team[]] {
  const first = makeTeam(0, rootOf(0), null);
  logMoves(first.world.home);
  const others = Array.from({ length: WRITERS - 1 }, (_, index) => {
    return makeTeam(index + 1, rootOf(index + 1), first.world);
  });
  return [first, ...others];
}

function makeTeam(index: number, root: string, owner: World | null): Team {
  const world = owner === null ? new World() : new World({}, owner.home);
  const namespace = `team-${index}`;
  const repository = world.home.directory;
  const match = { namespaces: [namespace] };
  world.configure({
    members: Object.keys(MEMBERS),
    destinations: [{ repository, root, match, pacing: { minInterval: '0s' } }],
    demand: { tolerance: 0 },
  });
  const streams = ['web', 'api'].map((name) => new Stream(world, name, namespace, MEMBERS));
  const git = wrapGit(world.directory);
  return { world, root, streams, git, writer: new Writer(world, { PATH: git.path }) };
}

async function streamUntil(stop: AbortSignal, { streams }: Team, next: () => number): Promise<void> {
  while (!stop.aborted) {
    await sleep(next() * MAX_PAUSE_MS);
    streams[Math.floor(next() * streams.length)]?.next();
  }
}

/** All of what anybody says to have pushed is in one line, nothing else is, and no team wrote for another. */
function check(teams: readonly [Team, ...Team[]], human: Human): void {
  const { home } = teams[0].world;
  const [, ...commits] = checkLine(home);
  const said = [...teams.flatMap(({ writer }) => writer.commits().map(({ commit }) => commit)), ...human.commits];
  expect(said.toSorted()).toEqual(commits.toSorted());
  for (const [index] of human.commits.entries())
    expect(home.read(human.pathOf(index))).toBe(`${human.pathOf(index)}\n`);
  for (const { root, streams, writer } of teams) {
    const mine = new Set(writer.commits().map(({ commit }) => commit));
    for (const stream of streams) {
      const directory = `${root}/decisions/${stream.namespace}`;
      const past = pastRecords(home, directory).get(`${directory}/${stream.name}.yaml`) ?? [];
      checkStream(home, stream, Object.keys(MEMBERS), past, root);
      expect(past.filter(({ commit }) => !mine.has(commit))).toEqual([]);
    }
  }
}

/** Contention: how many pushes came too late, and how long a value waited for its commit. */
function describe(teams: readonly Team[], human: Human, ms: number): string {
  const counts = teams.map(({ writer }) => writer.commits().length);
  const commits = counts.reduce((sum, count) => sum + count, 0);
  const pushes = teams.flatMap(({ git }) =>
    git.argv().filter((line) => /\bpush .*:refs\/heads\/main\b/.test(line)),
  ).length;
  const waits = teams.flatMap(waitsOf);
  const givenUp = teams.flatMap(({ writer }) => writer.log().filter(({ msg }) => msg === 'not delivered')).length;
  return [
    `${commits + human.commits.length} commits in ${Math.round(ms / 1000)} s`,
    `ours ${commits} (${Math.min(...counts)} to ${Math.max(...counts)} a writer) by ${pushes} pushes`,
    `the human's ${human.commits.length} by ${human.pushes}`,
    `a value waited ${percentile(waits, 50)} ms at p50, ${percentile(waits, 95)} at p95, ${Math.max(...waits)} at most`,
    `given up for now ${givenUp} times`,
  ].join('; ');
}

/** From the first value that a decision answers to its commit, milliseconds. */
function waitsOf({ world, root, streams, writer }: Team): readonly number[] {
  const times = new Map(writer.commits().map(({ commit, time }) => [commit, time]));
  return streams.flatMap((stream) => {
    const directory = `${root}/decisions/${stream.namespace}`;
    let last = 0;
    return (pastRecords(world.home, directory).get(`${directory}/${stream.name}.yaml`) ?? []).flatMap(
      ({ commit, record }) => {
        const index = stream.indexOf(record.total.after) ?? 0;
        const wait = (times.get(commit) ?? Number.NaN) - stream.timeOf(last + 1);
        last = index;
        // The first waits for the process to start.
        return index === 0 || record.seq === 1 ? [] : wait;
      },
    );
  });
}
