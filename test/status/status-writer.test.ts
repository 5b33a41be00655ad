import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { DsoStatus } from '../../src/api/status.ts';
import { ProductError } from '../../src/errors.ts';
import type { TickResult } from '../../src/reconcile/outcome.ts';
import type { ForeignWriter } from '../../src/sources/hub.ts';
import { Packed } from '../../src/sources/packed.ts';
import { StatusWriter } from '../../src/status/status-writer.ts';
import { World } from '../scenarios/world.ts';
import { RecordingApi } from './recording-api.ts';

/** Ticks of one DSO: committed, nothing new, its metric gone, its metric back. */
let ticks: readonly [TickResult, TickResult, TickResult, TickResult] | undefined;
let committed: TickResult;
let quiet: TickResult;
let missing: TickResult;
let back: TickResult;

const UNREACHABLE = new ProductError('later', 'HubUnreachable', 'no answer for 30 s');

let api: RecordingApi;
const isScaledByKeda = false;
let refusals = 0;
let writer: StatusWriter;
let now: number;
let errors: string[];

beforeEach(async () => {
  refusals = 0;
  ticks ??= await makeTicks();
  [committed, quiet, missing, back] = ticks;
  api = new RecordingApi();
  now = ticks[3].now;
  errors = [];
  writer = newWriter();
});

async function makeTicks(): Promise<[TickResult, TickResult, TickResult, TickResult]> {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  const first = await world.tick();
  // State moves with time alone; here nothing at all is to move.
  world.now = first.now;
  const second = await world.tick();
  world.remove('default.a.metric.yaml');
  const third = await world.tick();
  world.metric('a', 20);
  return [first, second, third, await world.tick()];
}

function newWriter(): StatusWriter {
  return new StatusWriter({
    api,
    isScaledByKeda: () => isScaledByKeda,
    now: () => now,
    onWrite: (_key, what, error) => {
      if (error) errors.push(`${what} ${error.reason}`);
    },
    onRefused: () => {
      refusals += 1;
    },
  });
}

/** Offers a tick as a hub brings it whose watch shows this status. */
async function offer(
  tick: TickResult,
  status: unknown = api.status,
  to: StatusWriter = writer,
  foreignWriter: ForeignWriter | null = null,
): Promise<void> {
  const stored = {
    namespace: 'default',
    name: 'a',
    uid: 'uid-1',
    generation: 1,
    status: new Packed(status),
    lastCommit: null,
    replicas: 0,
    scale: 0,
    resourceVersion: '1',
    engine: null,
    counted: null,
    requestedAt: null,
    isBeingDeleted: false,
    foreignWriter,
  };
  to.offer({ ...tick, now, dsos: tick.dsos.map((dso) => ({ ...dso, stored })) });
  await settled();
}

/** Nothing here takes longer than a few turns of the loop. */
async function settled(): Promise<void> {
  await sleep(5);
}

/** The next write is under way until it is told how it ended. */
function slowWrite(): { readonly land: () => void; readonly fail: (error: Error) => void } {
  let land: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const end = new Promise<void>((resolve, reject) => {
    land = resolve;
    fail = reject;
  });
  api.before.push(() => end);
  return { land, fail };
}

it('names the commit that was told before anything was said of the DSO', async () => {
  await offer({ ...committed, outcomes: [] });
  await offer(quiet);
  expect(api.status).toMatchObject({ gitOps: { lastCommit: committed.destinations[0]?.commit } });
  expect(committed.destinations[0]?.commit).toMatch(/^[0-9a-f]{40}$/);
});

describe('two writes of one DSO', () => {
  it('come one after the other: the older one does not land after the newer one', async () => {
    await offer(committed);
    const slow = slowWrite();
    await offer(missing);
    await offer(back);
    expect([api.writes, api.ready]).toEqual([2, 'Committed']);
    slow.land();
    await settled();
    expect([api.writes, api.ready]).toEqual([3, 'Committed']);
    expect(api.events).toEqual(['Committed', 'ObjectMissing', 'Recovered']);
  });

  it('of which the older fails late leave the newer one, with the events of both', async () => {
    await offer(committed);
    const slow = slowWrite();
    await offer(missing);
    await offer(back);
    slow.fail(UNREACHABLE);
    await settled();
    now += 600_000;
    await offer(back);
    expect([api.writes, api.ready]).toEqual([3, 'Committed']);
    expect(api.events).toEqual(['Committed', 'ObjectMissing', 'Recovered']);
    expect(errors).toEqual(['status HubUnreachable']);
  });

  it('are both tried at the end', async () => {
    await offer(committed);
    const slow = slowWrite();
    await offer(missing);
    await offer(back);
    const end = writer.flush(new AbortController().signal);
    slow.land();
    await end;
    expect([api.writes, api.ready]).toEqual([3, 'Committed']);
  });
});

