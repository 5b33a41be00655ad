import type { Reading } from '../demand/reading.ts';
import type { HubSnapshot } from '../sources/hub.ts';
import type { HubObject, ObservationProblem } from '../triggers/hub-object.ts';
import { readKubernetesResource } from '../triggers/kubernetes-resource.ts';
import type { SourcedReading } from './decision.ts';
import type { PlacedDso } from './place.ts';

/** The readings of one DSO at one moment. */
export interface Observed {
  /** By trigger id. */
  readonly readings: ReadonlyMap<string, SourcedReading>;
  /** What was read, in the order of the triggers; null: an object that is not there. */
  readonly objects: readonly (HubObject | null)[];
  /** When the first of them that cannot be observed now is too old to count, epoch milliseconds; null: none. */
  readonly staleAt: number | null;
}

/** What was seen last counts for this many polling intervals after the source went silent. */
const STALE_INTERVALS = 3;

/** Reads every trigger of a DSO. */
export function observe({ dso }: PlacedDso, { lookup }: HubSnapshot, now: number): Observed {
  let staleAt: number | null = null;
  const objects: (HubObject | null)[] = [];
  const readings = dso.triggers.map(({ id, resource }): [string, SourcedReading] => {
    const { resourceKind, resourceName, key } = resource;
    const { object, problem: found } = lookup(resourceKind, dso.namespace, resourceName);
    const isGiven = object?.given?.has(key) ?? false;
    const source = `${resourceKind} ${dso.namespace}/${resourceName} key ${JSON.stringify(key)}${isGiven ? ', given' : ''}`;
    const problem = isGiven ? null : found;
    objects.push(object);
    const end = problem && problem.since + STALE_INTERVALS * dso.demand.pollingIntervalMs;
    if (problem && end !== null && (problem.isRefused || end <= now)) return [id, { source, reading: lost(problem) }];
    if (end !== null) staleAt = Math.min(staleAt ?? end, end);
    return [id, { source, reading: readKubernetesResource(resource, dso.namespace, object) }];
  });
  return { readings: new Map(readings), objects, staleAt };
}

/** Whether reading again would give the same: every object is the very same one, and can be observed. */
export function isUnchanged({ dso }: PlacedDso, { lookup }: HubSnapshot, objects: Observed['objects']): boolean {
  return dso.triggers.every(({ resource }, index) => {
    const { object, problem } = lookup(resource.resourceKind, dso.namespace, resource.resourceName);
    return problem === null && object === objects[index];
  });
}

function lost({ reason, message }: ObservationProblem): Reading {
  return { kind: 'missing', reason, message };
}

/** As if nothing was read: what is committed stands. */
export function unread(readings: Observed['readings']): Observed['readings'] {
  const message = 'not read while a hold ends: what is committed stands until then';
  const reading = { kind: 'missing', reason: 'HoldEnds', message } as const;
  return new Map([...readings].map(([trigger, { source }]) => [trigger, { source, reading }]));
}
