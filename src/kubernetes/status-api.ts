import * as z from 'zod';
import { DSO_API_VERSION, DSO_KIND } from '../api/dso.ts';
import { dsoPath } from '../api/resource.ts';
import type { StoredDso } from '../sources/hub.ts';
import { FIELD_MANAGER } from '../sources/stored-dso.ts';
import type { StatusApi } from '../status/status-api.ts';
import type { ApiCall, KubernetesClient } from './client.ts';
import { microTime } from './micro-time.ts';
import { writeCalls } from './write-call.ts';

const CONTROLLER = 'dso-gitops.dev/controller';

/** What of the answer to a write matters. */
const Written = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    managedFields: z
      .array(z.looseObject({ manager: z.string().optional(), subresource: z.string().optional() }))
      .default([]),
  }),
  status: z.unknown(),
});

/** Status by server-side apply, events by events.k8s.io. */
export function statusApi(client: KubernetesClient, instance: string, signal: AbortSignal): StatusApi {
  const call = writeCalls(client, signal);
  const write = async (dso: StoredDso, one: Omit<ApiCall, 'signal' | 'path'>): Promise<z.infer<typeof Written>> => {
    const doing = `write the status of ${nameOf(dso)}`;
    return Written.parse(await call(doing, { method: 'PATCH', path: `${pathOf(dso)}/status`, ...one }));
  };
  const apply = (dso: StoredDso, status: object, isForced: boolean): Promise<z.infer<typeof Written>> =>
    write(dso, {
      query: { fieldManager: FIELD_MANAGER, force: String(isForced) },
      contentType: 'application/apply-patch+yaml',
      body: { apiVersion: DSO_API_VERSION, kind: DSO_KIND, metadata: identityOf(dso), status },
    });
  return {
    apply: async (dso, status) => (await apply(dso, status, false)).status,
    takeOver: async (dso, status) => {
      const { metadata } = await apply(dso, status, true);
      const isOther = metadata.managedFields.map(
        ({ manager, subresource }) => subresource === 'status' && manager !== FIELD_MANAGER,
      );
      const written = await write(dso, {
        query: { fieldManager: FIELD_MANAGER },
        contentType: 'application/json-patch+json',
        body: [
          // A version that is not the newest is a conflict.
          { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
          // A field that both have set alike belongs to both until one of them is struck off.
          {
            op: 'replace',
            path: '/metadata/managedFields',
            value: metadata.managedFields.filter((_, at) => !isOther[at]),
          },
          { op: 'replace', path: '/status', value: status },
        ],
      });
      return written.status;
    },
    record: async (dso, { type, reason, action, message }, now) => {
      await call(`record an event about ${nameOf(dso)}`, {
        method: 'POST',
        path: `/apis/events.k8s.io/v1/namespaces/${dso.namespace}/events`,
        body: {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { generateName: `${dso.name.slice(0, 200)}-`, namespace: dso.namespace },
          eventTime: microTime(now),
          reportingController: CONTROLLER,
          reportingInstance: instance,
          type,
          reason,
          action,
          note: message,
          regarding: { apiVersion: DSO_API_VERSION, kind: DSO_KIND, ...identityOf(dso) },
        },
      });
    },
  };
}

function identityOf({ namespace, name, uid }: StoredDso): object {
  return { namespace, name, uid };
}

function pathOf({ namespace, name }: StoredDso): string {
  return `${dsoPath(namespace)}/${name}`;
}

function nameOf({ namespace, name }: StoredDso): string {
  return `DistributedScaledObject ${namespace}/${name}`;
}
