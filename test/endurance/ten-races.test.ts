import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { foreignCommit } from '../repository/bare-repository.ts';
import { countOf, errorsOf, World } from '../scenarios/world.ts';

it('a writer that is always slower tries ten times, gives up for now, and loses nothing', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  const tries = join(world.home.directory, 'tries');
  const clean = 'unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_DIR';
  world.home.hook('pre-receive', `echo once more >> '${tries}'\n${clean}\n${foreignCommit(world.home, 'faster')}`);
  world.metric('a', 60);
  expect(errorsOf(await world.tick())).toEqual(['LostRace']);
  expect(readFileSync(tries, 'utf8').trim().split('\n')).toHaveLength(10);
  expect(world.home.subjects().filter((subject) => subject === 'faster')).toHaveLength(10);
  expect(countOf(world.home, 'one', 'a')).toBe(2);
  world.home.hook('pre-receive', 'exit 0');
  expect(errorsOf(await world.tick())).toEqual([]);
  expect(countOf(world.home, 'one', 'a')).toBe(6);
}, 180_000);
