import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { wrapGit } from '../../repository/git-wrapper.ts';
import { subcommand } from '../idle.ts';
import type { Fleet } from './fleet.ts';

/** A service that starts where all is done, and then has nothing to do. */
export async function idle(fleet: Fleet, seconds: number): Promise<string> {
  const git = wrapGit(await mkdtemp(join(fleet.directory, 'git-')));
  const writesBefore = await fleet.apiWrites();
  const service = await fleet.start('10s', git.path);
  await fleet.quiet();
  const [writes, processes, cpu] = [await fleet.apiWrites(), git.argv().length, await service.cpuSeconds()];
  await sleep(seconds * 1000);
  const share = (100 * ((await service.cpuSeconds()) - cpu)) / seconds;
  const ran = git.argv().slice(processes).map(subcommand);
  const written = (await fleet.apiWrites()) - writes;
  const { peakRssMiB } = await service.stop();
  return [
    `a start with ${fleet.dsoCount} DSOs: ready after ${(service.readyMs / 1000).toFixed(1)} s, ${writes - writesBefore} API writes, peak RSS ${peakRssMiB.toFixed(0)} MiB (bound 512)`,
    `  idle for ${seconds} s: git: ${ran.join(', ') || 'none'} (bound: none but the look at the remote), ${written} API writes (bound 0), CPU ${share.toFixed(2)} % of a core (bound 1)`,
  ].join('\n');
}
