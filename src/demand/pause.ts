/** KEDA's annotations that a DSO may carry. KEDA apis/keda/v1alpha1/scaledobject_types.go. */
export const PAUSED = 'autoscaling.keda.sh/paused';
export const PAUSED_REPLICAS = 'autoscaling.keda.sh/paused-replicas';
export const PAUSED_SCALE_IN = 'autoscaling.keda.sh/paused-scale-in';
export const PAUSED_SCALE_OUT = 'autoscaling.keda.sh/paused-scale-out';
export const FORCE_ACTIVATION = 'autoscaling.keda.sh/force-activation';

/** Whether scaling stands still, and at which count. */
export type Pause =
  | { readonly kind: 'none' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'replicas'; readonly replicas: number }
  | { readonly kind: 'invalid'; readonly found: string };

type Annotations = Readonly<Record<string, string>>;

const GO_FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** A boolean annotation: absent is false, what Go cannot parse is true. KEDA getBoolAnnotation. */
export function isAnnotationSet(annotations: Annotations, name: string): boolean {
  const value = annotations[name];
  return value !== undefined && !GO_FALSE.has(value);
}

/** `paused-replicas` pauses by being there; it must be an integer >= 0. */
export function pauseOf(annotations: Annotations): Pause {
  const replicas = annotations[PAUSED_REPLICAS];
  if (replicas !== undefined) {
    const count = /^\+?\d{1,10}$/.test(replicas) ? Number(replicas) : Number.NaN;
    return count <= 2_147_483_647 ? { kind: 'replicas', replicas: count } : { kind: 'invalid', found: replicas };
  }
  return isAnnotationSet(annotations, PAUSED) ? { kind: 'paused' } : { kind: 'none' };
}

/** KEDA NeedToBePausedByAnnotation. */
export function isPaused(annotations: Annotations): boolean {
  return pauseOf(annotations).kind !== 'none';
}
