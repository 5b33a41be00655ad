import { z } from 'zod';
import { scaleDownRules, scaleUpRules } from '../../src/demand/behavior.ts';
import { type HpaOutcome, hpaSync } from '../../src/demand/hpa.ts';
import { HPA_RAMP } from '../../src/demand/limits.ts';
import { averageValueProposal, valueProposal } from '../../src/demand/metric.ts';
import { effectiveTolerance } from '../../src/demand/spec.ts';
import { compareExpected, Milli, type Runner, skip } from './fields.ts';
import { BehaviorInput, Events, Recommendations, ToleranceInput } from './hpa-input.ts';

const Metric = z.object({
  type: z.string(),
  error: z.boolean().nullish(),
  metricsMilli: z.array(Milli).nullish(),
  targetType: z.string().nullish(),
  targetMilli: Milli.nullish(),
});

const Reconcile = z.object({
  minReplicas: z.number().nullish(),
  maxReplicas: z.number(),
  specReplicas: z.number(),
  statusReplicas: z.number(),
  readyPods: z.number(),
  tolerance: ToleranceInput,
  scaleUpLimitFactor: z.number().nullish(),
  behavior: BehaviorInput.nullish(),
  metrics: z.array(Metric),
  recommendations: Recommendations.nullable(),
  scaleUpEvents: Events,
  scaleDownEvents: Events,
});

const OfPods = z.object({ pods: z.unknown().optional(), metrics: z.array(z.object({ type: z.string() })) });
const POD_METRICS = new Set(['Resource', 'Pods', 'ContainerResource']);

/** Pods are only given where their own metrics are looked at, which the product does not read. */
function needsPodMetrics(input: unknown): boolean {
  const { pods, metrics } = OfPods.parse(input);
  return (pods !== undefined && pods !== null) || metrics.some(({ type }) => POD_METRICS.has(type));
}

const hpaReconcile: Runner = ({ input, expected }) => {
  if (needsPodMetrics(input)) return skip('pod resource metrics');
  const parsed = Reconcile.parse(input);
  const { specReplicas: current, behavior: given } = parsed;
  const behavior = given ? { scaleUp: scaleUpRules(given.scaleUp), scaleDown: scaleDownRules(given.scaleDown) } : null;
  const tolerance = effectiveTolerance(behavior, parsed.tolerance);
  const outcome = hpaSync({
    current,
    min: parsed.minReplicas ?? 1,
    max: parsed.maxReplicas,
    proposals: parsed.metrics.map((metric) => proposalOf(metric, parsed, tolerance)),
    // An HPA without a list starts with the count that it finds.
    recommendations: parsed.recommendations ?? [{ replicas: current, ageMs: 0 }],
    events: { up: parsed.scaleUpEvents, down: parsed.scaleDownEvents },
    behavior,
    ramp: { factor: parsed.scaleUpLimitFactor ?? HPA_RAMP.factor, minimum: HPA_RAMP.minimum },
  });
  return compareExpected({ replicas: outcome.replicas, conditions: conditionsOf(outcome, current) }, expected);
};

function proposalOf(
  metric: z.infer<typeof Metric>,
  input: z.infer<typeof Reconcile>,
  tolerance: z.infer<typeof ToleranceInput>,
): number | null {
  const { metricsMilli: values, targetMilli: target } = metric;
  if (metric.error || !values || target === undefined || target === null) return null;
  if (metric.type !== 'Object' && metric.type !== 'External') return null;
  if (metric.targetType === 'AverageValue') {
    return averageValueProposal(values, target, input.statusReplicas, tolerance).replicas;
  }
  if (metric.targetType !== 'Value') return null;
  if (input.readyPods === 0 && input.specReplicas !== 0) return null;
  return valueProposal(values, target, input.specReplicas, input.readyPods, tolerance).replicas;
}

/** The conditions of the HPA that the outcome stands for. */
function conditionsOf(outcome: HpaOutcome, current: number): Readonly<Record<string, unknown>> {
  const isRescaled = outcome.replicas !== current;
  const rescaled = { status: true, reason: 'SucceededRescale' };
  switch (outcome.kind) {
    case 'disabled':
      return {
        AbleToScale: { status: true, reason: 'SucceededGetScale' },
        ScalingActive: { status: false, reason: 'ScalingDisabled' },
      };
    case 'failed':
      return { AbleToScale: { status: true, reason: 'SucceededGetScale' }, ScalingActive: { status: false } };
    case 'bounded':
      return { AbleToScale: rescaled, ScalingLimited: { status: true, reason: outcome.reason } };
    case 'computed':
      return {
        AbleToScale: isRescaled ? rescaled : { status: true, reason: outcome.stabilization },
        ScalingActive: { status: true, reason: 'ValidMetricFound' },
        ScalingLimited: { status: outcome.limit !== 'DesiredWithinRange', reason: outcome.limit },
      };
  }
}

/** Whole syncs of the HPA. */
export const RECONCILE_RUNNERS = { hpaReconcile };
