import type { Fallback } from './fallback.ts';

/** Default of `cooldownPeriod`, KEDA pkg/scaling/executor/scale_executor.go. */
export const DEFAULT_COOLDOWN_SECONDS = 300;

/** What one poll of KEDA's executor looks at. */
export interface ActivationInput {
  readonly current: number;
  /** null: not set, which is 0 here. */
  readonly min: number | null;
  /** null: the feature is off. */
  readonly idle: number | null;
  readonly isActive: boolean;
  /** A trigger failed, after fallbacks. */
  readonly isError: boolean;
  readonly fallback: Pick<Fallback, 'replicas'> | null;
  readonly isScaleInPaused: boolean;
  readonly isScaleOutPaused: boolean;
  /** null: never active. */
  readonly sinceLastActiveMs: number | null;
  readonly sinceCreationMs: number;
  readonly cooldownMs: number;
  readonly initialCooldownMs: number;
}

/** Why the executor acted, or did not. */
export type ActivationReason =
  | 'ScalerActive'
  | 'ScalerNotActive'
  | 'ScalerCooldown'
  | 'PausedScaleOut'
  | 'PausedScaleIn'
  | 'PartialTriggerError'
  | 'TriggerError'
  | 'WaitingForFallback';

/** What the executor does. */
export interface Activation {
  /** The count it writes; null: nothing. */
  readonly replicas: number | null;
  readonly reason: ActivationReason;
  /** KEDA's Ready condition. */
  readonly ready: 'True' | 'False' | 'Unknown';
  /** `lastActiveTime` moves to now. */
  readonly isRefreshed: boolean;
}

/** One poll. KEDA pkg/scaling/executor/scale_scaledobjects.go RequestScale. */
export function activation(input: ActivationInput): Activation {
  return input.isActive ? whenActive(input) : whenInactive(input);
}

function whenActive(input: ActivationInput): Activation {
  const { current, idle } = input;
  const min = input.min ?? 0;
  if ((idle !== null && current < min) || current === 0) {
    if (input.isScaleOutPaused) return { replicas: null, reason: 'PausedScaleOut', ready: 'True', isRefreshed: false };
    return { replicas: min > 0 ? min : 1, reason: 'ScalerActive', ready: 'True', isRefreshed: true };
  }
  if (input.isError) {
    return { replicas: null, reason: 'PartialTriggerError', ready: 'Unknown', isRefreshed: false };
  }
  return { replicas: null, reason: 'ScalerActive', ready: 'True', isRefreshed: true };
}

function whenInactive(input: ActivationInput): Activation {
  const { current, idle, fallback } = input;
  const min = input.min ?? 0;
  const nothing = { replicas: null, isRefreshed: false } as const;
  if (input.isError && fallback && fallback.replicas !== 0) {
    return { ...nothing, reason: 'WaitingForFallback', ready: 'True' };
  }
  if (input.isError && !fallback) return { ...nothing, reason: 'TriggerError', ready: 'False' };
  if ((idle !== null && current > idle) || (current > 0 && min === 0)) {
    if (input.isScaleInPaused) return { ...nothing, reason: 'PausedScaleIn', ready: 'True' };
    if (!isCooldownOver(input)) return { ...nothing, reason: 'ScalerCooldown', ready: 'True' };
    return { replicas: idle ?? min, reason: 'ScalerNotActive', ready: 'True', isRefreshed: false };
  }
  if (idle === null && current < min) {
    return { replicas: min, reason: 'ScalerNotActive', ready: 'True', isRefreshed: false };
  }
  return { ...nothing, reason: 'ScalerNotActive', ready: 'True' };
}

/** Strictly more than the period must have passed; never active: only the initial cooldown counts. */
function isCooldownOver(input: ActivationInput): boolean {
  if (input.sinceLastActiveMs === null) return input.sinceCreationMs > input.initialCooldownMs;
  return input.sinceLastActiveMs > input.cooldownMs;
}
