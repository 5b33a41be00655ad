import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { random } from '../random.ts';
import { patchMetric } from './guide.ts';
import { dsoOf, type Hub, metricOf, startHub } from './hub.ts';
import { Service } from './service.ts';

const KILLS = 12;

let hub: Hub;
let service: Service;

beforeAll(async () => {
  hub = await startHub();
  // Without it a step of less than 10 % moves nothing, and which totals are passed depends on the kills.
  service = new Service(hub.server, { configuration: { demand: { tolerance: 0 } } });
  await service.start();
});

afterAll(async () => {
  await service?.stop();
  await hub?.stop();
});

it('killed at any moment, it neither repeats nor forgets a decision', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  process.stdout.write(`seed ${seed}\n`);
  const next = random(seed);
  const spec = {
    scaledObjectSpec: { ...(JSON.parse(dsoOf('web')) as Dso).spec.scaledObjectSpec, maxReplicaCount: 1000 },
  };
  hub.server.apply(metricOf('web', '50'));
  hub.server.apply(dsoOf('web', spec));
  await service.committed([4, 6], 'web');
  for (let round = 1; round <= KILLS; round += 1) {
    await hub.server.kubectl(...patchMetric(String(50 + round * 50), 'web'));
    await new Promise((resolve) => setTimeout(resolve, next() * 120));
    await service.stop('SIGKILL');
    await service.start();
  }
  const total = 10 + KILLS * 10;
  await service.committed([Math.round(total * 0.4), Math.round(total * 0.6)], 'web', 40_000);
  const path = 'scaling/decisions/default/web.yaml';
  const commits = service.fleet.git('log', '--format=%H', '--reverse', 'main', '--', path).trim().split('\n');
  const records = commits.map((commit) => parse(service.fleet.read(path, commit) ?? '') as Decision);
  // Each follows the one before: none twice, none in between lost, none forged from an older state.
  records.forEach((record, index) => {
    expect(record.total.before).toBe(records[index - 1]?.total.after ?? null);
    if (index > 0) expect(record.seq).toBe((records[index - 1]?.seq ?? 0) + 1);
  });
  const totals = records.map((record) => record.total.after);
  expect(totals).toEqual(totals.toSorted((one, other) => one - other));
  expect(new Set(totals).size).toBe(totals.length);
  service.fleet.git('fsck', '--strict');
}, 240_000);

interface Dso {
  readonly spec: { readonly scaledObjectSpec: object };
}

interface Decision {
  readonly seq: number;
  readonly total: { readonly before: number | null; readonly after: number };
}
