import { until } from '../../cluster/process.ts';
import { filesOf, placesOf } from '../fixture.ts';
import { boundedRss } from './bound.ts';
import type { Fleet } from './fleet.ts';

const TIMEOUT_MS = 900_000;

/** All DSOs are created at once under a running service: each is committed, and told in its status. */
export async function created(fleet: Fleet): Promise<string> {
  const places = [...placesOf(fleet.size)];
  await fleet.createMetrics('100');
  const service = await fleet.start('10s');
  const start = performance.now();
  await fleet.createDsos();
  const createdMs = performance.now() - start;
  let commits = 0;
  const countCommitted = async (): Promise<true | null> => {
    const now = await fleet.commits();
    if (now === commits) return null;
    commits = now;
    return (await fleet.countAt(places, 100)) === places.length ? true : null;
  };
  await until('all in Git', countCommitted, TIMEOUT_MS, 200);
  const committedMs = performance.now() - start;
  const areTold = async (): Promise<true | null> => {
    await fleet.quiet();
    return (await fleet.countTold(100)) === places.length ? true : null;
  };
  await until('all told', areTold, TIMEOUT_MS, 200);
  const toldMs = performance.now() - start;
  const usage = await service.stop();
  return [
    `${places.length} DSOs created at once, ${filesOf(fleet.size)} overlays:`,
    `  created in ${seconds(createdMs)}, all committed after ${seconds(committedMs)} by ${commits} commits, all told after ${seconds(toldMs)} by ${await fleet.apiWrites()} API writes`,
    `  ${boundedRss(usage)}`,
  ].join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
