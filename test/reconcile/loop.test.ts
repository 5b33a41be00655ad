import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runLoop } from '../../src/reconcile/loop.ts';
import type { TickResult } from '../../src/reconcile/outcome.ts';
import { Packed } from '../../src/sources/packed.ts';
import { standingOf } from '../../src/status/standing.ts';
import { StatusWriter } from '../../src/status/status-writer.ts';
import type { BareRepository } from '../repository/bare-repository.ts';
import { countOf, overlayOf, World } from '../scenarios/world.ts';
import { silentHost } from '../silent-host.ts';
import { RecordingApi } from '../status/recording-api.ts';

/** A loop on the real clock, on top of the time of a world. */
interface Running {
  readonly ticks: TickResult[];
  /** The hub has changed. */
  readonly changed: () => void;
  readonly end: () => Promise<void>;
}

/** @param graceMs how long what is under way may take at the end */
async function start(
  world: World,
  onTick: (result: TickResult) => void = () => undefined,
  graceMs = 100,
): Promise<Running> {
  const [stop, hard] = [new AbortController(), new AbortController()];
  const base = Date.now();
  const ticks: TickResult[] = [];
  let changed = (): void => undefined;
  const loop = runLoop({
    engine: await world.engine(hard.signal),
    open: {
      watch: (call) => {
        changed = call;
      },
      close: async () => undefined,
    },
    now: () => world.now + Date.now() - base,
    onTick: (result) => {
      ticks.push(result);
      onTick(result);
    },
    onError: () => undefined,
    onSave: () => undefined,
    stop: stop.signal,
    abort: hard.signal,
  });
  const end = async (): Promise<void> => {
    stop.abort();
    setTimeout(() => hard.abort(), graceMs).unref();
    await loop.catch(() => undefined);
  };
  onTestFinished(end);
  return { ticks, changed: () => changed(), end };
}

async function ticksOf(world: World, ms: number): Promise<number> {
  const { ticks, end } = await start(world);
  await sleep(ms);
  await end();
  return ticks.length;
}

/** Pushes are not answered until the result is called. */
function hang(repository: BareRepository): () => void {
  const file = join(repository.directory, 'hung');
  writeFileSync(file, '');
  repository.hook('pre-receive', `while [ -e '${file}' ]; do sleep 0.1; done`);
  return () => rmSync(file);
}

function isCommittedTo(name: string, { destinations }: TickResult): boolean {
  return destinations.some(({ destination, commit }) => destination.name === name && commit !== null);
}

it('a held DSO whose deadline passed does not keep the loop busy', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.metric('a', 0);
  await world.tick();
  await world.save();
  world.home.commit({ [overlayOf('one', 'a')]: 'kind: Component\n' });
  world.now += 600_000;
  expect(await ticksOf(world, 1500)).toBeLessThan(3);
});

it('a branch that refuses is tried again ever more rarely, whatever else is due', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 0);
  await world.tick();
  const tries = join(world.home.directory, 'tries');
  world.home.hook('update', `echo once more >> '${tries}'; exit 1`);
  world.now += 600_000;
  await ticksOf(world, 3500);
  const count = readFileSync(tries, 'utf8').split('\n').length - 1;
  // At once, also with another kind of ref for the states; after one second and after two more.
  expect(count).toBeGreaterThan(2);
  expect(count).toBeLessThan(5);
});

it('a clock that is set back an hour holds up no push, and neither does one that jumps ahead', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  const { changed } = await start(world);
  for (const [step, value] of [
    [0, 20],
    [-3_600_000, 40],
    [7_200_000, 60],
    [-7_200_000, 80],
  ] as const) {
    world.now += step;
    world.metric('a', value);
    changed();
    await vi.waitFor(() => expect(countOf(world.home, 'one', 'a')).toBe(value / 10), 8000);
  }
});

