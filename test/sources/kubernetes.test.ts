import { expect, it, onTestFinished, vi } from 'vitest';
import { customResourceDefinition } from '../../src/api/crd.ts';
import { DEFAULT_DEMAND_SETTINGS } from '../../src/api/effective.ts';
import { DSO_RESOURCE, DSO_VERSION, dsoPath } from '../../src/api/resource.ts';
import { ApiFailure } from '../../src/kubernetes/failure.ts';
import { KubernetesHub } from '../../src/sources/kubernetes.ts';
import { configMap, listOf, quiet, type Script, ScriptedApi } from '../kubernetes/scripted-api.ts';
import { manifestOf } from '../scenarios/world.ts';

const SECRET = { namespace: 'keda', name: 'kubeconfigs' };
const CRD = {
  ...customResourceDefinition(),
  status: { conditions: [{ type: 'Established', status: 'True' }] },
};

/** The parts of a hub; a test replaces some. */
interface Parts {
  crds: readonly object[];
  dso: string;
  secret: object;
}

function partsOf(): Parts {
  const fieldsV1 = { 'f:data': { 'f:one-cluster.kubeconfig': {} } };
  return { crds: [CRD], dso: 'a', secret: { metadata: { ...SECRET, managedFields: [{ fieldsV1 }] } } };
}

function listOfParts({ crds, dso, secret }: Parts): Script['list'] {
  return ({ path, query }) => {
    if (path.includes('customresourcedefinitions')) return listOf('1', crds);
    if (path === dsoPath(null)) return listOf('1', [storedDso(dso)]);
    if (path.endsWith('/secrets')) return listOf('1', [secret]);
    return listOf('1', [configMap(query?.['fieldSelector']?.split('=')[1] ?? '', { value: '1' })]);
  };
}

function storedDso(name: string): object {
  return { ...manifestOf({ name }), metadata: { name, namespace: 'default', uid: name, resourceVersion: '1' } };
}

function start(api: ScriptedApi, isOnce = false): KubernetesHub {
  const hub = new KubernetesHub({
    client: api,
    demand: DEFAULT_DEMAND_SETTINGS,
    memberSecret: SECRET,
    isOnce,
    now: () => Date.now(),
  });
  hub.start(() => undefined);
  onTestFinished(() => hub.stop());
  return hub;
}

const never = new AbortController().signal;

it('is read with the members that a Secret registers', async () => {
  const hub = start(new ScriptedApi({ list: listOfParts(partsOf()), watch: quiet }));
  const { dsos, members, lookup } = await hub.read(never);
  expect(dsos.map(({ key }) => key)).toEqual(['default/a']);
  expect(members).toEqual(['one']);
  expect(lookup('ConfigMap', 'default', 'a').object?.name).toBe('a');
});

it('is not read as one without members where the Secret does not tell them', async () => {
  const parts = { ...partsOf(), secret: { metadata: SECRET } };
  const hub = start(new ScriptedApi({ list: listOfParts(parts), watch: quiet }));
  const { members, problems } = await hub.read(never);
  expect(members).toMatchObject({ reason: 'MembersUnknown', message: expect.stringContaining('its managedFields') });
  expect(problems).toMatchObject([{ where: 'hub', message: expect.stringContaining('MembersUnknown') }]);
});

it.each([true, false])('is not read with a CRD that drops what is written, read once: %s', async (isOnce) => {
  const foreign = { ...CRD, spec: { versions: [{ name: DSO_VERSION, schema: { openAPIV3Schema: {} } }] } };
  const api = new ScriptedApi({ list: listOfParts({ ...partsOf(), crds: [foreign] }), watch: quiet });
  await expect(start(api, isOnce).read(never)).rejects.toMatchObject({ reason: 'CrdOutdated' });
});

it('is read once by who may not read the CRD', async () => {
  const list: Script['list'] = (call, number) => {
    if (call.path.includes('customresourcedefinitions')) throw new ApiFailure(403, 'Forbidden', 'no');
    return listOfParts(partsOf())(call, number);
  };
  const { dsos } = await start(new ScriptedApi({ list, watch: quiet }), true).read(never);
  expect(dsos.map(({ key }) => key)).toEqual(['default/a']);
});

it('watches what DSOs name that are there when the CRD comes back', async () => {
  const parts = partsOf();
  const lost = new AbortController();
  const api = new ScriptedApi({
    list: (call, number) => listOfParts(parts)(call, number),
    watch: (call) => (call.path.includes('customresourcedefinitions') ? crdEvents(lost.signal) : quiet(call)),
  });
  const hub = start(api);
  await hub.read(never);
  parts.dso = 'b';
  lost.abort();
  await vi.waitFor(() => expect(hub.read(never)).rejects.toMatchObject({ reason: 'CrdMissing' }));
  await vi.waitFor(async () => {
    const { dsos, lookup } = await hub.read(never);
    expect(dsos.map(({ key }) => key)).toEqual(['default/b']);
    expect(lookup('ConfigMap', 'default', 'b').object?.name).toBe('b');
  });
});

it('stops to be read at once', async () => {
  const unanswered = ({ signal }: { readonly signal: AbortSignal }): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  const hub = start(new ScriptedApi({ list: unanswered, watch: quiet }));
  const stop = new AbortController();
  const read = hub.read(stop.signal);
  const begun = performance.now();
  stop.abort(new Error('SIGTERM'));
  await expect(read).rejects.toThrow('SIGTERM');
  await expect(hub.read(stop.signal)).rejects.toThrow('SIGTERM');
  expect(performance.now() - begun).toBeLessThan(1000);
});

/** The CRD is deleted, and a little later it is there again. */
async function* crdEvents(lost: AbortSignal): AsyncGenerator<unknown, void, undefined> {
  const object = (resourceVersion: string): object => ({
    ...CRD,
    metadata: { name: DSO_RESOURCE, resourceVersion },
  });
  await new Promise((resolve) => lost.addEventListener('abort', resolve, { once: true }));
  yield { type: 'DELETED', object: object('2') };
  await new Promise((resolve) => setTimeout(resolve, 300));
  yield { type: 'ADDED', object: object('3') };
  await new Promise(() => undefined);
}
