import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { READER, startControllers } from './control-plane.ts';
import { patchMetric } from './guide.ts';
import { conditionOf, dsoOf, type Hub, metricOf, type StoredDso, startHub } from './hub.ts';
import { type Running, until } from './process.ts';
import { Service } from './service.ts';

let hub: Hub;
let service: Service;
let controllers: Running;

beforeAll(async () => {
  hub = await startHub();
  const { server } = hub;
  controllers = startControllers(server, 'namespace,garbagecollector');
  service = new Service(server);
  await service.start();
  await service.ready();
});

afterAll(async () => {
  await service?.stop();
  await controllers?.stop('SIGKILL');
  await hub?.stop();
});

/** Applies a DSO and its metric, and waits for the commit. */
async function scaled(name: string, value: string, counts: readonly number[]): Promise<void> {
  hub.server.apply(metricOf(name, value));
  hub.server.apply(dsoOf(name));
  await service.committed(counts, name);
}

describe('what the API server refuses, with the name of the field', () => {
  const spec = (change: object): object => change;
  const member = (change: object): object => ({ memberClusters: [{ name: 'member-1', weight: 1, ...change }] });

  it.each([
    ['a weight below 0', member({ weight: -1 }), 'spec.memberClusters[0].weight'],
    ['a weight that is a text', member({ weight: 'four' }), 'spec.memberClusters[0].weight'],
    ['a member twice', spec({ memberClusters: [{ name: 'a' }, { name: 'a' }] }), 'spec.memberClusters[1]'],
    ['weight 0 on all', member({ weight: 0 }), 'expected a weight above 0 on at least one member'],
    ['minReplicas above maxReplicas', member({ minReplicas: 3, maxReplicas: 2 }), 'minReplicas must be at most'],
    [
      'a duration that is none',
      spec({ rebalancingPolicy: { gracePeriod: 'soon' } }),
      'spec.rebalancingPolicy.gracePeriod',
    ],
  ])('%s', async (_what, change, expected) => {
    expect(() => hub.server.apply(dsoOf('refused', change))).toThrow(expected);
    expect(await hub.server.kubectl('get', 'dso', 'refused', '--ignore-not-found')).toBe('');
  });

  it('minReplicaCount above maxReplicaCount, and a trigger without a target', () => {
    const manifest = (change: object): string => {
      const dso = JSON.parse(dsoOf('refused')) as { spec: { scaledObjectSpec: object } };
      dso.spec.scaledObjectSpec = { ...dso.spec.scaledObjectSpec, ...change };
      return JSON.stringify(dso);
    };
    expect(() => hub.server.apply(manifest({ minReplicaCount: 11 }))).toThrow('minReplicaCount must be at most');
    const metadata = { resourceKind: 'ConfigMap', resourceName: 'x', key: 'k' };
    const triggers = [{ type: 'kubernetes-resource', metadata }];
    expect(() => hub.server.apply(manifest({ triggers }))).toThrow('targetValue must be a number above 0');
    expect(() => hub.server.apply(manifest({ triggers: [] }))).toThrow('spec.scaledObjectSpec.triggers');
  });
});

/** One with a trigger that is not known here. */
function ofKafka(name: string, engine: string): string {
  const manifest = JSON.parse(dsoOf(name)) as { metadata: object; spec: { scaledObjectSpec: { triggers: object[] } } };
  manifest.spec.scaledObjectSpec.triggers = [{ type: 'kafka', metadata: {} }];
  const annotations = { 'dso-gitops.dev/engine': engine };
  return JSON.stringify({ ...manifest, metadata: { ...manifest.metadata, annotations } });
}

describe('what gets past the CRD and cannot be served', () => {
  it('is Stalled with the reason, and the others go on', async () => {
    hub.server.apply(dsoOf('unknown-member', { memberClusters: [{ name: 'member-3' }] }));
    const stalled = await conditionOf(hub.server, 'unknown-member', 'Stalled', ({ status }) => status === 'True');
    expect(stalled.reason).toBe('UnknownMember');
    expect(stalled.message).toContain('known: member-1, member-2');
    // Without KEDA; where that may be asked it is said that it is missing.
    hub.server.apply(ofKafka('other-trigger', 'builtin'));
    expect((await conditionOf(hub.server, 'other-trigger', 'Stalled', () => true)).reason).toBe('Unsupported');
    hub.server.apply(ofKafka('of-keda', 'auto'));
    await conditionOf(hub.server, 'of-keda', 'Ready', ({ message }) => message.includes('KEDA is not installed'));
    await scaled('goes-on', '20', [2, 2]);
  });

  it('takes all known members where none is named', async () => {
    hub.server.apply(metricOf('all-members', '20'));
    hub.server.apply(dsoOf('all-members', { memberClusters: [] }));
    await service.committed([2, 2], 'all-members');
  });
});

