import { z } from 'zod';
import { downWindowSeconds, scaleDownRules, scaleUpRules, upWindowSeconds } from '../../src/demand/behavior.ts';
import {
  changeInPeriod,
  limitByPolicies,
  limitByRules,
  rampLimit,
  scaleDownLimit,
  scaleUpLimit,
} from '../../src/demand/limits.ts';
import { stabilizationReason, stabilize, stabilizeLegacy } from '../../src/demand/stabilize.ts';
import { compareExpected, type Runner } from './fields.ts';
import { Events, Recommendations, Rules } from './hpa-input.ts';

const Bounded = z.object({
  currentReplicas: z.number(),
  desiredReplicas: z.number(),
  minReplicas: z.number(),
  maxReplicas: z.number(),
});
const Policies = Bounded.extend({
  scaleUp: Rules.nullish(),
  scaleDown: Rules.nullish(),
  scaleUpEvents: Events,
  scaleDownEvents: Events,
});
const LegacyLimit = z.object({ scaleUpLimitFactor: z.number(), scaleUpLimitMinimum: z.number() });

type PoliciesInput = z.infer<typeof Policies>;

function byPolicies(input: PoliciesInput, desired: number): ReturnType<typeof limitByPolicies> {
  return limitByPolicies(
    input.currentReplicas,
    desired,
    { min: input.minReplicas, max: input.maxReplicas },
    { scaleUp: scaleUpRules(input.scaleUp), scaleDown: scaleDownRules(input.scaleDown) },
    { up: input.scaleUpEvents, down: input.scaleDownEvents },
  );
}

function byRamp(
  input: z.infer<typeof Bounded> & z.infer<typeof LegacyLimit>,
  desired: number,
): ReturnType<typeof limitByRules> {
  const bounds = { min: input.minReplicas, max: input.maxReplicas };
  const ramp = { factor: input.scaleUpLimitFactor, minimum: input.scaleUpLimitMinimum };
  return limitByRules(input.currentReplicas, desired, bounds, ramp);
}

function limitedConditions(reason: string): Readonly<Record<string, unknown>> {
  return { reason, scalingLimited: reason !== 'DesiredWithinRange', scalingLimitedReason: reason };
}

const policyLimits: Runner = ({ input, expected }) => {
  const parsed = Policies.parse(input);
  return compareExpected({ ...byPolicies(parsed, parsed.desiredReplicas) }, expected);
};

const BehaviorSync = Policies.extend({
  recommendations: Recommendations,
  downscaleStabilisationWindowSeconds: z.number().nullish(),
});

const behavior: Runner = ({ input, expected }) => {
  const parsed = BehaviorSync.parse(input);
  const rules = {
    scaleUp: scaleUpRules(parsed.scaleUp),
    scaleDown: scaleDownRules({
      ...parsed.scaleDown,
      stabilizationWindowSeconds:
        parsed.scaleDown?.stabilizationWindowSeconds ?? parsed.downscaleStabilisationWindowSeconds,
    }),
  };
  const { currentReplicas: current, desiredReplicas: desired } = parsed;
  const upMs = upWindowSeconds(rules) * 1000;
  const stabilized = stabilize(current, desired, parsed.recommendations, upMs, downWindowSeconds(rules) * 1000);
  const limited = byPolicies(parsed, stabilized);
  const ableToScaleReason = stabilizationReason(current, desired, stabilized);
  return compareExpected(
    { replicas: limited.replicas, ableToScaleReason, ...limitedConditions(limited.reason) },
    expected,
  );
};

const Limit = z.object({
  currentReplicas: z.number(),
  rules: Rules.nullish(),
  scaleUpEvents: Events,
  scaleDownEvents: Events,
});

const scaleUpLimitOf: Runner = ({ input, expected }) => {
  const { currentReplicas, rules, scaleUpEvents: up, scaleDownEvents: down } = Limit.parse(input);
  return compareExpected({ limit: scaleUpLimit(currentReplicas, scaleUpRules(rules), { up, down }) }, expected);
};

const scaleDownLimitOf: Runner = ({ input, expected }) => {
  const { currentReplicas, rules, scaleUpEvents: up, scaleDownEvents: down } = Limit.parse(input);
  return compareExpected({ limit: scaleDownLimit(currentReplicas, scaleDownRules(rules), { up, down }) }, expected);
};

const convertRules: Runner = ({ input, expected }) => {
  const parsed = Bounded.extend(LegacyLimit.shape).parse(input);
  return compareExpected({ ...byRamp(parsed, parsed.desiredReplicas) }, expected);
};

const Normalize = Bounded.extend({
  ...LegacyLimit.shape,
  recommendations: Recommendations,
  downscaleStabilisationWindowSeconds: z.number(),
});

const normalizeLegacy: Runner = ({ input, expected }) => {
  const parsed = Normalize.parse(input);
  const { desiredReplicas: desired, downscaleStabilisationWindowSeconds: window } = parsed;
  const stabilized = stabilizeLegacy(desired, parsed.recommendations, window * 1000);
  const limited = byRamp(parsed, stabilized);
  const ableToScaleReason = stabilized === desired ? 'ReadyForNewScale' : 'ScaleDownStabilized';
  return compareExpected(
    { replicas: limited.replicas, ableToScaleReason, ...limitedConditions(limited.reason) },
    expected,
  );
};

const scaleUpLimitLegacy: Runner = ({ input, expected }) => {
  const { currentReplicas, ...limit } = LegacyLimit.extend({ currentReplicas: z.number() }).parse(input);
  const ramp = { factor: limit.scaleUpLimitFactor, minimum: limit.scaleUpLimitMinimum };
  return compareExpected({ limit: rampLimit(currentReplicas, ramp) }, expected);
};

const Defaults = z.object({ direction: z.enum(['up', 'down']), rules: Rules.nullish() });

const behaviorDefaults: Runner = ({ input, expected }) => {
  const { direction, rules } = Defaults.parse(input);
  return compareExpected({ ...(direction === 'up' ? scaleUpRules(rules) : scaleDownRules(rules)) }, expected);
};

const replicasChangePerPeriod: Runner = ({ input, expected }) => {
  const { periodSeconds, events } = z.object({ periodSeconds: z.number(), events: Events }).parse(input);
  return compareExpected({ change: changeInPeriod(events, periodSeconds * 1000) }, expected);
};

/** Rate limits and their defaults. */
export const LIMIT_RUNNERS = {
  policyLimits,
  behavior,
  scaleUpLimit: scaleUpLimitOf,
  scaleDownLimit: scaleDownLimitOf,
  convertRules,
  normalizeLegacy,
  scaleUpLimitLegacy,
  behaviorDefaults,
  replicasChangePerPeriod,
};
