import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conditionOf, dsoOf, type Hub, metricOf, startHub } from './hub.ts';
import { RawApi } from './raw-api.ts';
import { Service } from './service.ts';

const HOUR_MS = 3_600_000;

/** The clock of the process is what a file says away from that of the machine. */
const MOVED_CLOCK = `
import { readFileSync } from 'node:fs';
const real = Date.now;
Date.now = () => real() + Number(readFileSync(process.env.CLOCK_FILE, 'utf8'));
`;

let hub: Hub;
let api: RawApi;
let service: Service;

function moveClock(ms: number): void {
  writeFileSync(hub.server.path('clock'), String(ms));
}

beforeAll(async () => {
  hub = await startHub();
  moveClock(0);
  api = new RawApi(hub.server);
  service = new Service(hub.server, {
    env: {
      CLOCK_FILE: hub.server.path('clock'),
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(MOVED_CLOCK)}`,
    },
  });
  await service.start();
  await service.ready();
});

afterAll(async () => {
  await service?.stop();
  api?.close();
  await hub?.stop();
});

/** One whose total falls as soon as its metric does. */
function atOnce(): string {
  const manifest = JSON.parse(dsoOf('web')) as { spec: { scaledObjectSpec: object } };
  const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
  const scaledObjectSpec = {
    ...manifest.spec.scaledObjectSpec,
    advanced: { horizontalPodAutoscalerConfig: { behavior } },
  };
  return JSON.stringify({ ...manifest, spec: { ...manifest.spec, scaledObjectSpec } });
}

it('a clock that is moved by an hour, and back, lowers nothing', async () => {
  const { server } = hub;
  server.apply(metricOf('web', '20'));
  server.apply(atOnce());
  await service.committed([2, 2], 'web');
  moveClock(HOUR_MS);
  await api.setMetric('web', '37');
  await service.committed([3, 5], 'web');
  // An hour behind what was decided last.
  moveClock(0);
  await api.setMetric('web', '5');
  const ready = await conditionOf(server, 'web', 'Ready', ({ reason }) => reason === 'ClockSkew');
  expect(ready.message).toContain('nothing is lowered');
  await service.stop();
  await service.start();
  await service.ready();
  expect(service.counts('web')).toEqual([3, 5]);
  // What rises may rise.
  await api.setMetric('web', '49');
  await service.committed([4, 6], 'web');
});
