import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/cli/connect.ts';
import { runLoop } from '../../src/reconcile/loop.ts';
import { benchContext } from './bench-context.ts';
import { raise, tipOf, whenMoved } from './change.ts';
import { cloneAndPush } from './clone.ts';
import { type Fixture, filesOf, pathsOf } from './fixture.ts';
import { makeFloor, textsOf } from './floor.ts';
import { percentile } from './percentile.ts';

/** Milliseconds from the changed file to the commit at the remote: ours, bare Git's, and a clone's. */
export interface Latency {
  readonly files: number;
  readonly ours: readonly number[];
  readonly floor: readonly number[];
  readonly clone: readonly number[];
  readonly ratio: { readonly p50: number; readonly p99: number };
}

/** How often each is done. */
export interface Rounds {
  readonly samples: number;
  readonly clones: number;
}

const WARM_UPS = 20;

/** Alternates one change through the product with the same commit by bare Git in the same mirror. */
export async function measureLatency(fixture: Fixture, { samples, clones }: Rounds): Promise<Latency> {
  const context = benchContext(fixture.directory);
  const { open, engine } = await connect(fixture.configFile, {}, false, context);
  await engine.tick({ mode: 'apply', now: Date.now(), signal: context.signal });
  const paths = pathsOf({ namespace: 'team-0', name: 'web-0' }, fixture.size);
  const floor = await makeFloor(fixture, await textsOf(fixture, paths));
  const cloned: number[] = [];
  // Before the others and not between them: the repository is still in one pack, and what a clone writes slows nothing else.
  for (let index = 0; index < clones; index += 1)
    cloned.push(await cloneAndPush(floor.remote, fixture.directory, paths));
  const stop = new AbortController();
  const failures: unknown[] = [];
  const loop = runLoop({
    engine,
    open,
    now: () => Date.now(),
    onTick: () => undefined,
    onError: (error) => failures.push(error),
    onSave: (error) => {
      if (error !== null) failures.push(error);
    },
    stop: stop.signal,
    abort: new AbortController().signal,
  });
  await sleep(1000);
  const ours: number[] = [];
  const bare: number[] = [];
  for (let index = 0; index < WARM_UPS + samples; index += 1) {
    const before = tipOf(fixture.repository);
    raise(fixture, fixture.configMapFile);
    const mine = await whenMoved(fixture, before);
    const theirs = await floor.once();
    if (index < WARM_UPS) continue;
    ours.push(mine);
    bare.push(theirs);
  }
  stop.abort();
  await loop;
  if (failures.length > 0) throw failures[0];
  await rm(floor.remote, { recursive: true });
  const p50 = percentile(bare, 50);
  return {
    files: filesOf(fixture.size),
    ours,
    floor: bare,
    clone: cloned,
    ratio: { p50: percentile(ours, 50) / p50, p99: percentile(ours, 99) / p50 },
  };
}
