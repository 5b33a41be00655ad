import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, established, SERVICE } from './control-plane.ts';
import { conditionOf, dsoOf, type Hub, product, startHub } from './hub.ts';
import { applyKedaCrds } from './keda.ts';
import { until } from './process.ts';
import { Service } from './service.ts';

interface ScaledObject {
  readonly metadata: {
    readonly uid: string;
    readonly generation: number;
    readonly annotations: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
  };
  readonly spec: {
    readonly scaleTargetRef: object;
    readonly minReplicaCount?: number;
    readonly maxReplicaCount: number;
    readonly advanced?: object;
  };
}

/** What KEDA does the test does here, step by step. */
let hub: Hub;
let server: ApiServer;
let service: Service;

const TRIGGERS = [{ type: 'kubernetes-workload', metadata: { podSelector: 'app=producer', value: '2' } }];

function dso(name: string, spec: object = {}, metadata: object = {}): string {
  const { scaledObjectSpec, ...rest } = spec as { scaledObjectSpec?: object };
  const manifest = JSON.parse(dsoOf(name, rest)) as { metadata: object; spec: { scaledObjectSpec: object } };
  return JSON.stringify({
    ...manifest,
    metadata: { ...manifest.metadata, ...metadata },
    spec: {
      ...manifest.spec,
      scaledObjectSpec: { ...manifest.spec.scaledObjectSpec, triggers: TRIGGERS, ...scaledObjectSpec },
    },
  });
}

const engine = (name: string) => ({ annotations: { 'dso-gitops.dev/engine': name } });

async function scaledObject(
  name: string,
  isWanted: (object: ScaledObject) => boolean = () => true,
): Promise<ScaledObject> {
  return until(`ScaledObject ${name}`, async () => {
    const found = await server.get<ScaledObject>('scaledobject', name).catch(() => null);
    return found && isWanted(found) ? found : null;
  });
}

async function gone(name: string): Promise<void> {
  await until(`no ScaledObject ${name}`, async () => {
    return (await server.kubectl('get', 'scaledobject', name, '--ignore-not-found')) === '' || null;
  });
}

/** What KEDA says of a ScaledObject. */
async function says(name: string, ready: string, active: string, message = ''): Promise<void> {
  const conditions = [
    { type: 'Ready', status: ready, reason: 'Test', message },
    { type: 'Active', status: active, reason: 'Test', message: '' },
  ];
  await server.kubectl(
    'patch',
    'scaledobject',
    name,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status: { conditions } }),
  );
}

const scale = (name: string, replicas: number) => server.kubectl('scale', `dso/${name}`, `--replicas=${replicas}`);
const told = (name: string, text: string) =>
  conditionOf(server, name, 'Ready', ({ message }) => message.includes(text));

/** Subjects of the commits that changed the overlay of the second member, the newest first. */
function commitsOf(name: string): readonly string[] {
  const path = `scaling/members/member-2/default/${name}`;
  return service.fleet.git('log', '--format=%s', 'main', '--', path).trim().split('\n');
}

/** One that KEDA scales, and has scaled. */
async function served(name: string, replicas: number, counts: readonly number[]): Promise<ScaledObject> {
  server.apply(dso(name));
  const made = await scaledObject(name);
  await says(name, 'True', 'True');
  await scale(name, replicas);
  await service.committed(counts, name);
  return made;
}

beforeAll(async () => {
  hub = await startHub();
  server = hub.server;
  server.apply(product('install', '--export', '--without-crd'), '--server-side');
  for (const file of ['cluster-role.yaml', 'cluster-role-binding.yaml'])
    server.apply(readFileSync(new URL(`../../templates/components/keda/${file}`, import.meta.url), 'utf8'));
  service = new Service(server, { user: SERVICE });
  await service.start();
  await service.ready();
});

afterAll(async () => {
  await service?.stop();
  await hub?.stop();
});

describe('without KEDA', () => {
  it('nothing is written, and the status says what to do', async () => {
    server.apply(dso('early'));
    await told('early', 'KEDA is not installed');
    expect(service.counts('early')).toEqual([null, null]);
  });

  it('a person may scale it instead, as the status says', async () => {
    server.apply(dso('instead'));
    await told('instead', 'choose another engine');
    server.apply(dso('instead', {}, engine('manual')));
    await scale('instead', 10);
    await service.committed([4, 6], 'instead');
  });

  it('it goes on as soon as it is installed', async () => {
    await applyKedaCrds(server);
    await scaledObject('early');
  }, 120_000);
});

