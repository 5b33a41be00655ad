import { expect, it } from 'vitest';
import type { ApiCall, KubernetesClient } from '../../src/kubernetes/client.ts';
import { ApiFailure } from '../../src/kubernetes/failure.ts';
import { statusApi } from '../../src/kubernetes/status-api.ts';
import type { StoredDso } from '../../src/sources/hub.ts';
import { Packed } from '../../src/sources/packed.ts';

const DSO: StoredDso = {
  namespace: 'shop',
  name: 'web',
  uid: 'uid-1',
  generation: 1,
  status: new Packed(undefined),
  lastCommit: null,
  replicas: 0,
  scale: 0,
  resourceVersion: '1',
  engine: null,
  counted: null,
  requestedAt: null,
  isBeingDeleted: false,
  foreignWriter: null,
};
const STATUS = { totalCurrentReplicas: 4, selector: 'x', gitOps: { state: { seq: 1 } } };
const TRANSITION = { type: 'Normal', reason: 'Committed', action: 'Commit', message: '' } as const;

/** An API server that answers each call in turn. */
function server(...answers: readonly unknown[]): { readonly client: KubernetesClient; readonly calls: ApiCall[] } {
  const calls: ApiCall[] = [];
  const call = async (one: ApiCall): Promise<unknown> => {
    const answer = answers[calls.push(one) - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const stream = (): never => {
    throw new Error('nothing is watched');
  };
  return { client: { server: 'https://hub', call, stream }, calls };
}

function apiOf(client: KubernetesClient): ReturnType<typeof statusApi> {
  return statusApi(client, 'test', new AbortController().signal);
}

it('takes a status over with the whole of ours first: who is cut off after it has lost no state', async () => {
  const managers = [
    { manager: 'kubectl', operation: 'Update' },
    { manager: 'kedify-agent', operation: 'Update', subresource: 'status' },
    { manager: 'dso-gitops', operation: 'Apply', subresource: 'status' },
  ];
  const mixed = { metadata: { resourceVersion: '7', managedFields: managers }, status: { ...STATUS, other: 1 } };
  const { client, calls } = server(mixed, { ...mixed, status: STATUS });
  expect(await apiOf(client).takeOver(DSO, STATUS)).toEqual(STATUS);
  const [first, second] = calls;
  expect(first).toMatchObject({ contentType: 'application/apply-patch+yaml', query: { force: 'true' } });
  expect(first?.body).toMatchObject({ metadata: { uid: 'uid-1' }, status: STATUS });
  expect(second?.body).toEqual([
    { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
    { op: 'replace', path: '/metadata/managedFields', value: [managers[0], managers[2]] },
    { op: 'replace', path: '/status', value: STATUS },
  ]);
});

it('takes an event that a namespace refuses because it ends for one of an object that is gone', async () => {
  const message =
    'events "web-1" is forbidden: unable to create new content in namespace shop because it is being terminated';
  const { client } = server(new ApiFailure(403, 'Forbidden', message), new ApiFailure(403, 'Forbidden', 'no rights'));
  await expect(apiOf(client).record(DSO, TRANSITION, 0)).rejects.toMatchObject({ reason: 'NotFound' });
  await expect(apiOf(client).record(DSO, TRANSITION, 0)).rejects.toMatchObject({ reason: 'Forbidden' });
});
