import { renameSync } from 'node:fs';
import { expect, it } from 'vitest';
import { summaryOf } from '../../src/action/summary.ts';
import { reportOf } from '../../src/reconcile/report.ts';
import { TWO_REPOSITORIES, World } from '../scenarios/world.ts';

it('a summary tells what was committed alone, each with its share of the whole', async () => {
  const world = new World(TWO_REPOSITORIES);
  const second = world.repository('second.git');
  world.dso({ name: 'a' });
  renameSync(second.directory, `${second.directory}.gone`);
  world.metric('a', 20);
  const summary = summaryOf(reportOf(await world.tick()), false);
  expect(summary).toContain('| `default/a` | `one` | none -> 2 | 50 % |');
  expect(summary).not.toContain('`two`');
  expect(summary).toContain('### Not delivered');
});
