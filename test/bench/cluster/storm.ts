import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../cluster/process.ts';
import { STEP } from '../change.ts';
import { placesOf } from '../fixture.ts';
import { bounded, boundedRss } from './bound.ts';
import type { Fleet } from './fleet.ts';

/** Longer than the time between two pushes. */
const PACED_MS = 11_000;
const TIMEOUT_MS = 120_000;

/** So many ConfigMaps change as fast as the API server takes it, with the pacing that is the default. */
export async function storm(fleet: Fleet, changes: number): Promise<string> {
  const places = [...placesOf(fleet.size)].slice(-changes);
  const service = await fleet.start('10s');
  await fleet.quiet();
  await sleep(PACED_MS);
  const before = await fleet.commits();
  const start = performance.now();
  await fleet.setMetrics(places, String(100 + STEP));
  const changedMs = performance.now() - start;
  const isDone = async (): Promise<true | null> =>
    (await fleet.countAt(places, 100 + STEP)) === places.length ? true : null;
  await until('all changes in Git', isDone, TIMEOUT_MS);
  const doneMs = performance.now() - start;
  const commits = (await fleet.commits()) - before;
  const usage = await service.stop();
  return `${changes} ConfigMaps changed within ${(changedMs / 1000).toFixed(1)} s: all committed after ${(doneMs / 1000).toFixed(1)} s by ${bounded(commits, 2, ' commits')}, ${boundedRss(usage)}`;
}
