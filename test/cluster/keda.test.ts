import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dsoPath } from '../../src/api/resource.ts';
import { parseRecord } from '../../src/manifests/record.ts';
import { tipOf } from '../bench/change.ts';
import type { ApiServer } from './control-plane.ts';
import { dsoOf, type Hub, metricOf, startHub } from './hub.ts';
import { Keda, kedaCertificates } from './keda.ts';
import { until } from './process.ts';
import { RawApi } from './raw-api.ts';
import { Service } from './service.ts';

/** Longer than any step of KEDA and the HPA here takes. */
const PATIENCE_MS = 90_000;

/** KEDA and the HPA decide in the same way as we do, and as quickly as they can. */
const QUICK = {
  pollingInterval: 1,
  cooldownPeriod: 5,
  advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } } },
};

let hub: Hub;
let server: ApiServer;
let api: RawApi;
let keda: Keda;
let service: Service;

beforeAll(async () => {
  const certificates = kedaCertificates(join(mkdtempSync(join(tmpdir(), 'dso-gitops-keda-')), 'certificates'));
  hub = await startHub(certificates.apiServerArgs);
  server = hub.server;
  api = new RawApi(server);
  keda = await Keda.start(server, certificates);
  service = new Service(server);
  await service.start();
  await service.ready();
}, 180_000);

afterAll(async () => {
  api?.close();
  await service?.stop();
  await keda?.stop();
  await hub?.stop();
});

function withSpec(manifest: string, scaledObjectSpec: object, annotations: object = {}): string {
  const { metadata, spec, ...rest } = JSON.parse(manifest) as {
    metadata: object;
    spec: { scaledObjectSpec: object };
  };
  return JSON.stringify({
    ...rest,
    metadata: { ...metadata, annotations },
    spec: { ...spec, scaledObjectSpec: { ...spec.scaledObjectSpec, ...scaledObjectSpec } },
  });
}

/** So many Pods that produce work; nothing has to run in them. */
async function producers(count: number): Promise<void> {
  const pods = Array.from({ length: count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `producer-${index}`, namespace: 'default', labels: { app: 'producer' } },
    spec: { containers: [{ name: 'main', image: 'none' }] },
  }));
  await server.kubectl('delete', 'pods', '-l', 'app=producer', '--grace-period=0', '--force');
  for (const pod of pods) server.apply(JSON.stringify(pod));
}

async function totalOf(name: string): Promise<number> {
  const { spec } = JSON.parse(await api.get(`${dsoPath('default')}/${name}`)) as {
    readonly spec: { readonly totalTargetReplicas: number };
  };
  return spec.totalTargetReplicas;
}

it('commits the split of what KEDA and the HPA say of a trigger that only they know', async () => {
  const triggers = [{ type: 'kubernetes-workload', metadata: { podSelector: 'app=producer', value: '2' } }];
  server.apply(withSpec(dsoOf('worker'), { ...QUICK, triggers }));
  await producers(8);
  await service.committed([2, 2], 'worker', PATIENCE_MS);
  await producers(14);
  await service.committed([3, 4], 'worker', PATIENCE_MS);
  expect(await totalOf('worker')).toBe(7);
  await producers(0);
  await service.committed([0, 0], 'worker', PATIENCE_MS);
}, 300_000);

it('keeps the total while KEDA and the HPA stand still, and goes on when they do', async () => {
  await producers(8);
  await service.committed([2, 2], 'worker', PATIENCE_MS);
  keda.signal('SIGSTOP');
  await producers(2);
  await sleep(10_000);
  expect(service.counts('worker')).toEqual([2, 2]);
  keda.signal('SIGCONT');
  await service.committed([0, 1], 'worker', PATIENCE_MS);
}, 300_000);

it('comes to the same totals as KEDA and the HPA for the same values', async () => {
  server.apply(metricOf('ours', '0'));
  // The twin reads the same ConfigMap.
  server.apply(withSpec(dsoOf('ours'), QUICK));
  const { scaledObjectSpec } = (JSON.parse(dsoOf('ours')) as { spec: { scaledObjectSpec: { triggers: object[] } } })
    .spec;
  const { triggers } = scaledObjectSpec;
  server.apply(withSpec(dsoOf('twin'), { ...QUICK, triggers }, { 'dso-gitops.dev/engine': 'keda' }));
  const oursAt = (total: number): boolean => {
    const counts = service.counts('ours');
    return (
      counts.every((count) => count !== null) && counts.reduce<number>((sum, one) => sum + (one ?? 0), 0) === total
    );
  };
  const decidedAt = (): number => {
    return Date.parse(parseRecord(service.fleet.read('scaling/decisions/default/ours.yaml') ?? '')?.time ?? '');
  };
  /** A look at the branch costs nothing beside what is measured: files are read at a new tip. */
  const isCommitted = (total: number): (() => Promise<boolean>) => {
    let seen = '';
    return async () => {
      const tip = tipOf(service.fleet.directory);
      const isNew = tip !== seen;
      seen = tip;
      return isNew && oursAt(total);
    };
  };
  for (const [value, total] of [
    ['20', 4],
    ['37', 8],
    ['12', 3],
    ['0', 0],
    ['49', 10],
    ['500', 10],
  ] as const) {
    await api.setMetric('ours', value);
    const [start, patchedAt] = [performance.now(), Date.now()];
    const took = async (what: string, everyMs: number, isThere: () => Promise<boolean>): Promise<number> => {
      await until(what, async () => ((await isThere()) ? true : null), PATIENCE_MS, everyMs);
      return performance.now() - start;
    };
    const [ours, theirs] = await Promise.all([
      took(`our total ${total}`, 1, isCommitted(total)),
      took(`their total ${total}`, 50, async () => (await totalOf('twin')) === total),
    ]);
    const decidedMs = decidedAt() - patchedAt;
    // What is decided already is no decision.
    const decided = decidedMs < 0 ? '' : `decided ${decidedMs} ms and `;
    process.stdout.write(
      `value ${value}, total ${total}: ${decided}committed ${ours.toFixed(0)} ms after the patch; KEDA and the HPA ${(theirs / 1000).toFixed(1)} s\n`,
    );
    await service.committed(service.counts('ours').map(Number), 'twin', PATIENCE_MS);
  }
}, 600_000);
