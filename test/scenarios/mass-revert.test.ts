import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { wrapGit } from '../repository/git-wrapper.ts';
import { verdictsOf, World } from './world.ts';

const NAMES = Array.from({ length: 30 }, (_, index) => `d${index}`);

/** Every DSO was scaled, and one commit set all of them back. */
async function revertedAll(): Promise<{ readonly world: World; readonly revert: string }> {
  const world = new World();
  for (const name of NAMES) {
    world.dso({ name });
    world.metric(name, 20);
  }
  await world.tick();
  const before = world.home.tip() ?? '';
  for (const name of NAMES) world.metric(name, 60);
  await world.tick();
  const paths = world.home.paths().filter((path) => path.startsWith('scaling/'));
  const files = Object.fromEntries(paths.map((path) => [path, world.home.read(path, before)]));
  return { world, revert: world.home.commit(files, 'main', 'Revert') };
}

function startElsewhere(world: World): void {
  world.restart();
  world.environment['DSO_GITOPS_CACHE'] += '-new';
}

it('every hold of a revert of a fleet names the commit, from few calls one after the other', async () => {
  const { world, revert } = await revertedAll();
  startElsewhere(world);
  const wrapper = wrapGit(world.directory);
  world.environment['PATH'] = wrapper.path;
  const { outcomes } = await world.tick();
  const commits = outcomes.map(({ verdict }) => verdict.kind === 'held' && verdict.commit);
  expect(commits).toEqual(NAMES.map(() => revert));
  const calls = (word: string): number => wrapper.argv().filter((line) => line.includes(word)).length;
  expect(calls('--deepen=')).toBeLessThanOrEqual(2);
  expect(calls(' log ')).toBeLessThanOrEqual(6);
});

it('resume --commit ends all of them, and says how many', async () => {
  const { world, revert } = await revertedAll();
  startElsewhere(world);
  const { code, err } = await world.run('resume', '--commit', revert);
  expect([code, err]).toEqual([0, `30 holds of commit ${revert} ended\n`]);
  expect(Object.values(verdictsOf(await world.tick())).filter((verdict) => verdict.startsWith('held'))).toEqual([]);
});

it('resume --commit fails, and names them, where the commit of a hold cannot be known', async () => {
  const { world, revert } = await revertedAll();
  // A host that has no more than the last commit itself.
  const { directory } = world.home;
  const full = join(world.directory, 'full.git');
  renameSync(directory, full);
  const how = ['--quiet', '--mirror', '--depth=1', '--no-single-branch'];
  execFileSync('git', ['clone', ...how, `file://${full}`, directory], { stdio: 'ignore' });
  startElsewhere(world);
  const { code, err } = await world.run('resume', '--commit', revert);
  expect(code).toBe(1);
  expect(err).toContain('of 30 that are held the commit is not known, they stay held: default/d0, default/d1, ');
  expect(Object.values(verdictsOf(await world.tick())).every((verdict) => verdict === 'held Reverted')).toBe(true);
});
