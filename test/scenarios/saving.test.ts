import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { standingOf } from '../../src/status/standing.ts';
import { wrapGit } from '../repository/git-wrapper.ts';
import { countOf, errorsOf, World } from './world.ts';

async function servedWorld(): Promise<World> {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  return world;
}

it('a host that limits us is left alone by states as well, and the count lands at the first try after it is well', async () => {
  const world = await servedWorld();
  world.home.hook('pre-receive', 'echo "HTTP 429 rate limit" >&2; exit 1');
  const wrapper = wrapGit(world.directory);
  world.environment['PATH'] = wrapper.path;
  const pushes = (): number => wrapper.argv().filter((line) => / push /.test(line)).length;
  const tries: number[] = [];
  for (let seconds = 0; seconds < 600 && countOf(world.home, 'one', 'a') === 2; seconds += 15) {
    world.metric('a', 60 + (seconds % 4) * 10);
    if (seconds === 225) rmSync(join(world.home.directory, 'hooks'), { recursive: true });
    const before = pushes();
    const result = await world.moment();
    await world.save({ ms: 5000, resume: () => undefined }).catch(() => undefined);
    if (pushes() > before) tries.push(seconds);
    world.now += 15_000;
    const [outcome] = result.outcomes;
    if (!outcome || countOf(world.home, 'one', 'a') !== 2) continue;
    expect(errorsOf(result), `at ${seconds} s`).toEqual(['RateLimited']);
    const byId = new Map(result.destinations.map((one) => [one.destination.id, one]));
    expect(standingOf(outcome, byId).waiting).toMatchObject([{ reason: 'RateLimited' }]);
  }
  expect(tries).toEqual([0, 60, 180, 420]);
  expect(countOf(world.home, 'one', 'a')).toBeGreaterThan(2);
});

it('a branch that refuses every push takes states, and is told as long as a decision waits for it', async () => {
  const world = await servedWorld();
  const refusal = 'case "$1" in refs/heads/main) echo "GH006: Protected branch update failed" >&2; exit 1;; esac';
  world.home.hook('update', refusal);
  const saved = new Set<string>();
  for (let round = 0; round < 4; round += 1) {
    world.metric('a', 60 + round * 10);
    expect(errorsOf(await world.moment())).toEqual(['ProtectedBranch']);
    await world.save({ ms: 5000, resume: () => undefined });
    saved.add([...world.home.refs()].join());
    world.now += 500;
    expect(errorsOf(await world.moment())).toEqual(['ProtectedBranch']);
    world.now += 15_000;
  }
  expect(saved.size).toBe(4);
});

it('what stands against a push is the reason again when the demand comes back before the next try', async () => {
  const world = await servedWorld();
  world.home.hook('pre-receive', 'echo "HTTP 429 rate limit" >&2; exit 1');
  world.metric('a', 60);
  expect(errorsOf(await world.stay())).toEqual(['RateLimited']);
  world.dso({ name: 'a', max: 4 });
  expect(errorsOf(await world.stay())).toEqual([]);
  world.dso({ name: 'a' });
  const again = await world.stay();
  expect(errorsOf(again)).toEqual(['RateLimited']);
  expect(again.destinations[0]?.waiting).toMatchObject({ reason: 'RateLimited' });
});