describe('the ConfigMap', () => {
  it('is waited for, by name and key', async () => {
    hub.server.apply(dsoOf('late'));
    const missing = await conditionOf(hub.server, 'late', 'ScaledObjectActive', () => true);
    expect(missing.status).not.toBe('True');
    hub.server.apply(JSON.stringify({ ...JSON.parse(metricOf('late', '0')), data: { other: '1' } }));
    hub.server.apply(metricOf('late', '37'));
    await service.committed([3, 5], 'late');
  });

  it('that is deleted lowers nothing, and the status says what it waits for', async () => {
    await scaled('deleted-metric', '20', [2, 2]);
    await hub.server.kubectl('delete', 'configmap', 'deleted-metric');
    const ready = await conditionOf(hub.server, 'deleted-metric', 'Ready', ({ status }) => status === 'False');
    expect(ready.reason).toBe('ObjectMissing');
    expect(ready.message).toContain('create it with key "metric-value"');
    expect(service.counts('deleted-metric')).toEqual([2, 2]);
    hub.server.apply(metricOf('deleted-metric', '37'));
    await service.committed([3, 5], 'deleted-metric');
  });

  it('without the key lowers nothing', async () => {
    await scaled('lost-key', '20', [2, 2]);
    await hub.server.kubectl(
      'patch',
      'configmap',
      'lost-key',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/data/metric-value"}]',
    );
    expect((await conditionOf(hub.server, 'lost-key', 'Ready', ({ status }) => status === 'False')).reason).toBe(
      'KeyMissing',
    );
    expect(service.counts('lost-key')).toEqual([2, 2]);
  });

  it('may be a Secret, whose text is nowhere', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hidden', namespace: 'default' } };
    hub.server.apply(JSON.stringify({ ...secret, stringData: { 'metric-value': '20' } }));
    const dso = dsoOf('hidden').replace('"resourceKind":"ConfigMap"', '"resourceKind":"Secret"');
    hub.server.apply(dso);
    await service.committed([2, 2], 'hidden');
    hub.server.apply(JSON.stringify({ ...secret, stringData: { 'metric-value': 'hunter2-is-no-number' } }));
    await conditionOf(hub.server, 'hidden', 'Ready', ({ status }) => status === 'False');
    const everything = JSON.stringify(await hub.server.get('dso,events', '-A')) + JSON.stringify(service.log());
    expect(everything).not.toContain('hunter2');
    expect(service.fleet.git('log', '-p')).not.toContain('hunter2');
  });
});

describe('what happens while a commit is pushed', () => {
  /** Every push takes a second. */
  function slowPushes(): () => void {
    const hook = join(service.fleet.directory, 'hooks/pre-receive');
    service.fleet.git('config', 'core.hooksPath', 'hooks');
    writeFileSync(hook, '#!/bin/sh\nsleep 1\n');
    chmodSync(hook, 0o755);
    return () => writeFileSync(hook, '#!/bin/sh\n');
  }

  it('a change of the DSO is not lost, one that is deleted keeps its numbers', async () => {
    await scaled('changed-meanwhile', '20', [2, 2]);
    await scaled('deleted-meanwhile', '20', [2, 2]);
    mkdirSync(join(service.fleet.directory, 'hooks'), { recursive: true });
    const restore = slowPushes();
    try {
      await hub.server.kubectl(...patchMetric('50', 'changed-meanwhile'));
      await hub.server.kubectl(...patchMetric('50', 'deleted-meanwhile'));
      await new Promise((resolve) => setTimeout(resolve, 300));
      const bound = JSON.stringify({ spec: { scaledObjectSpec: { maxReplicaCount: 5 } } });
      await hub.server.kubectl('patch', 'dso', 'changed-meanwhile', '--type=merge', '-p', bound);
      await hub.server.kubectl('delete', 'dso', 'deleted-meanwhile');
      await service.committed([2, 3], 'changed-meanwhile');
    } finally {
      restore();
    }
    const total = service.counts('deleted-meanwhile').reduce<number>((sum, count) => sum + (count ?? 0), 0);
    expect([4, 10]).toContain(total);
    await scaled('after-deletion', '20', [2, 2]);
  });
});

