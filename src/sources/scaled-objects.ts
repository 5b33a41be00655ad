import * as z from 'zod';
import { DSO_KIND } from '../api/dso.ts';
import { SCALED_OBJECT_RESOURCE, SEEDED, SEEDED_AT, scaledObjectPath } from '../api/keda.ts';
import { objectKey } from '../api/names.ts';
import { isOlder } from '../kubernetes/list.ts';
import { type Begun, Reflector } from '../kubernetes/reflector.ts';
import type { ObservationProblem } from '../triggers/hub-object.ts';
import type { StoredDso } from './hub.ts';
import type { WatchOptions } from './watched-objects.ts';

const ConditionRecord = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
});

const Stored = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    generation: z.number().default(0),
    annotations: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
    ownerReferences: z
      .array(z.object({ kind: z.string(), name: z.string(), uid: z.string(), controller: z.boolean().optional() }))
      .default([]),
  }),
  status: z.object({ conditions: z.array(ConditionRecord).nullish() }).nullish(),
});

/** What is kept of a ScaledObject. */
export interface KeptScaledObject {
  readonly uid: string;
  readonly generation: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly isBeingDeleted: boolean;
  /** Who controls it, such as `DistributedScaledObject web`; null: nobody. */
  readonly owner: { readonly what: string; readonly uid: string } | null;
  /** Conditions of KEDA by type: True, False or Unknown, and why. */
  readonly conditions: Readonly<Record<string, Omit<z.infer<typeof ConditionRecord>, 'type'>>>;
}

/** What is known of the ScaledObject that has the name of a DSO. */
export type ScaledObjectState =
  /** It cannot be read. */
  | { readonly kind: 'unknown'; readonly problem: ObservationProblem }
  | { readonly kind: 'absent' }
  /** It belongs to somebody else, or to an earlier DSO of the name. */
  | { readonly kind: 'foreign'; readonly owner: string | null }
  | { readonly kind: 'own'; readonly object: KeptScaledObject };

/** The ScaledObjects of KEDA; they are watched only while there is a DSO that needs one. */
export class ScaledObjects {
  readonly #options: WatchOptions;
  #watched: Begun<KeptScaledObject> | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Watches them, or ends that as soon as there is none of ours left to be removed. */
  need(isNeeded: boolean): void {
    if (isNeeded) this.#watched ??= this.#watch();
    else if (!this.#hasOwn) this.stop();
  }

  get #hasOwn(): boolean {
    const objects = [...(this.#watched?.reflector.items.values() ?? [])];
    return objects.some(({ owner }) => owner?.what.startsWith(`${DSO_KIND} `) === true);
  }

  get isWatched(): boolean {
    return this.#watched !== null;
  }

  /** Resolves when they were read, or cannot be. */
  async settled(): Promise<void> {
    await this.#watched?.reflector.settled();
  }

  /** Ends the watch. */
  stop(): void {
    this.#watched?.stop.abort();
    this.#watched = null;
  }

  /** What is known of the one of a DSO. */
  of({ namespace, name, uid }: Pick<StoredDso, 'namespace' | 'name' | 'uid'>): ScaledObjectState {
    const reflector = this.#watched?.reflector;
    const problem = this.#problemOf(reflector);
    if (problem) return { kind: 'unknown', problem };
    const object = reflector?.items.get(objectKey(namespace, name));
    if (!object) return { kind: 'absent' };
    if (object.owner?.uid === uid) return { kind: 'own', object };
    return { kind: 'foreign', owner: object.owner?.what ?? null };
  }

  #problemOf(reflector: Reflector<KeptScaledObject> | undefined): ObservationProblem | null {
    const { now } = this.#options;
    const since = reflector?.failingSince ?? now();
    const problem = reflector?.problem ?? null;
    if (problem?.reason === 'NotFound') {
      const message = `KEDA is not installed in the hub: it does not know ${SCALED_OBJECT_RESOURCE}; install it, or choose another engine with the annotation dso-gitops.dev/engine`;
      return { reason: 'KedaMissing', message, since, isRefused: true };
    }
    if (problem) {
      const { reason, message } = problem;
      const rights = reason === 'Forbidden' ? '; its rights are in the component templates/components/keda' : '';
      // What was seen before may have been no number that counts: it is not held on to.
      return { reason, message: `${message}${rights}`, since, isRefused: true };
    }
    if (reflector?.hasSynced) return null;
    return { reason: 'NotObserved', message: 'its ScaledObject was not read yet', since, isRefused: true };
  }

  #watch(): Begun<KeptScaledObject> {
    return new Reflector<KeptScaledObject>({
      ...this.#options,
      collection: { path: scaledObjectPath(null), name: null, form: null },
      keep: keepScaledObject,
      what: SCALED_OBJECT_RESOURCE,
    }).begin();
  }
}

