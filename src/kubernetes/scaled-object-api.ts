import * as z from 'zod';
import { DSO_API_VERSION, DSO_KIND } from '../api/dso.ts';
import { SCALED_OBJECT_API_VERSION, scaledObjectPath } from '../api/keda.ts';
import { dsoPath } from '../api/resource.ts';
import type { ScaledObjectApi } from '../keda/scaled-object-api.ts';
import type { StoredDso } from '../sources/hub.ts';
import { FIELD_MANAGER } from '../sources/stored-dso.ts';
import type { KubernetesClient } from './client.ts';
import { writeCalls } from './write-call.ts';

const Answer = z.object({
  metadata: z.object({
    uid: z.string(),
    generation: z.number(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});
const Scaled = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

const QUERY = { fieldManager: FIELD_MANAGER };

/** ScaledObjects of KEDA, and the subresource scale of DSOs. */
export function scaledObjectApi(client: KubernetesClient, signal: AbortSignal): ScaledObjectApi {
  const call = writeCalls(client, signal);
  return {
    scale: async (dso, total) => {
      const answer = await call(`scale DistributedScaledObject ${dso.namespace}/${dso.name}`, {
        method: 'PATCH',
        path: `${dsoPath(dso.namespace)}/${dso.name}/scale`,
        query: QUERY,
        contentType: 'application/merge-patch+json',
        // Another object of the name is a conflict.
        body: { metadata: { uid: dso.uid }, spec: { replicas: total } },
      });
      return Scaled.parse(answer).metadata.resourceVersion;
    },
    create: async (dso, { spec, annotations }) => {
      const owner = { apiVersion: DSO_API_VERSION, kind: DSO_KIND, name: dso.name, uid: dso.uid, controller: true };
      const answer = await call(`create ${nameOf(dso)}`, {
        method: 'POST',
        path: scaledObjectPath(dso.namespace),
        query: QUERY,
        body: {
          apiVersion: SCALED_OBJECT_API_VERSION,
          kind: 'ScaledObject',
          metadata: {
            name: dso.name,
            namespace: dso.namespace,
            ownerReferences: [owner],
            annotations,
          },
          spec,
        },
      });
      return Answer.parse(answer).metadata;
    },
    replace: async (dso, uid, { spec, annotations }) => {
      const answer = await call(`bring ${nameOf(dso)} in line`, {
        method: 'PATCH',
        path: pathOf(dso),
        query: QUERY,
        contentType: 'application/json-patch+json',
        body: [
          // Another object of the name is a conflict.
          { op: 'replace', path: '/metadata/uid', value: uid },
          { op: 'replace', path: '/spec', value: spec },
          { op: 'add', path: '/metadata/annotations', value: annotations },
        ],
      });
      return Answer.parse(answer).metadata;
    },
    remove: async (dso, uid) => {
      await call(`delete ${nameOf(dso)}`, { method: 'DELETE', path: pathOf(dso), body: { preconditions: { uid } } });
    },
  };
}

function pathOf({ namespace, name }: StoredDso): string {
  return `${scaledObjectPath(namespace)}/${name}`;
}

function nameOf({ namespace, name }: StoredDso): string {
  return `ScaledObject ${namespace}/${name}`;
}