describe('a write that failed', () => {
  it('is tried again, once', async () => {
    api.before.push(() => Promise.reject(UNREACHABLE));
    await offer(committed);
    expect([api.writes, api.ready]).toEqual([1, undefined]);
    now += 1000;
    await offer(quiet);
    expect([api.writes, api.ready]).toEqual([2, 'Committed']);
    now += 600_000;
    await offer(quiet);
    expect(api.writes).toBe(2);
    expect(api.events).toEqual(['Committed']);
  });

  it('is tried again, and one that was removed is put right, although the clock was set back an hour', async () => {
    api.before.push(() => Promise.reject(UNREACHABLE));
    await offer(committed);
    now -= 3_600_000;
    await offer(quiet);
    expect([api.writes, api.ready]).toEqual([2, 'Committed']);
    await offer(quiet);
    now -= 3_600_000;
    api.status = undefined;
    await offer(quiet, null);
    expect([api.writes, api.ready]).toEqual([3, 'Committed']);
  });

  it('of an object that is gone says nothing and is not tried again', async () => {
    api.before.push(() => Promise.reject(new ProductError('act', 'NotFound', 'it is gone')));
    await offer(committed);
    now += 600_000;
    writer.offer({ ...quiet, outcomes: [], dsos: [] });
    await settled();
    expect([api.writes, errors]).toEqual([1, []]);
  });
});

describe('a status that is not what was written', () => {
  it('because it was removed is written again, without an event, and no more often than every 10 s', async () => {
    await offer(committed);
    await offer(quiet);
    const [before, written] = [api.status, api.writes];
    for (let round = 1; round <= 3; round += 1) {
      now += 10_000;
      api.status = undefined;
      await offer(quiet, null);
      expect([api.writes, api.status]).toEqual([written + round, before]);
      await offer(quiet, null);
      await offer(quiet);
      expect(api.writes).toBe(written + round);
    }
    expect(api.events).toEqual(['Committed']);
    api.status = undefined;
    await offer(quiet, null);
    expect(api.writes).toBe(written + 3);
  });

  it('in one part is written again as well, with the state', async () => {
    await offer(committed);
    await offer(quiet);
    const before = DsoStatus.parse(api.status);
    expect(before.gitOps?.state).toBeDefined();
    const { state: _, ...gitOps } = before.gitOps ?? {};
    now += 10_000;
    await offer(quiet, { ...before, gitOps });
    expect([api.writes, api.status]).toEqual([2, before]);
  });

  it('before the watch has shown it is written again as well', async () => {
    await offer(committed);
    const before = api.status;
    api.status = undefined;
    await offer(quiet, null);
    expect(api.writes).toBe(1);
    now += 10_000;
    await offer(quiet, null);
    expect([api.writes, api.status]).toEqual([2, before]);
  });

  it('is noticed by a process that wrote nothing itself', async () => {
    await offer(committed);
    const before = api.status;
    const next = newWriter();
    await offer(quiet, before, next);
    expect(api.writes).toBe(1);
    await offer(quiet, null, next);
    expect([api.writes, api.status]).toEqual([2, before]);
  });

  it('because the watch is behind is left alone', async () => {
    await offer(committed);
    const before = api.status;
    await offer(quiet, null);
    await offer(quiet);
    now += 15_000;
    await offer(quiet);
    expect(api.writes).toBe(1);
    await offer(missing);
    now += 100_000;
    await offer(missing, before);
    await offer(missing, before);
    expect([api.writes, api.ready]).toEqual([2, 'ObjectMissing']);
    await offer(missing);
    now += 100_000;
    await offer(missing);
    expect(api.writes).toBe(2);
  });

  it('because another process of ours wrote is left alone for a while, then put right', async () => {
    await offer(committed);
    await offer(quiet);
    const own = DsoStatus.parse(api.status);
    const other = { ...own, totalCurrentReplicas: 77 };
    await offer(quiet, other);
    now += 119_000;
    await offer(quiet, other);
    expect(api.writes).toBe(1);
    now += 1000;
    await offer(quiet, other);
    expect([api.writes, api.status]).toEqual([2, own]);
  });

  it('because another process of ours was first is taken as it is', async () => {
    await offer(committed);
    await offer(quiet);
    const own = DsoStatus.parse(api.status);
    const later = { ...own, gitOps: { ...own.gitOps, lastCommitTime: '2027-01-01T00:00:00Z' } };
    await offer(quiet, later);
    now += 600_000;
    await offer(quiet, later);
    now += 600_000;
    await offer(quiet, later);
    expect(api.writes).toBe(1);
  });
});

describe('what another controller left', () => {
  const OFF: ForeignWriter = {
    manager: 'kedify-agent',
    time: '2026-01-01T00:00:00Z',
    isTakenOver: true,
    problem: null,
  };

  it('is taken over until the watch shows nothing of it any more, also when that is cut off half way', async () => {
    await offer(committed);
    api.before.push(() => Promise.reject(new ProductError('retry', 'Conflict', 'somebody else was faster')));
    now += 10_000;
    await offer(quiet, api.status, writer, OFF);
    expect([api.writes, api.takeOvers]).toEqual([2, 1]);
    // The watch may have shown all of it by then: somebody has to look again.
    expect(refusals).toBe(1);
    await offer(quiet, api.status, writer, OFF);
    now += 10_000;
    await offer(quiet, api.status, writer, OFF);
    expect([api.writes, api.takeOvers]).toEqual([3, 2]);
    await offer(quiet, api.status, writer, OFF);
    await offer(quiet);
    now += 600_000;
    await offer(quiet);
    expect([api.writes, api.takeOvers]).toEqual([3, 2]);
  });
});
