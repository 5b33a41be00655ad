import { expect, it } from 'vitest';
import { World } from '../../scenarios/world.ts';
import { ActionSite, dso, metric } from './action-site.ts';

/** Files below the root at the tip; times are those of each run. */
function written({ files, read }: { files: () => readonly string[]; read: (path: string) => string | null }): object {
  const own = files().filter((path) => path.startsWith('scaling/'));
  const text = (path: string): string => (read(path) ?? '').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  // What follows from the times: ids of records and milliseconds.
  const plain = (path: string): string =>
    text(path)
      .replaceAll(/\b1[67]\d{11}\b/g, 'MS')
      .replaceAll(/^previous: .*$/gm, 'previous: ID');
  return Object.fromEntries(own.sort().map((path) => [path, plain(path)]));
}

it('apply, run and the action write the same files from the same objects and history', async () => {
  const results: object[] = [];
  const values = [20, 60, 35];
  const site = await ActionSite.start();
  for (const value of values) {
    site.commit({ ...dso('b'), ...metric('a', value), ...metric('b', 2 * value) });
    expect((await site.run({ command: 'apply' })).code).toBe(0);
  }
  const { bare } = site.standIn.repository;
  results.push(written({ files: () => bare.paths(), read: (path) => bare.read(path) }));
  for (const way of ['apply', 'run'] as const) {
    const world = new World();
    for (const name of ['a', 'b']) world.dso({ name });
    for (const value of values) {
      world.metric('a', value);
      world.metric('b', 2 * value);
      // One engine that stays, at the same instants.
      if (way === 'run') await world.tick();
      else expect((await world.run('apply')).code).toBe(0);
      world.now += 60_000;
    }
    results.push(written({ files: () => world.home.paths(), read: (path) => world.home.read(path) }));
  }
  const [first, ...others] = results;
  expect(Object.keys(first ?? {}).length).toBeGreaterThan(6);
  for (const other of others) expect(other).toEqual(first);
});
