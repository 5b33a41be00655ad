import type { Behavior } from '../demand/behavior.ts';
import type { DemandSpec } from '../demand/spec.ts';
import { annotationProblem } from './annotations.ts';
import type { Dso } from './effective.ts';
import type { Problem } from './problem.ts';

/**
 * Who says the total: the triggers, which we evaluate; KEDA and the HPA, which write the subresource scale; or whoever else
 * writes it.
 */
export type Engine = 'builtin' | 'keda' | 'manual';

/** More time than this has always passed. */
const AT_ONCE_MS = -1;

/** The annotation that says which. */
export const ENGINE = 'dso-gitops.dev/engine';

const CHOICES = ['auto', 'builtin', 'keda', 'manual'] as const;

/** What a person chose; auto: whoever knows the triggers. */
export type EngineChoice = (typeof CHOICES)[number];

/** What the annotation says. */
export function readEngine(annotations: Readonly<Record<string, string>>): {
  choice: EngineChoice;
  problems: readonly Problem[];
} {
  const text = annotations[ENGINE] ?? 'auto';
  const choice = CHOICES.find((one) => one === text);
  if (choice) return { choice, problems: [] };
  return { choice: 'auto', problems: [annotationProblem(ENGINE, `one of ${CHOICES.join(', ')}`, text)] };
}

/**
 * The one trigger of a DSO whose total is in its subresource scale: it counts at once and as it is; pauses count. The bounds
 * are those of `demand`.
 */
export function byScale(name: string, demand: DemandSpec): Pick<Dso, 'triggers' | 'demand'> {
  const { isScaleInPaused, isScaleOutPaused } = demand;
  const behavior: Behavior = { scaleUp: rules(isScaleOutPaused), scaleDown: rules(isScaleInPaused) };
  const [target, activation] = [1, 0];
  return {
    triggers: [
      {
        id: 'scale',
        resource: {
          resourceKind: 'Scale',
          resourceName: name,
          key: 'replicas',
          target,
          activation,
          format: 'number',
          valueLocation: null,
          valueType: 'int64',
        },
      },
    ],
    demand: {
      ...demand,
      triggers: [{ id: 'scale', metricType: 'AverageValue', target, activation }],
      idleReplicaCount: null,
      cooldownMs: AT_ONCE_MS,
      initialCooldownMs: AT_ONCE_MS,
      fallback: null,
      behavior,
      tolerance: { up: 0, down: 0 },
      ramp: null,
      isActivationForced: false,
    },
  };
}

function rules(isPaused: boolean): Behavior['scaleUp'] {
  return { policies: [], selectPolicy: isPaused ? 'Disabled' : 'Max', stabilizationWindowSeconds: 0, tolerance: 0 };
}
