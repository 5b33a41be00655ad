import { expect, it } from 'vitest';
import { countOf, World } from './world.ts';

it('a clock that is set back is not waited for: neither for a push nor for the next look at the branch', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.metric('a', 40);
  await world.stay();
  world.now -= 3_600_000;
  const theirs = world.home.commit({ 'base/app.yaml': 'theirs\n' });
  world.metric('a', 90);
  // The tip is learnt beside the first of these.
  for (let tries = 0; tries < 20 && countOf(world.home, 'one', 'a') !== 9; tries += 1) await world.stay();
  expect(countOf(world.home, 'one', 'a')).toBe(9);
  expect(world.home.git('rev-parse', 'main~1').trim()).toBe(theirs);
  // What moved the total is told once, however often it was decided before it landed.
  expect((await world.run('verify')).out).toContain('3 decisions computed again, 0 of other rules not, 0 findings');
});
