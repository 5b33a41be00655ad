import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dsoOf, type Hub, metricOf, startHub } from './hub.ts';
import { until } from './process.ts';
import { RawApi } from './raw-api.ts';
import { Service } from './service.ts';

const DSOS = 100;
const CHANGES = 1000;

let hub: Hub;
let api: RawApi;
let service: Service;

beforeAll(async () => {
  hub = await startHub();
  api = new RawApi(hub.server);
  service = new Service(hub.server, {
    configuration: { destinations: [{ repository: `${hub.server.path('service')}/fleet.git` }] },
  });
  const names = Array.from({ length: DSOS }, (_, index) => `web-${index}`);
  const own = names.flatMap((name) => [JSON.parse(metricOf(name, '5')), JSON.parse(dsoOf(name))] as object[]);
  const items = [...own, JSON.parse(metricOf('nobody', '5'))];
  hub.server.create(items);
  await service.start();
  await allAt(1);
  // The time between two pushes is over.
  await sleep(11_000);
});

afterAll(async () => {
  await service?.stop();
  api?.close();
  await hub?.stop();
});

function commits(): number {
  return Number(service.fleet.git('rev-list', '--count', 'main').trim());
}

function totalOf(name: string): number {
  return service.counts(name).reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

async function allAt(total: number): Promise<void> {
  await until(
    `all at ${total}`,
    async () =>
      Array.from({ length: DSOS }, (_, index) => totalOf(`web-${index}`)).every((one) => one === total) || null,
    60_000,
  );
}

describe('a thousand changes within about a second', () => {
  it('of what DSOs read are one or two commits, and the last value of each counts', async () => {
    const before = commits();
    const start = performance.now();
    await Promise.all(
      Array.from({ length: DSOS }, async (_, index) => {
        // One after the other: the last one is known.
        for (let change = 1; change <= CHANGES / DSOS; change += 1)
          await api.setMetric(`web-${index}`, String(change === CHANGES / DSOS ? 40 : 5 + change));
      }),
    );
    const tookMs = performance.now() - start;
    await allAt(8);
    process.stdout.write(`${CHANGES} changes in ${tookMs.toFixed(0)} ms: ${commits() - before} commits\n`);
    expect(commits() - before).toBeLessThanOrEqual(2 + Math.floor(tookMs / 10_000));
  });

  it('of what nobody reads change nothing, and hold up nobody', async () => {
    await sleep(11_000);
    const before = commits();
    const storm = Array.from({ length: CHANGES }, (_, change) => api.setMetric('nobody', String(change)));
    await api.setMetric('web-7', '49');
    await service.committed([4, 6], 'web-7');
    await Promise.all(storm);
    await sleep(1000);
    expect(commits() - before).toBe(1);
  });
});
