import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOf, World } from './world.ts';

/** Values of the metric at the instants of observation, five minutes apart. */
const values = fc.array(fc.constantFrom('0', '3', '20', '37', '1000', 'abc', '12'), { minLength: 3, maxLength: 6 });
const FIVE_MINUTES = 300_000;

/** The committed total after each observation. */
async function totals(
  metric: readonly string[],
  between: (world: World) => Promise<void>,
): Promise<readonly (number | null)[]> {
  const world = new World();
  world.dso({ name: 'web', members: { one: 4, two: 6 }, max: 10 });
  const start = world.now;
  const found: (number | null)[] = [];
  for (const [index, value] of metric.entries()) {
    world.metric('web', value);
    world.now = start + index * FIVE_MINUTES;
    await world.tick();
    await between(world);
    found.push(recordOf(world.home, 'web')?.total.after ?? null);
  }
  return found;
}

describe('apply from cron', () => {
  it('holds the same number as one process that stays, and one more evaluation changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (metric) => {
        const stays = await totals(metric, async () => undefined);
        const cron = await totals(metric, async (world) => {
          await world.save();
          world.restart();
        });
        const twice = await totals(metric, async (world) => {
          // At the same instant: later ones may pass a deadline.
          await world.tick({ now: world.now - 15_000 });
        });
        expect(cron).toEqual(stays);
        expect(twice).toEqual(stays);
      }),
      { numRuns: 6 },
    );
  }, 120_000);

  it('remembers what only the state ref holds: an hour-old low reading needs no second window', async () => {
    const world = new World();
    world.dso({ name: 'web', max: 10 });
    world.metric('web', 50);
    await world.tick();
    await world.save();
    world.metric('web', 5);
    world.restart();
    await world.tick();
    await world.save();
    expect(recordOf(world.home, 'web')?.total.after).toBe(10);
    world.restart();
    world.now += 3_600_000;
    await world.tick();
    expect(recordOf(world.home, 'web')?.total.after).toBe(1);
  });
});
