import { expect, it } from 'vitest';
import { random } from '../random.ts';
import { recordOf, World } from '../scenarios/world.ts';

const DAYS = Number(process.env['DAYS'] ?? 3);
const SEED = Number(process.env['SEED'] ?? 7);
const EVERY_MS = 1_800_000;
const MAX_LATE_MS = 1_500_000;
const MISSED = 0.2;
/** Of runs on a machine whose clock is wrong, by up to two hours. */
const ASTRAY = 0.03;
const BEHAVIOR = {
  scaleDown: { stabilizationWindowSeconds: 3600, policies: [{ type: 'Percent', value: 40, periodSeconds: 1800 }] },
  scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 6, periodSeconds: 900 }] },
};

it(`${DAYS} days of runs by a schedule that comes late or not at all decide what a process that stays decides from the same readings`, async () => {
  process.stdout.write(`SEED=${SEED} DAYS=${DAYS}\n`);
  const chance = random(SEED);
  const [scheduled, staying] = [new World(), new World()];
  for (const world of [scheduled, staying]) {
    world.dso({ name: 'steps', behavior: BEHAVIOR });
    world.dso({ name: 'idle', annotations: {} });
  }
  let [runs, changes, missed] = [0, 0, 0];
  for (let slot = 1; slot * EVERY_MS <= DAYS * 86_400_000; slot += 1) {
    if (chance() < MISSED) {
      missed += 1;
      continue;
    }
    const astray = chance() < ASTRAY ? Math.floor((chance() - 0.5) * 4 * 3_600_000) : 0;
    const instant = Date.UTC(2026, 0, 1) + slot * EVERY_MS + Math.floor(chance() * MAX_LATE_MS) + astray;
    const values = { steps: Math.floor(chance() * 200), idle: chance() < 0.5 ? 0 : 40 };
    const before = recordOf(staying.home, 'steps')?.total.after;
    for (const world of [scheduled, staying]) {
      for (const [name, value] of Object.entries(values)) world.metric(name, value);
      world.now = instant;
    }
    scheduled.restart();
    await scheduled.tick();
    await scheduled.save();
    // One engine that stays, at the same instant.
    await staying.tick();
    runs += 1;
    for (const name of Object.keys(values)) {
      const [one, other] = [scheduled, staying].map(({ home }) => recordOf(home, name));
      expect([one?.seq, one?.total, one?.reason], `SEED=${SEED}, slot ${slot}, ${name}`).toEqual([
        other?.seq,
        other?.total,
        other?.reason,
      ]);
    }
    if (recordOf(staying.home, 'steps')?.total.after !== before) changes += 1;
  }
  process.stdout.write(`SEED=${SEED}: ${runs} runs, ${missed} missed, ${changes} changes of one total\n`);
  expect(changes).toBeGreaterThan(runs / 10);
});
