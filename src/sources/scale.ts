import * as z from 'zod';
import type { HubObject, Observation } from '../triggers/hub-object.ts';

const Scaled = z.object({ spec: z.object({ totalTargetReplicas: z.int32().min(0) }) });

/** `spec.totalTargetReplicas` of a DSO; null: it is left out. */
export function replicasIn(object: unknown): number | null {
  return Scaled.safeParse(object).data?.spec.totalTargetReplicas ?? null;
}

/** The subresource scale of a DSO that says a number. */
export function scaleObject(namespace: string, name: string, replicas: number): HubObject {
  return { kind: 'Scale', namespace, name, data: new Map([['replicas', { kind: 'text', text: `${replicas}` }]]) };
}

/** One that says nothing that counts: what is committed stays. */
export function noScale(message: string): Observation {
  return { object: null, problem: { reason: 'NotScaled', message, since: 0, isRefused: true } };
}
