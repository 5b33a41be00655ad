import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiServer } from './control-plane.ts';
import { CONFIG_MAP, DSO, patchMetric } from './guide.ts';
import { type Hub, startHub } from './hub.ts';
import { until } from './process.ts';
import { Service } from './service.ts';

interface Stored {
  readonly spec: { readonly totalTargetReplicas: number };
  readonly status: { readonly gitOps: { readonly engine: string; readonly scale?: { readonly before?: number } } };
}

let started: Hub;
let hub: ApiServer;
let service: Service;

beforeAll(async () => {
  started = await startHub();
  hub = started.server;
  service = new Service(hub);
  await service.start();
});

afterAll(async () => {
  await service?.stop();
  await started?.stop();
});

const scale = (replicas: number) => hub.kubectl('scale', 'dso/dso-demo', `--replicas=${replicas}`);
const choose = (engine: string) =>
  hub.kubectl('annotate', '--overwrite', 'dso/dso-demo', `dso-gitops.dev/engine=${engine}`);

it('what kubectl scale says is split as soon as its engine is chosen, and nothing that was said before', async () => {
  hub.apply(CONFIG_MAP);
  hub.apply(DSO);
  await hub.kubectl(...patchMetric('20'));
  await service.committed([2, 2]);
  // Its manifest has no number, and the API says 0.
  expect((await hub.get<Stored>('dso', 'dso-demo')).spec.totalTargetReplicas).toBe(0);
  await scale(9);
  await until('the number is remembered', async () => {
    return (await hub.get<Stored>('dso', 'dso-demo')).status.gitOps.scale?.before === 9 || null;
  });
  await choose('manual');
  await until('the status names the engine', async () => {
    return (await hub.get<Stored>('dso', 'dso-demo')).status.gitOps.engine === 'manual' || null;
  });
  await service.committed([2, 2]);
  await scale(7);
  await service.committed([3, 4]);
  await scale(0);
  await service.committed([0, 0]);
  await scale(6);
  await service.committed([2, 4]);
});

it('a manifest that is applied again, and a process that starts again, change nothing', async () => {
  await service.stop();
  await service.start();
  hub.apply(DSO.replace('weight: 4', 'weight: 1').replace('weight: 6', 'weight: 1'));
  await choose('manual');
  await service.committed([3, 3]);
  await choose('auto');
  await hub.kubectl(...patchMetric('40'));
  await service.committed([4, 4]);
});
