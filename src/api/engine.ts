import type { Behavior } from '../demand/behavior.ts';
import type { DemandSpec } from '../demand/spec.ts';
import { annotationProblem } from './annotations.ts';
import type { DsoManifest } from './dso.ts';
import type { DsoTrigger } from './effective.ts';
import { type Problem, show } from './problem.ts';
import type { ScaledObjectSpec } from './scaled-object.ts';

/** Who says the total: the triggers, which we evaluate, or whoever writes the subresource scale. */
export type Engine = 'builtin' | 'manual';

/** More time than this has always passed. */
const AT_ONCE_MS = -1;

/** The annotation that says which. */
export const ENGINE = 'dso-gitops.dev/engine';

const CHOICES = ['auto', 'builtin', 'manual'] as const;

/** The engine of a DSO. */
export function engineOf({ metadata, spec }: DsoManifest): {
  readonly engine: Engine;
  readonly problems: readonly Problem[];
  /** Why this version does not serve it; null: it does. */
  readonly unsupported: Problem | null;
} {
  const text = metadata.annotations?.[ENGINE] ?? 'auto';
  const chosen = CHOICES.find((choice) => choice === text);
  const problems = chosen ? [] : [annotationProblem(ENGINE, `one of ${CHOICES.join(', ')}`, text)];
  const engine = chosen === 'manual' ? chosen : 'builtin';
  return { engine, problems, unsupported: engine === 'manual' ? null : findUnsupported(spec.scaledObjectSpec) };
}

function findUnsupported({ triggers, advanced, fallback }: ScaledObjectSpec): Problem | null {
  const path = ['spec', 'scaledObjectSpec'];
  const index = triggers.findIndex(({ type }) => type !== 'kubernetes-resource');
  if (index >= 0) {
    const message = `trigger type ${show(triggers[index]?.type)} is not supported yet; the object is left alone`;
    return { path: [...path, 'triggers', index, 'type'], message };
  }
  if (!advanced?.scalingModifiers?.formula && fallback?.behavior !== 'scalingModifiers') return null;
  const message = 'scaling modifiers are not supported yet; the object is left alone';
  return { path: [...path, 'advanced', 'scalingModifiers'], message };
}

/** The number in the subresource scale of a DSO, as its one trigger. */
export function scaleTrigger(name: string): DsoTrigger {
  return {
    id: 'scale',
    resource: {
      resourceKind: 'Scale',
      resourceName: name,
      key: 'replicas',
      target: 1,
      activation: 0,
      format: 'number',
      valueLocation: null,
      valueType: 'int64',
    },
  };
}

/** How that number becomes the total: at once and as it is, within the bounds; pauses count. */
export function scaleDemand(spec: DemandSpec, trigger: DsoTrigger): DemandSpec {
  const { isScaleInPaused, isScaleOutPaused } = spec;
  const behavior: Behavior = { scaleUp: rules(isScaleOutPaused), scaleDown: rules(isScaleInPaused) };
  return {
    ...spec,
    triggers: [{ id: trigger.id, metricType: 'AverageValue', target: 1, activation: 0 }],
    idleReplicaCount: null,
    cooldownMs: AT_ONCE_MS,
    initialCooldownMs: AT_ONCE_MS,
    fallback: null,
    behavior,
    tolerance: { up: 0, down: 0 },
    ramp: null,
    isActivationForced: false,
  };
}

function rules(isPaused: boolean): Behavior['scaleUp'] {
  return { policies: [], selectPolicy: isPaused ? 'Disabled' : 'Max', stabilizationWindowSeconds: 0, tolerance: 0 };
}
