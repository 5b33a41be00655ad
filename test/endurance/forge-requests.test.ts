import { expect, it } from 'vitest';
import { reviewedWorld } from '../review/reviewed-world.ts';

const DSOS = 1000;
const HOUR_MS = 3_600_000;
const BOUND = 60;
/** Beside the 15 s of a tick: more often than anything is due. */
const BETWEEN_MS = 30_000;

it(`asks GitHub at most ${BOUND} times in an hour in which nothing changes, 304 included, with ${DSOS} DSOs in one open pull request`, async () => {
  const { world, standIn } = await reviewedWorld();
  for (let index = 0; index < DSOS; index += 1) {
    world.dso({ name: `a${index}` });
    world.metric(`a${index}`, 20);
  }
  expect((await world.tick()).proposals).toMatchObject([{ step: 'create', error: null }]);
  await world.stay();
  const [api, git] = [standIn.seen.length, standIn.git.requests.length];
  const end = world.now + HOUR_MS;
  let ticks = 0;
  for (; world.now < end; ticks += 1) {
    await world.stay();
    world.now += BETWEEN_MS;
  }
  const asked = standIn.seen.length - api;
  const unchanged = standIn.seen.slice(api).filter(({ status }) => status === 304).length;
  const listed = standIn.git.requests.length - git;
  process.stdout.write(
    `${DSOS} DSOs in one pull request, ${ticks} ticks in an hour: ${asked} requests to the API (bound ${BOUND}), ${unchanged} of them 304; ${listed} of Git\n`,
  );
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThanOrEqual(BOUND);
  expect(standIn.repository.pulls).toHaveLength(1);
});