describe('a remote that does not answer', () => {
  const pacing = { minInterval: '0s' };

  it('from the start holds up no other', async () => {
    const world = new World({
      destinations: [
        { repository: `${await silentHost()}/fleet.git`, match: { namespaces: ['stuck'] }, pacing },
        { repository: 'fleet.git', pacing },
      ],
    });
    for (const namespace of ['stuck', 'default']) {
      world.dso({ name: 'a', namespace });
      world.metric('a', 20, namespace);
    }
    await start(world);
    await vi.waitFor(() => expect(countOf(world.home, 'one', 'a')).toBe(2), 20_000);
  });

  it('to a push holds up no other, and what it said in the end is told', async () => {
    const world = new World({
      destinations: [
        { name: 'slow', repository: 'slow.git', match: { namespaces: ['slow'] }, pacing },
        { repository: 'fleet.git', pacing },
      ],
    });
    const slow = world.repository('slow.git');
    for (const namespace of ['slow', 'default']) {
      world.dso({ name: 'a', namespace });
      world.metric('a', 20, namespace);
    }
    const { ticks, changed } = await start(world);
    await vi.waitFor(() => expect([slow, world.home].every((one) => one.log().length === 2)).toBe(true), 30_000);
    const release = hang(slow);
    world.metric('a', 60, 'slow');
    changed();
    await sleep(500);
    const before = ticks.length;
    for (const value of [40, 60, 80]) {
      world.metric('a', value);
      changed();
      await vi.waitFor(() => expect(countOf(world.home, 'one', 'a')).toBe(value / 10), 20_000);
    }
    world.metric('a', 80, 'slow');
    changed();
    expect(slow.log()).toHaveLength(2);
    release();
    await vi.waitFor(() => expect(countOf(slow, 'one', 'a', 'slow')).toBe(8), 20_000);
    expect(slow.subjects().slice(0, 2)).toEqual([
      'scale slow/a 12 -> 16 (one 6 -> 8, two 6 -> 8)',
      'scale slow/a 4 -> 12 (one 2 -> 6, two 2 -> 6)',
    ]);
    const told = (): readonly TickResult[] => ticks.slice(before).filter((tick) => isCommittedTo('slow', tick));
    await vi.waitFor(() => expect(told()).toHaveLength(2), 20_000);
    // The first is told in the tick that has decided the next: that one has not landed.
    const [first] = told();
    const outcome = first?.outcomes.find(({ key }) => key === 'slow/a');
    if (!first || !outcome) throw new Error('the first push was not told');
    const standing = standingOf(outcome, new Map(first.destinations.map((one) => [one.destination.id, one])));
    expect(standing).toMatchObject({
      commit: slow.log()[1]?.id,
      state: { seq: 2 },
      waiting: [{ destination: 'slow' }],
    });
    expect([...standing.committed.values()]).toEqual([6, 6]);
  });
});

describe('the end', () => {
  const STORED = {
    namespace: 'default',
    name: 'a',
    uid: 'uid-1',
    generation: 1,
    lastCommit: null,
    replicas: 0,
    scale: 0,
    resourceVersion: '1',
    engine: null,
    counted: null,
    requestedAt: null,
  };

  /** A loop whose push hangs, with the status that it writes. */
  async function hanging(): Promise<{
    readonly world: World;
    readonly api: RecordingApi;
    readonly running: Running;
    readonly writer: StatusWriter;
    readonly release: () => void;
  }> {
    const world = new World({ destinations: [{ repository: 'fleet.git', pacing: { minInterval: '0s' } }] });
    world.dso({ name: 'a' });
    world.metric('a', 20);
    const api = new RecordingApi();
    const writer = new StatusWriter({
      api,
      isScaledByKeda: () => false,
      now: () => world.now,
      onWrite: () => undefined,
      onRefused: () => undefined,
    });
    const offer = (result: TickResult): void => {
      const stored = { ...STORED, status: new Packed(api.status), isBeingDeleted: false, foreignWriter: null };
      writer.offer({ ...result, dsos: result.dsos.map((dso) => ({ ...dso, stored })) });
    };
    const running = await start(world, offer, 4000);
    await vi.waitFor(() => expect(api.ready).toBe('Committed'), 20_000);
    const release = hang(world.home);
    world.metric('a', 60);
    running.changed();
    await vi.waitFor(() => expect(api.ready).toBe('Pushing'), 20_000);
    return { world, api, running, writer, release };
  }

  it('tells what landed meanwhile, and begins nothing new', async () => {
    const { world, api, running, writer, release } = await hanging();
    const ending = running.end();
    world.metric('a', 80);
    release();
    await ending;
    await writer.flush(new AbortController().signal);
    expect(countOf(world.home, 'one', 'a')).toBe(6);
    expect(api.status).toMatchObject({
      gitOps: { lastCommit: world.home.tip(), state: { seq: 2 } },
      memberClusterStatuses: { one: { committedReplicas: 6, desiredReplicas: 8 } },
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Delivered', reason: 'Ended' })]),
    });
    expect(api.events).toEqual(['Committed', 'Committed']);
  });

  it('is there in time where the remote is silent, and the push stays told as under way', async () => {
    const { running, api, writer, release } = await hanging();
    const begun = performance.now();
    await running.end();
    await writer.flush(new AbortController().signal);
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(api.ready).toBe('Pushing');
    release();
  });
});
