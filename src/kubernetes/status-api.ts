import { DSO_API_VERSION, DSO_KIND } from '../api/dso.ts';
import { ProductError } from '../errors.ts';
import type { StoredDso } from '../sources/hub.ts';
import { FIELD_MANAGER } from '../sources/stored-dso.ts';
import type { StatusApi } from '../status/status-api.ts';
import type { ApiCall, KubernetesClient } from './client.ts';
import { asFailure, explainFailure } from './failure.ts';

const CONTROLLER = 'dso-gitops.dev/controller';

/** Status by server-side apply, events by events.k8s.io. */
export function statusApi(client: KubernetesClient, instance: string, signal: AbortSignal): StatusApi {
  const call = async (doing: string, one: Omit<ApiCall, 'signal'>): Promise<void> => {
    try {
      await client.call({ ...one, signal });
    } catch (error) {
      const failure = asFailure(error);
      // Either fields of another manager, or an object of another uid: who owns it now is seen by the watch.
      if (failure.status === 409)
        throw new ProductError('retry', 'Conflict', `cannot ${doing}: ${failure.message}`, error);
      throw explainFailure(failure, doing);
    }
  };
  return {
    apply: (dso, status) =>
      call(`write the status of ${nameOf(dso)}`, {
        method: 'PATCH',
        path: `${pathOf(dso)}/status`,
        query: { fieldManager: FIELD_MANAGER },
        contentType: 'application/apply-patch+yaml',
        body: { apiVersion: DSO_API_VERSION, kind: DSO_KIND, metadata: identityOf(dso), status },
      }),
    clear: (dso) =>
      call(`take over the status of ${nameOf(dso)}`, {
        method: 'PATCH',
        path: `${pathOf(dso)}/status`,
        query: { fieldManager: FIELD_MANAGER },
        contentType: 'application/merge-patch+json',
        body: { metadata: { uid: dso.uid }, status: null },
      }),
    record: (dso, { type, reason, action, message }, now) =>
      call(`record an event about ${nameOf(dso)}`, {
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
      }),
  };
}

function identityOf({ namespace, name, uid }: StoredDso): object {
  return { namespace, name, uid };
}

function pathOf({ namespace, name }: StoredDso): string {
  return `/apis/${DSO_API_VERSION}/namespaces/${namespace}/distributedscaledobjects/${name}`;
}

function nameOf({ namespace, name }: StoredDso): string {
  return `DistributedScaledObject ${namespace}/${name}`;
}

/** metav1.MicroTime has exactly six digits. */
function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z');
}