/** Whether there may be one that writes our number: where KEDA is not installed there is none. */
export function mayBeThere(state: ScaledObjectState): boolean {
  return state.kind === 'unknown' ? state.problem.reason !== 'KedaMissing' : state.kind === 'own';
}

/** A DSO whose number KEDA writes. */
export type ScaledDso = Pick<StoredDso, 'resourceVersion' | 'name' | 'replicas' | 'scale' | 'counted'>;

/** Why what KEDA says of a DSO does not count; null: it does. */
export function whyNotCounted(
  state: Exclude<ScaledObjectState, { kind: 'unknown' }>,
  dso: ScaledDso,
): Pick<ObservationProblem, 'reason' | 'message'> | null {
  if (state.kind === 'absent')
    return pending('its ScaledObject is not there; dso-gitops run makes it as soon as the total is known');
  if (state.kind === 'foreign') {
    const whose = state.owner === null ? 'is not one of ours' : `belongs to ${state.owner}`;
    const message = `the ScaledObject ${dso.name} ${whose}; delete it, or give it another name, and it is made for this object`;
    return { reason: 'ScaledObjectForeign', message };
  }
  const { object } = state;
  if (object.isBeingDeleted) return pending('its ScaledObject is being deleted; it is made again when it is gone');
  // What is shown is older than the total that it was given.
  if (isOlder(dso.resourceVersion, object.annotations[SEEDED_AT] ?? null))
    return pending('the number that its ScaledObject was given is not there yet');
  if (isOverwritten(object, dso))
    return pending(
      'spec.totalTargetReplicas was written by somebody else than KEDA and the HPA, and is put back; leave it out of the manifest',
    );
  return whyNotReady(object, dso);
}

/** Why a person's number does not count yet: KEDA may write another one; null: it does. */
export function whyNotOver({ kind }: ScaledObjectState): Pick<ObservationProblem, 'reason' | 'message'> | null {
  return kind === 'own' ? pending('its ScaledObject is not deleted yet') : null;
}

/** Whether the number is of somebody who did not write it through the subresource scale, and another one than what was there. */
export function isOverwritten(
  { annotations }: KeptScaledObject,
  { scale, replicas, counted }: Pick<ScaledDso, 'scale' | 'replicas' | 'counted'>,
): boolean {
  // What it was given counts as long as nothing else did.
  const known = counted === null ? annotations[SEEDED] : `${counted}`;
  return scale === null && `${replicas}` !== known;
}

function whyNotReady(
  { conditions: { Ready: ready, Active: active } }: KeptScaledObject,
  { replicas, counted }: ScaledDso,
): Pick<ObservationProblem, 'reason' | 'message'> | null {
  if (ready?.status === 'False') {
    const message = `KEDA says of its ScaledObject: ${ready.message}; the total stays until it is ready`;
    return { reason: 'ScaledObjectNotReady', message };
  }
  // Of several triggers some fail: the HPA goes on with the others, and lowers nothing meanwhile.
  const isPartial = ready?.status === 'Unknown' && ready.reason === 'PartialTriggerError';
  if (ready?.status !== 'True' && !isPartial)
    return pending('KEDA did not look at its ScaledObject yet; is its operator running?');
  // Before it has ever counted, 0 is a number only when KEDA found that nothing is active.
  if (replicas === 0 && counted === null && active?.status !== 'False')
    return pending('KEDA did not say yet whether its triggers are active');
  return null;
}

function pending(message: string): Pick<ObservationProblem, 'reason' | 'message'> {
  return { reason: 'ScaledObjectPending', message };
}

function keepScaledObject(value: unknown): readonly [string, KeptScaledObject] | null {
  const parsed = Stored.safeParse(value);
  if (!parsed.success) return null;
  const { metadata, status } = parsed.data;
  const { uid, generation, annotations } = metadata;
  const controller = metadata.ownerReferences.find((one) => one.controller === true);
  return [
    objectKey(metadata.namespace, metadata.name),
    {
      uid,
      generation,
      annotations,
      isBeingDeleted: metadata.deletionTimestamp !== undefined,
      owner: controller ? { what: `${controller.kind} ${controller.name}`, uid: controller.uid } : null,
      conditions: Object.fromEntries((status?.conditions ?? []).map(({ type, ...condition }) => [type, condition])),
    },
  ];
}