function finalizers(names: readonly string[] | null): string {
  return JSON.stringify({ metadata: { finalizers: names } });
}

describe('a namespace', () => {
  it('that is deleted keeps the numbers in Git, and stops nobody', async () => {
    await hub.server.kubectl('create', 'namespace', 'doomed');
    hub.server.apply(metricOf('web', '20', 'doomed'));
    hub.server.apply(dsoOf('web', {}, 'doomed'));
    await until('the commit', async () => (service.counts('web', 'doomed')[0] === 2 ? true : null));
    // While it ends, what the DSO does is still told: its status, and no event any more.
    await hub.server.kubectl(
      'patch',
      'dso',
      'web',
      '-n',
      'doomed',
      '--type=merge',
      '-p',
      finalizers(['example.com/wait']),
    );
    await hub.server.kubectl('delete', 'namespace', 'doomed', '--wait=false');
    // Whichever of the two the server deletes first, the DSO or its metric: what stays is that the DSO is being deleted.
    await until('the end of the DSO', async () => {
      const { conditions } = (await hub.server.get<StoredDso>('dso', 'web', '-n', 'doomed')).status ?? {};
      return conditions?.some(({ type, reason }) => type === 'Ready' && reason === 'BeingDeleted') ? true : null;
    });
    await hub.server.kubectl('patch', 'dso', 'web', '-n', 'doomed', '--type=merge', '-p', finalizers(null));
    await hub.server.kubectl('wait', '--for=delete', 'namespace/doomed', '--timeout=60s');
    await scaled('after-namespace', '20', [2, 2]);
    expect(service.counts('web', 'doomed')).toEqual([2, 2]);
    expect(service.log().filter(({ msg }) => msg === 'not written to the hub')).toEqual([]);
  });
});

describe('a DSO that is deleted and made again', () => {
  it('goes on from what is committed', async () => {
    await scaled('again', '20', [2, 2]);
    await hub.server.kubectl('delete', 'dso', 'again');
    await hub.server.kubectl('delete', 'configmap', 'again');
    hub.server.apply(dsoOf('again'));
    await conditionOf(hub.server, 'again', 'Ready', ({ reason }) => reason === 'ObjectMissing');
    expect(service.counts('again')).toEqual([2, 2]);
  });
});

describe('a status that somebody removed', () => {
  it('is written again, as it was', async () => {
    await scaled('wiped', '20', [2, 2]);
    await conditionOf(hub.server, 'wiped', 'Ready', ({ status }) => status === 'True');
    const before = await withoutState('wiped');
    const none = ['--subresource=status', '--type=merge', '-p', '{"status":null}'];
    expect(await hub.server.kubectl('patch', 'dso', 'wiped', ...none)).toContain('patched');
    await conditionOf(hub.server, 'wiped', 'Ready', ({ status }) => status === 'True');
    expect(await withoutState('wiped')).toEqual(before);
  });
});

/** The status without what moves with time alone, which has to be there. */
async function withoutState(name: string): Promise<object> {
  const { status } = await hub.server.get<StoredDso>('dso', name);
  const { state, ...gitOps } = status?.gitOps ?? {};
  expect(state).toMatchObject({ seq: 1, hasRecord: true });
  return { ...status, gitOps };
}

