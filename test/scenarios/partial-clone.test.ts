import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { wrapGit } from '../repository/git-wrapper.ts';
import { countOf, recordOf, World } from './world.ts';

function partial(): World {
  const large = randomBytes(300_000).toString('base64');
  const world = new World({ destinations: [{ repository: 'fleet.git', partialClone: true }] }, { 'base/large': large });
  world.home.git('config', 'uploadpack.allowFilter', 'true');
  for (const name of ['a', 'b']) {
    world.dso({ name });
    world.metric(name, 20);
  }
  return world;
}

function kilobytesOf(world: World): number {
  const cache = world.environment['DSO_GITOPS_CACHE'] ?? '';
  const [name] = readdirSync(cache);
  const counted = execFileSync('git', ['count-objects', '-v'], { cwd: join(cache, name ?? '') }).toString();
  return Number(/^size-pack: (\d+)$/m.exec(counted)?.[1]) + Number(/^size: (\d+)$/m.exec(counted)?.[1]);
}

it('a partial clone writes the same without the contents of foreign files', async () => {
  const world = partial();
  await world.tick();
  expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'b')]).toEqual([2, 2]);
  world.home.commit({ 'base/other': randomBytes(300_000).toString('base64') });
  world.restart();
  world.metric('a', 60);
  await world.tick();
  expect(recordOf(world.home, 'a')).toMatchObject({ seq: 2, total: { before: 4, after: 12 } });
  expect(kilobytesOf(world)).toBeLessThan(150);
  expect(world.home.read('base/large')).toHaveLength(400_000);
  expect((await world.run('verify')).code).toBe(0);
});

it('a partial clone fetches what it has to read in one call for the states and one for the records', async () => {
  const world = partial();
  await world.tick();
  const wrapper = wrapGit(world.repository('wrapper', null).directory);
  world.environment['PATH'] = wrapper.path;
  world.environment['DSO_GITOPS_CACHE'] = join(world.directory, 'other-cache');
  const { code, out, err } = await world.run('history', '-o', 'json');
  expect(err).toBe('');
  expect([code, (JSON.parse(out) as unknown[]).length]).toEqual([0, 2]);
  const fetches = wrapper.argv().filter((line) => / fetch /.test(line) && line.includes('--filter=blob:none'));
  expect(fetches.filter((line) => line.includes('--stdin'))).toHaveLength(2);
});
