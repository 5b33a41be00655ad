import type { Behavior, PartialBehavior, PartialScalingRules } from '../demand/behavior.ts';
import { effectiveBehavior } from '../demand/behavior.ts';
import type { Ramp } from '../demand/limits.ts';
import { parseQuantity } from '../triggers/trigger-value.ts';
import type { DsoManifest } from './dso.ts';

/** The behavior of the HPA as a DSO writes it, with its defaults; null: none. */
export function behaviorOf(
  manifest: DsoManifest,
  isInPaused: boolean,
  isOutPaused: boolean,
  ramp: Ramp | null,
): Behavior | null {
  const written = manifest.spec.scaledObjectSpec.advanced?.horizontalPodAutoscalerConfig?.behavior;
  const behavior: PartialBehavior | null = written
    ? { scaleUp: rulesOf(written.scaleUp), scaleDown: rulesOf(written.scaleDown) }
    : null;
  return effectiveBehavior(behavior, isInPaused, isOutPaused, ramp !== null);
}

type WrittenRules = NonNullable<
  NonNullable<
    NonNullable<DsoManifest['spec']['scaledObjectSpec']['advanced']>['horizontalPodAutoscalerConfig']
  >['behavior']
>['scaleUp'];

function rulesOf(rules: WrittenRules): PartialScalingRules | null {
  if (!rules) return null;
  const { tolerance } = rules;
  return { ...rules, tolerance: typeof tolerance === 'string' ? parseQuantity(tolerance) : tolerance };
}
