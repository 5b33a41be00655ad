import { rm } from 'node:fs/promises';
import { STEP, tipOf, whenMoved } from '../change.ts';
import { filesOf, pathsOf } from '../fixture.ts';
import { makeFloor, textsOf } from '../floor.ts';
import { percentile } from '../percentile.ts';
import { spread } from '../spread.ts';
import { boundedRss } from './bound.ts';
import type { Fleet } from './fleet.ts';

const WARM_UPS = 20;
/** What the way through the API server may take, in milliseconds. */
const HUB_MS = 20;
const PLACE = { namespace: 'team-0', name: 'web-0' };

/** From the answer to a PATCH of a ConfigMap to the commit at the remote; alternates with the same commit by bare Git. */
export async function latency(fleet: Fleet, samples: number): Promise<string> {
  const service = await fleet.start('0s');
  await fleet.quiet();
  const floor = await makeFloor(fleet, await textsOf(fleet, pathsOf(PLACE, fleet.size)));
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 1; round <= WARM_UPS + samples; round += 1) {
    const before = tipOf(fleet.repository);
    await fleet.setMetrics([PLACE], String(100 + round * STEP));
    const mine = await whenMoved(fleet, before);
    const theirs = await floor.once();
    if (round <= WARM_UPS) continue;
    ours.push(mine);
    bare.push(theirs);
  }
  const usage = await service.stop();
  await rm(floor.remote, { recursive: true });
  const p50 = percentile(bare, 50);
  const [median, worst] = [percentile(ours, 50), percentile(ours, 99)];
  return [
    `changed ConfigMap -> pushed commit, one DSO on ${fleet.size.members} members, ${filesOf(fleet.size)} files, pacing off:`,
    `  dso-gitops         ${spread(ours)}, p99 ${worst.toFixed(1)} ms`,
    `  bare git commands  ${spread(bare)}, p99 ${percentile(bare, 99).toFixed(1)} ms`,
    `  p50 ${median.toFixed(1)} ms (bound 2x bare git + ${HUB_MS} ms: ${(2 * p50 + HUB_MS).toFixed(1)} ms), p99 ${(worst / p50).toFixed(2)}x (bound 5); ${boundedRss(usage)}`,
  ].join('\n');
}