describe('two controllers', () => {
  it('are noticed, said, and ended by a person', async () => {
    await scaled('twice', '20', [2, 2]);
    const foreign = JSON.stringify({
      status: { totalCurrentReplicas: 9, selector: 'kedify=twice', membersHealthyCount: 2, membersTotalCount: 2 },
    });
    const asAgent = ['--subresource=status', '--field-manager=kedify-agent', '--type=merge', '-p', foreign];
    await hub.server.kubectl('patch', 'dso', 'twice', ...asAgent);
    const stalled = await conditionOf(hub.server, 'twice', 'Stalled', ({ status }) => status === 'True');
    expect(stalled.reason).toBe('ForeignStatusWriter');
    expect(stalled.message).toContain('DSO_ENABLED=false');
    const tip = service.fleet.tip();
    await hub.server.kubectl(...patchMetric('50', 'twice'));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(service.fleet.tip()).toBe(tip);
    const { status } = await hub.server.get<StoredDso>('dso', 'twice');
    expect(status?.totalCurrentReplicas).toBe(9);
    const now = new Date(Date.now() + 1000).toISOString();
    await hub.server.kubectl('annotate', 'dso', 'twice', `dso-gitops.dev/take-over=${now}`);
    await service.committed([4, 6], 'twice');
    await conditionOf(hub.server, 'twice', 'Ready', (condition) => condition.status === 'True');
    const { status: taken, metadata } = await until('nothing of the other', async () => {
      const dso = await hub.server.get<StoredDso>('dso', 'twice', '--show-managed-fields');
      return dso.metadata.managedFields?.some(({ manager }) => manager === 'kedify-agent') ? null : dso;
    });
    expect(taken?.totalCurrentReplicas).toBe(10);
    expect(taken?.conditions?.map(({ type }) => type)).not.toContain('Stalled');
    expect(Object.keys(taken ?? {})).not.toContain('membersHealthyCount');
    expect(metadata.managedFields?.filter(({ subresource }) => subresource === 'status')).toMatchObject([
      { manager: 'dso-gitops', operation: 'Apply' },
    ]);
    await hub.server.kubectl(...patchMetric('20', 'twice'));
    await conditionOf(hub.server, 'twice', 'ScaledObjectActive', (condition) => condition.status === 'True');
  });

  it('are noticed again when the other one goes on', async () => {
    await scaled('thrice', '20', [2, 2]);
    await hub.server.kubectl('annotate', 'dso', 'thrice', `dso-gitops.dev/take-over=${new Date().toISOString()}`);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const foreign = JSON.stringify({ status: { membersHealthyCount: 2 } });
    const asAgent = ['--subresource=status', '--field-manager=kedify-agent', '--type=merge', '-p', foreign];
    await hub.server.kubectl('patch', 'dso', 'thrice', ...asAgent);
    await conditionOf(hub.server, 'thrice', 'Stalled', ({ reason }) => reason === 'ForeignStatusWriter');
  });
});

describe('with read-only rights', () => {
  it('plan, explain and status answer from the hub', async () => {
    const role = [
      [
        'create',
        'clusterrole',
        'dso-reader',
        '--verb=list,watch,get',
        '--resource=distributedscaledobjects,configmaps,secrets',
      ],
      ['create', 'clusterrolebinding', 'dso-reader', '--clusterrole=dso-reader', '--group=readers'],
    ];
    for (const args of role) await hub.server.kubectl(...args);
    await scaled('readable', '20', [2, 2]);
    const plan = await service.cli(['plan', 'default/readable', '-o', 'json'], READER);
    expect(JSON.parse(plan.out).dsos[0]).toMatchObject({ verdict: 'same', total: { committed: 4, decided: 4 } });
    const explain = await service.cli(['explain', 'default/readable'], READER);
    expect(explain.out).toContain('20');
    const status = await service.cli(['status', 'default/readable', '-o', 'json'], READER);
    expect(JSON.parse(status.out)[0]).toMatchObject({ committed: 4, decided: 4 });
    const apply = await service
      .cli(['plan', 'default/readable'], { name: 'nobody', user: 'nobody', groups: [] })
      .catch(() => null);
    expect(apply?.code ?? 1).not.toBe(0);
  });
});

describe('the command line beside the service', () => {
  it('is noticed soon: what it committed and wrote is not overwritten', async () => {
    const guarded = new Service(
      hub.server,
      { configuration: { firstSight: 'wait', owner: 'beside' } },
      hub.server.path('beside'),
    );
    await service.stop();
    await guarded.start();
    await guarded.ready();
    hub.server.apply(metricOf('beside', '20'));
    hub.server.apply(dsoOf('beside'));
    await conditionOf(hub.server, 'beside', 'Ready', ({ reason }) => reason === 'AdoptionPending');
    expect((await guarded.cli(['apply', 'default/beside', '--adopt', 'default/beside=6'])).code).toBe(0);
    await hub.server.kubectl('delete', 'configmap', 'beside');
    await conditionOf(hub.server, 'beside', 'Ready', ({ reason }) => reason === 'ObjectMissing');
    const { status } = await hub.server.get<StoredDso>('dso', 'beside');
    expect(status?.totalCurrentReplicas).toBe(6);
    expect((await guarded.cli(['hold', 'default/beside', '--reason', 'quiet'])).code).toBe(0);
    await conditionOf(hub.server, 'beside', 'Held', (condition) => condition.status === 'True');
    hub.server.apply(metricOf('beside', '50'));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(guarded.counts('beside')).toEqual([2, 4]);
    expect((await guarded.cli(['resume', 'default/beside'])).code).toBe(0);
    await guarded.committed([4, 6], 'beside');
    await guarded.stop();
  });
});