describe('a DSO whose triggers only KEDA knows', () => {
  it('gets a ScaledObject that scales the DSO itself, with what the user wrote', async () => {
    server.apply(
      dso(
        'web',
        { scaledObjectSpec: { cooldownPeriod: 30, advanced: { restoreToOriginalReplicaCount: true } } },
        { annotations: { 'autoscaling.keda.sh/force-activation': 'false', 'example.com/other': 'x' } },
      ),
    );
    const { metadata, spec } = await scaledObject('web');
    expect(spec).toMatchObject({
      scaleTargetRef: { apiVersion: 'keda.kedify.io/v1alpha1', kind: 'DistributedScaledObject', name: 'web' },
      minReplicaCount: 0,
      maxReplicaCount: 10,
      cooldownPeriod: 30,
      triggers: TRIGGERS,
    });
    expect(spec.advanced).not.toHaveProperty('restoreToOriginalReplicaCount');
    expect(metadata.annotations).toMatchObject({ 'autoscaling.keda.sh/force-activation': 'false' });
    expect(metadata.annotations).not.toHaveProperty('example.com/other');
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'DistributedScaledObject', name: 'web' }]);
  });

  it('waits for KEDA, and then what KEDA writes is split', async () => {
    await told('web', 'KEDA did not look at its ScaledObject yet');
    // A 0 that KEDA did not mean yet.
    await says('web', 'True', 'True');
    await told('web', 'whether its triggers are active');
    expect(service.counts('web')).toEqual([null, null]);
    await scale('web', 7);
    await service.committed([3, 4], 'web');
    await scale('web', 0);
    await service.committed([0, 0], 'web');
    const { status } = await server.get<{ status: { gitOps: { engine: string } } }>('dso', 'web');
    expect(status.gitOps.engine).toBe('keda');
  });

  it('keeps its total while KEDA cannot use the ScaledObject', async () => {
    await served('broken', 5, [2, 3]);
    await says('broken', 'False', 'Unknown', 'no such pods');
    expect((await told('broken', 'no such pods')).reason).toBe('ScaledObjectNotReady');
    await scale('broken', 0);
    await scale('broken', 6);
    await says('broken', 'True', 'True');
    await service.committed([2, 4], 'broken');
    expect(commitsOf('broken')).toEqual([
      'scale default/broken 5 -> 6 (member-2 3 -> 4)',
      'scale default/broken at 5 (member-1 2, member-2 3)',
      'prepare default/broken',
    ]);
  });

  it('is brought in line when somebody edits the ScaledObject, and when the DSO changes', async () => {
    await served('edited', 5, [2, 3]);
    const patch = (what: object) =>
      server.kubectl('patch', 'scaledobject', 'edited', '--type=merge', '-p', JSON.stringify(what));
    await patch({ spec: { maxReplicaCount: 3, idleReplicaCount: 0 } });
    await scaledObject('edited', ({ spec }) => spec.maxReplicaCount === 10 && !('idleReplicaCount' in spec));
    await patch({ metadata: { annotations: { 'autoscaling.keda.sh/paused': 'true' } } });
    await scaledObject('edited', ({ metadata }) => !('autoscaling.keda.sh/paused' in metadata.annotations));
    server.apply(dso('edited', { scaledObjectSpec: { maxReplicaCount: 20 } }));
    await scaledObject('edited', ({ spec }) => spec.maxReplicaCount === 20);
    expect(service.counts('edited')).toEqual([2, 3]);
  });

  it('puts back a total that a manifest sets, and goes on with what KEDA says', async () => {
    await served('owned', 5, [2, 3]);
    server.apply(dso('owned', { totalTargetReplicas: 0 }), '--server-side', '--force-conflicts');
    await until('the total is put back', async () => {
      const { spec } = await server.get<{ spec: { totalTargetReplicas: number } }>('dso', 'owned');
      return spec.totalTargetReplicas === 5 || null;
    });
    await scale('owned', 6);
    await service.committed([2, 4], 'owned');
    expect(commitsOf('owned')[0]).toBe('scale default/owned 5 -> 6 (member-2 3 -> 4)');
  });

  it('begins again with what is committed when somebody deletes the ScaledObject', async () => {
    const made = await served('deleted', 5, [2, 3]);
    await service.stop();
    await server.kubectl('delete', 'scaledobject', 'deleted');
    // Whatever stands there now is nobody's word.
    await scale('deleted', 0);
    await service.start();
    await scaledObject('deleted', ({ metadata }) => metadata.uid !== made.metadata.uid);
    await until('the total that it begins with', async () => {
      const { spec } = await server.get<{ spec: { totalTargetReplicas: number } }>('dso', 'deleted');
      return spec.totalTargetReplicas === 5 || null;
    });
    await says('deleted', 'True', 'True');
    await scale('deleted', 6);
    await service.committed([2, 4], 'deleted');
    expect(commitsOf('deleted')[0]).toBe('scale default/deleted 5 -> 6 (member-2 3 -> 4)');
  });

  it('never touches a ScaledObject that is not its own', async () => {
    server.apply(
      JSON.stringify({
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name: 'foreign', namespace: 'default' },
        spec: { scaleTargetRef: { name: 'foreign' }, triggers: TRIGGERS },
      }),
    );
    const { metadata } = await scaledObject('foreign');
    server.apply(dso('foreign'));
    await told('foreign', 'is not one of ours');
    expect((await scaledObject('foreign')).metadata).toMatchObject({ uid: metadata.uid, generation: 1 });
  });

  it('moves nothing when its engine changes, whatever stands in scale', async () => {
    await served('moved', 5, [2, 3]);
    server.apply(dso('moved', {}, engine('manual')));
    await gone('moved');
    await service.committed([2, 3], 'moved');
    await scale('moved', 8);
    await service.committed([3, 5], 'moved');
    server.apply(dso('moved', {}, engine('keda')));
    await scaledObject('moved');
    const { spec } = await server.get<{ spec: { totalTargetReplicas: number } }>('dso', 'moved');
    expect(spec.totalTargetReplicas).toBe(8);
    await says('moved', 'True', 'True');
    await conditionOf(server, 'moved', 'Ready', ({ status }) => status === 'True');
    expect(service.counts('moved')).toEqual([3, 5]);
  });
});

