import * as z from 'zod';
import { SCALED_OBJECT_RESOURCE, SEEDED, scaledObjectPath } from '../api/keda.ts';
import { objectKey } from '../api/names.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { isOlder } from '../kubernetes/list.ts';
import { Reflector } from '../kubernetes/reflector.ts';
import type { ObservationProblem } from '../triggers/hub-object.ts';
import type { StoredDso } from './hub.ts';

const ConditionRecord = z.object({ type: z.string(), status: z.string(), message: z.string().default('') });

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
  readonly conditions: Readonly<Record<string, { readonly status: string; readonly message: string }>>;
}

/** What is known of the ScaledObject that has the name of a DSO. */
export type ScaledObjectState =
  /** It cannot be read. */
  | { readonly kind: 'unknown'; readonly problem: ObservationProblem }
  | { readonly kind: 'absent' }
  /** It belongs to somebody else, or to an earlier DSO of the name. */
  | { readonly kind: 'foreign'; readonly owner: string | null }
  | { readonly kind: 'own'; readonly object: KeptScaledObject };

/** What the watch needs. */
export interface ScaledObjectsOptions {
  readonly client: KubernetesClient;
  readonly changed: () => void;
  readonly now: () => number;
  /** Read once and do not watch. */
  readonly isOnce: boolean;
}

/** The ScaledObjects of KEDA; they are watched only while there is a DSO that needs one. */
export class ScaledObjects {
  readonly #options: ScaledObjectsOptions;
  #watched: { readonly reflector: Reflector<KeptScaledObject>; readonly stop: AbortController } | null = null;

  constructor(options: ScaledObjectsOptions) {
    this.#options = options;
  }

  /** Watches them, or ends that. */
  need(isNeeded: boolean): void {
    if (!isNeeded) this.stop();
    else this.#watched ??= this.#watch();
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
      return {
        reason,
        message: `${message}${rights}`,
        since,
        isRefused: reason === 'Forbidden' || !reflector?.hasSynced,
      };
    }
    if (reflector?.hasSynced) return null;
    return { reason: 'NotObserved', message: 'its ScaledObject was not read yet', since, isRefused: true };
  }

  #watch(): { readonly reflector: Reflector<KeptScaledObject>; readonly stop: AbortController } {
    const reflector = new Reflector<KeptScaledObject>({
      ...this.#options,
      collection: { path: scaledObjectPath(null), name: null, form: null },
      keep: keepScaledObject,
      what: SCALED_OBJECT_RESOURCE,
    });
    const stop = new AbortController();
    reflector.start(stop.signal);
    return { reflector, stop };
  }
}

/** Why what KEDA says of a DSO does not count; null: it does. */
export function whyNotCounted(
  state: Exclude<ScaledObjectState, { kind: 'unknown' }>,
  { resourceVersion, name, scale, counted }: Pick<StoredDso, 'resourceVersion' | 'name' | 'scale' | 'counted'>,
): Pick<ObservationProblem, 'reason' | 'message'> | null {
  if (state.kind === 'absent')
    return pending('its ScaledObject is not there; dso-gitops run makes it as soon as the total is known');
  if (state.kind === 'foreign') {
    const whose = state.owner === null ? 'is not one of ours' : `belongs to ${state.owner}`;
    const message = `the ScaledObject ${name} ${whose}; delete it, or give it another name, and it is made for this object`;
    return { reason: 'ScaledObjectForeign', message };
  }
  const { conditions, annotations, isBeingDeleted } = state.object;
  if (isBeingDeleted) return pending('its ScaledObject is being deleted; it is made again when it is gone');
  // What is shown is older than the total that it began with.
  if (isOlder(resourceVersion, annotations[SEEDED] ?? null))
    return pending('the number that its ScaledObject begins with is not there yet');
  const { Ready: ready, Active: active } = conditions;
  if (ready?.status === 'False') {
    const message = `KEDA says of its ScaledObject: ${ready.message}; the total stays until it is ready`;
    return { reason: 'ScaledObjectNotReady', message };
  }
  if (ready?.status !== 'True') return pending('KEDA did not look at its ScaledObject yet; is its operator running?');
  // Before it has ever counted, 0 is a number only when KEDA found that nothing is active.
  if (scale === 0 && counted === null && active?.status !== 'False')
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
      conditions: Object.fromEntries(
        (status?.conditions ?? []).map(({ type, status: state, message }) => [type, { status: state, message }]),
      ),
    },
  ];
}
