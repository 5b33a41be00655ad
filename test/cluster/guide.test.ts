import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServer } from './control-plane.ts';
import { CONFIG_MAP, DSO, patchMetric } from './guide.ts';
import { type Hub, startHub } from './hub.ts';
import { until } from './process.ts';
import { Service } from './service.ts';

interface StoredStatus {
  readonly metadata: { readonly generation: number };
  readonly status: {
    readonly conditions: readonly { type: string; status: string; reason: string; message: string }[];
    readonly memberClusterStatuses: Readonly<Record<string, { currentReplicas: number; desiredReplicas: number }>>;
    readonly totalCurrentReplicas: number;
    readonly observedGeneration: number;
    readonly gitOps: { readonly lastCommit: string; readonly lastHandledRequestedAt?: string };
  };
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

describe('the guide, as a user types it', () => {
  it('commits 2 and 2 for 20, and nothing for the 0 before', async () => {
    hub.apply(CONFIG_MAP);
    hub.apply(DSO);
    await service.logged('FirstSight');
    const tip = service.fleet.tip();
    await hub.kubectl(...patchMetric('20'));
    await service.committed([2, 2]);
    expect(service.fleet.tip()).not.toBe(tip);
    await hub.kubectl('wait', '--for=condition=Ready', 'dso/dso-demo', '--timeout=10s');
  });

  it('prints the columns of Kedify, in their order', async () => {
    const [header, row] = (await hub.kubectl('get', 'dso')).trimEnd().split('\n');
    expect(header?.split(/\s+/)).toEqual(['NAME', 'TOTALREPLICAS', 'MEMBERS', 'READY', 'ACTIVE', 'AGE', 'PAUSED']);
    expect(row?.split(/\s+/).filter((_, index) => index !== 5)).toEqual([
      'dso-demo',
      '4/4',
      '?/2',
      'True',
      'True',
      'False',
    ]);
  });

  it('has the outcome in the status', async () => {
    const { status, metadata } = await hub.get<StoredStatus>('dso', 'dso-demo');
    expect(status.totalCurrentReplicas).toBe(4);
    expect(status.observedGeneration).toBe(metadata.generation);
    expect(status.gitOps.lastCommit).toBe(service.fleet.tip());
    expect(status.memberClusterStatuses['member-1']).toMatchObject({ currentReplicas: 2, desiredReplicas: 2 });
    expect(status.conditions.map(({ type, status: is }) => `${type} ${is}`).sort()).toEqual([
      'Confirmed Unknown',
      'Delivered True',
      'Paused False',
      'Ready True',
      'ScaledObjectActive True',
    ]);
  });

  it('answers the scale subresource', async () => {
    const path = '/apis/keda.kedify.io/v1alpha1/namespaces/default/distributedscaledobjects/dso-demo/scale';
    const scale = JSON.parse(await hub.kubectl('get', '--raw', path)) as {
      readonly status: { readonly replicas: number; readonly selector: string };
    };
    expect(scale.status.replicas).toBe(4);
    expect(scale.status.selector).toMatch(/^dso-gitops\.dev\/uid=/);
  });

  it('records an event for the commit and none for what did not change', async () => {
    const events = await until('the event', async () => {
      const { items } = await hub.get<{ items: { reason: string; involvedObject: { kind: string } }[] }>('events');
      // The API server has something to say as well.
      const ours = items.filter(({ involvedObject }) => involvedObject.kind === 'DistributedScaledObject');
      return ours.some(({ reason }) => reason === 'Committed') ? ours : null;
    });
    const reasons = events.map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === 'Committed').length).toBeLessThanOrEqual(2);
    expect(new Set(reasons)).toEqual(new Set(['FirstSight', 'Committed']));
  });

  it('evaluates now when it is asked to, and echoes it', async () => {
    await hub.kubectl('annotate', 'dso/dso-demo', 'dso-gitops.dev/requestedAt=2026-01-02T03:04:05Z');
    await until('the echo', async () => {
      const { status } = await hub.get<StoredStatus>('dso', 'dso-demo');
      return status.gitOps.lastHandledRequestedAt === '2026-01-02T03:04:05Z' ? true : null;
    });
  });

  it('keeps the numbers for abc, and says why', async () => {
    const tip = service.fleet.tip();
    await hub.kubectl(...patchMetric('abc'));
    await until('Ready False', async () => {
      const { status } = await hub.get<StoredStatus>('dso', 'dso-demo');
      const ready = status.conditions.find(({ type }) => type === 'Ready');
      return ready?.status === 'False' && ready.message.includes('abc') ? true : null;
    });
    expect(service.fleet.tip()).toBe(tip);
  });

  it('writes nothing and calls nothing while nothing changes', async () => {
    await hub.kubectl(...patchMetric('20'));
    await hub.kubectl('wait', '--for=condition=Ready', 'dso/dso-demo', '--timeout=10s');
    const before = await hub.get<{ metadata: { resourceVersion: string } }>('dso', 'dso-demo');
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    const after = await hub.get<{ metadata: { resourceVersion: string } }>('dso', 'dso-demo');
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('goes to 0 after the cooldown, across a restart, and not before', async () => {
    const start = Date.now();
    await hub.kubectl(...patchMetric('0'));
    await until('the status', async () => {
      const { status } = await hub.get<StoredStatus>('dso', 'dso-demo');
      const active = status.conditions.find(({ type }) => type === 'ScaledObjectActive');
      return active?.status === 'False' ? true : null;
    });
    expect(await service.stop()).toBe(0);
    await service.start();
    await service.committed([0, 0], 'dso-demo', 400_000);
    const seconds = (Date.now() - start) / 1000;
    process.stdout.write(`from the patch to the commit of 0: ${seconds.toFixed(1)} s (cooldown 300 s)\n`);
    expect(seconds).toBeGreaterThan(299.5);
    expect(seconds).toBeLessThan(303);
  }, 420_000);
});
