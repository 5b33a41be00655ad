/** One rate limit of the HPA: at most `value` pods or percent within `periodSeconds`. */
export interface ScalingPolicy {
  readonly type: 'Pods' | 'Percent';
  readonly value: number;
  readonly periodSeconds: number;
}

/** Rules of one direction, complete. */
export interface ScalingRules {
  /** Empty: no limit. The API refuses an empty list, so only a default that is switched off is empty. */
  readonly policies: readonly ScalingPolicy[];
  readonly selectPolicy: 'Max' | 'Min' | 'Disabled';
  /** null: the controller's default, 300 s downwards. */
  readonly stabilizationWindowSeconds: number | null;
  /** null: the global tolerance. */
  readonly tolerance: number | null;
}

/** Rules as a user writes them: what is missing gets the default, field by field. */
export interface PartialScalingRules {
  readonly policies?: readonly ScalingPolicy[] | null | undefined;
  readonly selectPolicy?: 'Max' | 'Min' | 'Disabled' | null | undefined;
  readonly stabilizationWindowSeconds?: number | null | undefined;
  readonly tolerance?: number | null | undefined;
}

/** `behavior` as a user writes it. */
export interface PartialBehavior {
  readonly scaleUp?: PartialScalingRules | null | undefined;
  readonly scaleDown?: PartialScalingRules | null | undefined;
}

/** `behavior` with both directions complete. */
export interface Behavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

/** kube-controller-manager --horizontal-pod-autoscaler-downscale-stabilization. */
export const DOWNSCALE_WINDOW_SECONDS = 300;

/** Defaults of scaleUp: Kubernetes pkg/apis/autoscaling/v2/defaults.go GenerateHPAScaleUpRules. */
export function scaleUpRules(rules: PartialScalingRules | null | undefined): ScalingRules {
  return {
    policies: rules?.policies ?? [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
    selectPolicy: rules?.selectPolicy ?? 'Max',
    stabilizationWindowSeconds: rules?.stabilizationWindowSeconds ?? 0,
    tolerance: rules?.tolerance ?? null,
  };
}

/** Defaults of scaleDown: Kubernetes pkg/apis/autoscaling/v2/defaults.go GenerateHPAScaleDownRules. */
export function scaleDownRules(rules: PartialScalingRules | null | undefined): ScalingRules {
  return {
    policies: rules?.policies ?? [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    selectPolicy: rules?.selectPolicy ?? 'Max',
    stabilizationWindowSeconds: rules?.stabilizationWindowSeconds ?? null,
    tolerance: rules?.tolerance ?? null,
  };
}

/**
 * The behavior the HPA would run with. A paused direction disables its rules and so makes a behavior where there was
 * none, which moves the other direction from the legacy limits to the default policies, as in KEDA
 * (controllers/keda/hpa.go). null: no `behavior`, the legacy path.
 *
 * @param hasDefaultRamp false leaves out the policies that the HPA adds to a scaleUp without any
 */
export function effectiveBehavior(
  behavior: PartialBehavior | null | undefined,
  isScaleInPaused: boolean,
  isScaleOutPaused: boolean,
  hasDefaultRamp = true,
): Behavior | null {
  if (!behavior && !isScaleInPaused && !isScaleOutPaused) return null;
  const policies = behavior?.scaleUp?.policies ?? (hasDefaultRamp ? undefined : []);
  const up = scaleUpRules({ ...behavior?.scaleUp, policies });
  const down = scaleDownRules(behavior?.scaleDown);
  return {
    scaleUp: isScaleOutPaused ? { ...up, selectPolicy: 'Disabled' } : up,
    scaleDown: isScaleInPaused ? { ...down, selectPolicy: 'Disabled' } : down,
  };
}

/** The longest period of a direction's policies: how long its scale events matter. */
export function longestPeriodSeconds(rules: ScalingRules): number {
  let longest = 0;
  for (const policy of rules.policies) longest = Math.max(longest, policy.periodSeconds);
  return longest;
}

/** The downward window in seconds with the controller's default. */
export function downWindowSeconds(behavior: Behavior): number {
  return behavior.scaleDown.stabilizationWindowSeconds ?? DOWNSCALE_WINDOW_SECONDS;
}

/** The upward window in seconds. */
export function upWindowSeconds(behavior: Behavior): number {
  return behavior.scaleUp.stabilizationWindowSeconds ?? 0;
}
