import * as z from 'zod';
import type { Lease, LeaseStore, StoredLease } from '../service/leadership.ts';
import type { ApiCall, KubernetesClient } from './client.ts';
import { asFailure, explainFailure } from './failure.ts';
import { microTime } from './micro-time.ts';

const instant = z
  .string()
  .optional()
  .transform((text) => Date.parse(text ?? '') || 0);

const StoredObject = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  spec: z
    .object({
      holderIdentity: z.string().default(''),
      leaseDurationSeconds: z.number().default(1),
      acquireTime: instant,
      renewTime: instant,
      leaseTransitions: z.number().default(0),
    })
    .prefault({}),
});

/** An answer that comes later than this is of no use: the Lease is lost by then. */
const TIMEOUT_MS = 3000;

/** Leases of a namespace of a cluster. @param end ends what is under way */
export function leaseStore(client: KubernetesClient, namespace: string, end: AbortSignal): LeaseStore {
  const all = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const call = async (doing: string, one: Omit<ApiCall, 'signal'>, tolerated: number): Promise<StoredLease | null> => {
    try {
      return leaseOf(await client.call({ ...one, signal: AbortSignal.any([end, AbortSignal.timeout(TIMEOUT_MS)]) }));
    } catch (error) {
      const failure = asFailure(error);
      if (failure.status === tolerated) return null;
      throw explainFailure(failure, doing);
    }
  };
  return {
    read: (name) => call(`read the Lease ${namespace}/${name}`, { path: `${all}/${name}` }, 404),
    write: (name, lease, replaced) =>
      call(
        `write the Lease ${namespace}/${name}`,
        {
          method: replaced ? 'PUT' : 'POST',
          path: replaced ? `${all}/${name}` : all,
          body: objectOf(name, namespace, lease, replaced?.version ?? null),
        },
        409,
      ),
  };
}

function leaseOf(answer: unknown): StoredLease {
  const { metadata, spec } = StoredObject.parse(answer);
  return {
    version: metadata.resourceVersion,
    holder: spec.holderIdentity,
    durationSeconds: spec.leaseDurationSeconds,
    acquiredAt: spec.acquireTime,
    renewedAt: spec.renewTime,
    transitions: spec.leaseTransitions,
  };
}

function objectOf(name: string, namespace: string, lease: Lease, version: string | null): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace, ...(version === null ? {} : { resourceVersion: version }) },
    spec: {
      holderIdentity: lease.holder,
      leaseDurationSeconds: lease.durationSeconds,
      acquireTime: microTime(lease.acquiredAt),
      renewTime: microTime(lease.renewedAt),
      leaseTransitions: lease.transitions,
    },
  };
}
