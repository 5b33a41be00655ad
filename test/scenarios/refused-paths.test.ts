import { describe, expect, it, vi } from 'vitest';
import { standingOf } from '../../src/status/standing.ts';
import { type GitWrapper, wrapGit } from '../repository/git-wrapper.ts';
import { countOf, errorsOf, overlayOf, World } from './world.ts';

const INDEX = 'scaling/members/two/default/kustomization.yaml';

const IN_THE_WAY = [
  { what: 'a link', entry: { [overlayOf('two', 'b')]: { link: 'elsewhere' } } },
  { what: 'a directory', entry: { [`${overlayOf('two', 'b')}/inner`]: 'theirs\n' } },
  { what: 'a file above', entry: { 'scaling/members/two/default/b': 'theirs\n' } },
] as const;

function importsOf(wrapper: GitWrapper): number {
  return wrapper.argv().filter((line) => line.includes('fast-import')).length;
}

describe('where nobody waits for a push', () => {
  it.each(IN_THE_WAY)('$what in the way of one DSO is told to it, and the others go on', async ({ entry }) => {
    const world = new World();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    const theirs = world.home.commit(entry);
    world.dso({ name: 'b' });
    world.metric('b', 20);
    for (const value of [60, 80]) {
      world.now += 60_000;
      world.metric('a', value);
      await world.moment(0);
      const result = await world.moment(0);
      expect(countOf(world.home, 'one', 'a')).toBe(value / 5 / 2);
      expect(errorsOf(result)).toEqual(['PathNotOurs']);
    }
    expect(countOf(world.home, 'one', 'b')).toBeNull();
    expect(world.home.git('log', '--format=%H', 'main')).toContain(theirs);
    // Without anything new no push is tried.
    const wrapper = wrapGit(world.directory);
    world.environment['PATH'] = wrapper.path;
    world.now += 60_000;
    await world.moment(0);
    expect(importsOf(wrapper)).toBe(0);
    world.home.commit(Object.fromEntries(Object.keys(entry).map((path) => [path, null])));
    world.now += 60_000;
    const next = async (): Promise<void> => {
      await world.moment(0);
      expect(countOf(world.home, 'two', 'b')).toBe(2);
    };
    await vi.waitFor(next, 10_000);
  });
});

it('many paths that are not ours take one commit, and each is told to who needs it', async () => {
  const world = new World();
  const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
  for (const name of [...names, 'fine']) {
    world.dso({ name });
    world.metric(name, 20);
  }
  world.home.commit(Object.fromEntries(names.map((name) => [overlayOf('two', name), { link: 'x' }])));
  const wrapper = wrapGit(world.directory);
  world.environment['PATH'] = wrapper.path;
  const result = await world.tick();
  expect(importsOf(wrapper)).toBe(1);
  expect(countOf(world.home, 'two', 'fine')).toBe(2);
  expect(errorsOf(result)).toEqual(['PathNotOurs']);
  expect(result.destinations[0]?.error?.message).toMatch(/default\/d0\/kustom.*; and 2 more$/);
  const byId = new Map(result.destinations.map((one) => [one.destination.id, one]));
  for (const outcome of result.outcomes) {
    const { waiting } = standingOf(outcome, byId);
    const path = overlayOf('two', outcome.key.replace('default/', ''));
    const told = { reason: 'PathNotOurs', message: expect.stringContaining(`${path} is a symbolic link`) };
    expect(waiting).toEqual(outcome.key === 'default/fine' ? [] : [expect.objectContaining(told)]);
  }
  await world.tick();
  expect(importsOf(wrapper)).toBe(1);
});

it('a race that is lost beside a refused path is run again', async () => {
  const world = new World();
  for (const name of ['a', 'b']) {
    world.dso({ name });
    world.metric(name, 20);
  }
  world.home.commit({ [overlayOf('two', 'b')]: { link: 'x' } });
  world.race(world.home, { 'base/app.yaml': 'theirs\n' });
  expect(errorsOf(await world.tick())).toEqual(['PathNotOurs']);
  expect(countOf(world.home, 'two', 'a')).toBe(2);
});

it('an index and an overlay that are not ours are refused together', async () => {
  const world = new World();
  for (const [name, namespace] of [
    ['a', 'default'],
    ['b', 'ops'],
    ['c', 'shop'],
  ] as const) {
    world.dso({ name, namespace });
    world.metric(name, 20, namespace);
  }
  world.home.commit({ [INDEX]: 'theirs\n', [overlayOf('two', 'b', 'ops')]: { link: 'x' } });
  const result = await world.tick();
  expect(countOf(world.home, 'two', 'c', 'shop')).toBe(2);
  const refused = [...(result.destinations[0]?.refused ?? [])].map(([key, { reason }]) => [key, reason]);
  expect(refused).toEqual([
    ['default/a', 'IndexNotOurs'],
    ['ops/b', 'PathNotOurs'],
  ]);
});
