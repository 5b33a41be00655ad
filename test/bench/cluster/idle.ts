import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { wrapGit } from '../../repository/git-wrapper.ts';
import { subcommand } from '../idle.ts';
import { bounded, boundedRss } from './bound.ts';
import type { Fleet } from './fleet.ts';

/** A service that starts where all is done, and then has nothing to do. */
export async function idle(fleet: Fleet, seconds: number): Promise<string> {
  const git = wrapGit(await mkdtemp(join(fleet.directory, 'git-')));
  const writesBefore = await fleet.apiWrites();
  const service = await fleet.start('10s', git.path);
  await fleet.quiet();
  const [writes, processes, cpu] = [await fleet.apiWrites(), git.argv().length, service.cpuSeconds()];
  await sleep(seconds * 1000);
  const share = (100 * (service.cpuSeconds() - cpu)) / seconds;
  const ran = git.argv().slice(processes).map(subcommand);
  const written = (await fleet.apiWrites()) - writes;
  const usage = await service.stop();
  const others = ran.filter((word) => word !== 'ls-remote').length;
  return [
    `a start with ${fleet.dsoCount} DSOs: ready after ${(service.readyMs / 1000).toFixed(1)} s, ${writes - writesBefore} API writes, ${boundedRss(usage)}`,
    `  idle for ${seconds} s: git: ${ran.join(', ') || 'none'}, beside the look at the remote ${bounded(others, 0)}; API writes ${bounded(written, 0)}; CPU ${share.toFixed(2)} % of a core (bound 1)`,
  ].join('\n');
}
