import type { HubObject, Observation } from '../triggers/hub-object.ts';

/** The subresource scale of a DSO that says a number. */
export function scaleObject(namespace: string, name: string, replicas: number): HubObject {
  return { kind: 'Scale', namespace, name, data: new Map([['replicas', { kind: 'text', text: `${replicas}` }]]) };
}

/** One that says nothing that counts: what is committed stays. */
export function noScale(message: string): Observation {
  return { object: null, problem: { reason: 'NotScaled', message, since: 0, isRefused: true } };
}
