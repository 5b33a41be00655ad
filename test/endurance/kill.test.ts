import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { random } from '../random.ts';
import { World } from '../scenarios/world.ts';
import { checkLine, checkStream, logMoves } from './check-branch.ts';
import { killNow } from './kill-now.ts';
import { pastRecords } from './past.ts';
import { settled } from './settled.ts';
import { Stream } from './stream.ts';
import { Writer } from './writer.ts';

const KILLS = Number(process.env['KILLS'] ?? 100);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const MEMBERS = { one: 4, two: 6, three: 1 };
/** The branch is looked at after so many kills, and at the end. */
const LOOK_AFTER = 25;
/** Between two values, of any of the DSOs. */
const MAX_PAUSE_MS = 60;

it(`killed ${KILLS} times while values stream in, it writes every decision once`, async () => {
  process.stdout.write(`SEED=${SEED} KILLS=${KILLS}\n`);
  const start = Date.now();
  const world = new World({
    members: Object.keys(MEMBERS),
    destinations: [{ repository: 'fleet.git', pacing: { minInterval: '0s' } }],
    demand: { tolerance: 0 },
  });
  logMoves(world.home);
  const base = world.home.tip() ?? '';
  const streams = [
    new Stream(world, 'web', 'shop', MEMBERS),
    new Stream(world, 'api', 'shop', MEMBERS),
    new Stream(world, 'worker', 'batch', MEMBERS),
  ];
  const writer = new Writer(world);
  const next = random(SEED);
  const moments = new Map<string, number>();
  for (let kill = 1; kill <= KILLS; kill += 1) {
    // A process on a machine that never ran it has no mirror. A Git command that outlived the kill may still write into it.
    if (next() < 0.1) await remove(writer.cache);
    const running = writer.start();
    const moment = momentOf(writer, next(), next());
    await streamUntil(moment, streams, next);
    const step = await killNow(running, next() < 0.5 ? 'group' : 'process');
    const name = step ?? (writer.isWatching ? 'between' : 'start');
    moments.set(name, (moments.get(name) ?? 0) + 1);
    if (kill % LOOK_AFTER !== 0 && kill !== KILLS) continue;
    writer.start();
    await settled(writer, streams, world.home);
    await writer.stop();
    check(world, base, streams);
  }
  expect((await world.run('verify')).code).toBe(0);
  const commits = world.home.git('rev-list', '--count', `${base}..main`).trim();
  const seconds = Math.round((Date.now() - start) / 1000);
  const told = [...moments].map(([name, count]) => `${name} ${count}`);
  process.stdout.write(`SEED=${SEED} ${KILLS} kills (${told.join(', ')}), ${commits} commits, ${seconds} s\n`);
});

/**
 * A quarter of the kills is for the start, a quarter for the first commit, which starts with learning what is there, and
 * half for what comes after it. How long these take depends on the machine: a fixed time would miss one or the other.
 */
async function momentOf(writer: Writer, phase: number, part: number): Promise<void> {
  if (phase < 0.25) return sleep(part * 900);
  if (phase < 0.5) {
    await writer.watching();
    return sleep(part * 600);
  }
  await writer.committing();
  return sleep(part * 300);
}

/** What is written while it is removed is removed by the next try: within one, Node does not look again. */
async function remove(directory: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      rmSync(directory, { recursive: true, force: true });
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    }
  }
}

/** Writes values until a promise resolves. */
async function streamUntil(end: Promise<void>, streams: readonly Stream[], next: () => number): Promise<void> {
  let isOver = false;
  const over = end.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    streams[Math.floor(next() * streams.length)]?.next();
    await Promise.race([over, sleep(next() * MAX_PAUSE_MS)]);
  }
  await over;
}

function check({ home }: World, base: string, streams: readonly Stream[]): void {
  checkLine(home);
  expect(home.git('log', '--format=%H', '--name-only', `${base}..main`, '--', '.', ':!scaling')).toBe('');
  const past = pastRecords(home, 'scaling/decisions');
  expect(past.size).toBe(streams.length);
  for (const stream of streams)
    checkStream(
      home,
      stream,
      Object.keys(MEMBERS),
      past.get(`scaling/decisions/${stream.namespace}/${stream.name}.yaml`) ?? [],
    );
}
