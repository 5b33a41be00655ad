import { afterAll, beforeAll, expect, it } from 'vitest';
import { FaultProxy } from './fault-proxy.ts';
import { patchMetric } from './guide.ts';
import { dsoOf, type Hub, metricOf, startHub } from './hub.ts';
import { until } from './process.ts';
import { Service } from './service.ts';

const COUNT = 600;

let hub: Hub;
let proxy: FaultProxy;
let service: Service;

beforeAll(async () => {
  hub = await startHub();
  proxy = await FaultProxy.start(hub.server);
  service = new Service(hub.server, { kubeconfig: proxy.kubeconfig() });
  const names = Array.from({ length: COUNT }, (_, index) => `web-${index}`);
  const items = names.flatMap((name) => [JSON.parse(metricOf(name, '20')), JSON.parse(dsoOf(name))] as object[]);
  hub.server.create(items);
  await service.start();
});

afterAll(async () => {
  await service?.stop();
  await proxy?.stop();
  await hub?.stop();
});

it('many DSOs are listed in pages, their ConfigMaps by one watch, and committed at once', async () => {
  await service.committed([2, 2], 'web-0', 60_000);
  await until('all of them', async () => (service.counts(`web-${COUNT - 1}`)[0] === 2 ? true : null));
  const lists = proxy.seen.filter((line) => line.startsWith('GET') && !line.includes('watch=true'));
  const pages = lists.filter((line) => line.includes('distributedscaledobjects?') && line.includes('continue='));
  expect(pages.length).toBeGreaterThan(0);
  expect(lists.filter((line) => line.includes('/api/v1/namespaces/default/configmaps'))).toEqual([]);
  expect(lists.some((line) => line.startsWith('GET /api/v1/configmaps?limit=500'))).toBe(true);
  const commits = service.fleet.git('rev-list', '--count', 'main').trim();
  process.stdout.write(`${COUNT} DSOs: ${commits} commits, the first one included\n`);
  expect(Number(commits)).toBeLessThan(5);
});

it('a change of one is one commit, of one DSO', async () => {
  const tip = service.fleet.tip();
  const start = performance.now();
  await hub.server.kubectl(...patchMetric('37', 'web-300'));
  await service.committed([3, 5], 'web-300');
  process.stdout.write(`one of ${COUNT}: ${Math.round(performance.now() - start)} ms with kubectl\n`);
  const files = service.fleet
    .git('diff', '--name-only', tip ?? '', 'main')
    .trim()
    .split('\n');
  expect(files).toHaveLength(3);
});

it('a name that is no longer wanted is forgotten, and read anew when it is wanted again', async () => {
  const point = (resourceName: string): Promise<string> => {
    const metadata = { resourceKind: 'ConfigMap', resourceName, key: 'metric-value', targetValue: '5' };
    const triggers = [{ type: 'kubernetes-resource', metadata }];
    const patch = JSON.stringify({ spec: { scaledObjectSpec: { triggers } } });
    return hub.server.kubectl('patch', 'dso', 'web-0', '--type=merge', '-p', patch);
  };
  await point('web-1');
  await until(
    'its status',
    async () => {
      const { status } = await hub.server.get<{ status: { observedGeneration: number } }>('dso', 'web-0');
      return status.observedGeneration === 2 ? true : null;
      // Those of all the others are written first.
    },
    60_000,
  );
  await hub.server.kubectl(...patchMetric('50', 'web-0'));
  await new Promise((resolve) => setTimeout(resolve, 500));
  await point('web-0');
  await service.committed([4, 6], 'web-0');
});
