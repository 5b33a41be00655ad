import { DSO_API_VERSION, DSO_KIND } from './dso.ts';
import type { ScaledObjectSpec } from './scaled-object.ts';

/** As the API of KEDA calls it. */
export const SCALED_OBJECT_API_VERSION = 'keda.sh/v1alpha1';

/** Name of the CRD of KEDA. */
export const SCALED_OBJECT_RESOURCE = 'scaledobjects.keda.sh';

/** The annotations of a ScaledObject that say which number its DSO was given last, and at which version of it that was there. */
export const SEEDED = 'dso-gitops.dev/seeded';
export const SEEDED_AT = 'dso-gitops.dev/seeded-at';

/** Of KEDA, in seconds. */
const DEFAULT_COOLDOWN = 300;

/** Annotations that KEDA and the HPA look at. */
const OF_KEDA = /^(autoscaling|scaledobject)\.keda\.sh\//;

/** Path of the ScaledObjects of a namespace; null: of all. */
export function scaledObjectPath(namespace: string | null): string {
  const place = namespace === null ? '' : `/namespaces/${namespace}`;
  return `/apis/${SCALED_OBJECT_API_VERSION}${place}/scaledobjects`;
}

/** What a ScaledObject has that scales a DSO. */
export interface ScaledObjectContent {
  readonly spec: object;
  /** Those that KEDA looks at. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** The ScaledObject of a DSO: what the user wrote, with the DSO itself as the target. */
export function scaledObjectOf(
  name: string,
  annotations: Readonly<Record<string, string>>,
  spec: ScaledObjectSpec,
): ScaledObjectContent {
  const { restoreToOriginalReplicaCount: _, ...advanced } = spec.advanced ?? {};
  // A ScaledObject that is new forgets when it was active last: what runs is given the whole cooldown.
  const initialCooldownPeriod = Math.max(spec.initialCooldownPeriod ?? 0, cooldownOf(spec));
  return {
    spec: {
      ...spec,
      initialCooldownPeriod,
      scaleTargetRef: { apiVersion: DSO_API_VERSION, kind: DSO_KIND, name },
      // Deleting one scales nothing.
      ...(spec.advanced && { advanced }),
    },
    annotations: ofKeda(annotations),
  };
}

/** How long KEDA waits without activity before it scales to zero, in seconds. */
export function cooldownOf({ cooldownPeriod }: ScaledObjectSpec): number {
  return cooldownPeriod ?? DEFAULT_COOLDOWN;
}

/** Those of an object that KEDA looks at. */
export function ofKeda(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => OF_KEDA.test(name)));
}

/** All others of an object. */
export function notOfKeda(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !OF_KEDA.test(name)));
}
