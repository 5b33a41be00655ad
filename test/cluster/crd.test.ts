import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyCrd, conditionOf, dsoOf, type Hub, metricOf, product, type StoredDso, startHub } from './hub.ts';
import { kedifyCrd } from './kedify-crd.ts';
import { until } from './process.ts';
import { Service } from './service.ts';

let hub: Hub;
let service: Service;

beforeAll(async () => {
  hub = await startHub([], false);
  service = new Service(hub.server);
  await service.start();
});

afterAll(async () => {
  await service?.stop();
  await hub?.stop();
});

/** What the service says it waits for. */
async function waitsFor(text: string): Promise<string> {
  return until(`not ready: ${text}`, async () => {
    const probe = await service.probe('/readyz');
    if (probe.status !== 503 || !probe.text.includes(text)) throw new Error(`${probe.status} ${probe.text}`);
    return probe.text;
  });
}

describe('the CRD', () => {
  it('that is missing is waited for, and how to apply it is said', async () => {
    expect(await waitsFor('does not know DistributedScaledObjects')).toContain(
      'dso-gitops crd | kubectl apply --server-side',
    );
    expect((await service.probe('/livez')).status).toBe(200);
    expect((await service.cli(['plan'])).out).toContain('dso-gitops crd | kubectl apply');
  });

  it("that is Kedify's is waited for, and DSOs that are there are left alone", async () => {
    await applyCrd(hub.server, kedifyCrd());
    hub.server.apply(metricOf('web', '20'));
    hub.server.apply(dsoOf('web'));
    // Ours refuses it; what is stored already stays.
    hub.server.apply(dsoOf('below-zero', { memberClusters: [{ name: 'member-1', weight: -1 }] }));
    expect(await waitsFor('is not the one of dso-gitops')).toContain('ours is a superset');
    expect(service.counts('web')).toEqual([null, null]);
    expect((await hub.server.get<StoredDso>('dso', 'web')).status).toBeUndefined();
  });

  it('of ours is taken up at once', async () => {
    await applyCrd(hub.server, product('crd'));
    await service.committed([2, 2], 'web');
    await service.ready();
    const stalled = await conditionOf(hub.server, 'below-zero', 'Stalled', ({ status }) => status === 'True');
    expect(stalled.reason).toBe('InvalidSpec');
  });

  it('that is removed lowers nothing, and is waited for again', async () => {
    await hub.server.kubectl('delete', 'crd', 'distributedscaledobjects.keda.kedify.io');
    await waitsFor('does not know DistributedScaledObjects');
    expect(service.counts('web')).toEqual([2, 2]);
    await applyCrd(hub.server, product('crd'));
    hub.server.apply(dsoOf('web'));
    hub.server.apply(metricOf('web', '37'));
    await service.committed([3, 5], 'web');
  });
});