describe('a workload that already runs', () => {
  it('begins with the total that a person gives, written before KEDA sees it', async () => {
    server.apply(dso('running', {}, { annotations: { 'dso-gitops.dev/initial-total': '12' } }));
    await scaledObject('running');
    const { spec } = await server.get<{ spec: { totalTargetReplicas: number } }>('dso', 'running');
    expect(spec.totalTargetReplicas).toBe(12);
    await service.committed([5, 7], 'running');
    await says('running', 'True', 'False');
    await conditionOf(server, 'running', 'Ready', ({ status }) => status === 'True');
    expect(service.counts('running')).toEqual([5, 7]);
  });
});

describe('when KEDA is removed', () => {
  it('every total stays, and is back when it is back', async () => {
    await served('left', 5, [2, 3]);
    const crd = await server.kubectl('get', 'crd', 'scaledobjects.keda.sh', '-o', 'json');
    await server.kubectl('delete', 'crd', 'scaledobjects.keda.sh');
    expect((await told('left', 'KEDA is not installed')).reason).toBe('KedaMissing');
    await scale('left', 0);
    await service.stop();
    await service.start();
    expect((await told('left', 'KEDA is not installed')).reason).toBe('KedaMissing');
    expect(service.counts('left')).toEqual([2, 3]);
    const { metadata, spec, ...rest } = JSON.parse(crd) as { metadata: { name: string }; spec: object };
    const { status: _, ...head } = rest as { status?: object };
    server.apply(
      JSON.stringify({ ...head, metadata: { name: metadata.name }, spec }),
      '--server-side',
      '--force-conflicts',
    );
    await established(server);
    await scaledObject('left');
    await says('left', 'True', 'True');
    await conditionOf(server, 'left', 'Ready', ({ status }) => status === 'True', 60_000);
    expect(service.counts('left')).toEqual([2, 3]);
  }, 180_000);
});
