import { z } from 'zod';
import { averageValueProposal, usageRatioProposal, valueProposal } from '../../src/demand/metric.ts';
import { toMilli } from '../../src/demand/quantity.ts';
import { compareExpected, Double, Milli, type Runner, skip } from './fields.ts';
import { ToleranceInput } from './hpa-input.ts';

const AverageValue = z.object({
  statusReplicas: z.number(),
  metricsMilli: z.array(Milli),
  targetAverageValueMilli: Milli,
  tolerance: ToleranceInput,
});

const externalAverageValue: Runner = ({ input, expected }) => {
  const { statusReplicas, metricsMilli, targetAverageValueMilli, tolerance } = AverageValue.parse(input);
  const proposal = averageValueProposal(metricsMilli, targetAverageValueMilli, statusReplicas, tolerance);
  return compareExpected({ replicas: proposal.replicas, averageUsageMilli: proposal.averageMilli }, expected);
};

const Value = z.object({
  currentReplicas: z.number(),
  readyPods: z.number(),
  metricsMilli: z.array(Milli),
  targetValueMilli: Milli,
  tolerance: ToleranceInput,
});

const externalValue: Runner = ({ input, expected }) => {
  const { currentReplicas, readyPods, metricsMilli, targetValueMilli, tolerance } = Value.parse(input);
  const proposal = valueProposal(metricsMilli, targetValueMilli, currentReplicas, readyPods, tolerance);
  return compareExpected({ replicas: proposal.replicas, usageMilli: proposal.averageMilli }, expected);
};

const Ratio = z.object({
  currentReplicas: z.number(),
  usageRatio: Double,
  readyPods: z.number(),
  tolerance: ToleranceInput,
});

const usageRatio: Runner = ({ input, expected }) => {
  const { currentReplicas, usageRatio: ratio, readyPods, tolerance } = Ratio.parse(input);
  return compareExpected({ ...usageRatioProposal(ratio, currentReplicas, readyPods, tolerance) }, expected);
};

const Quantity = z.object({ value: Double });

const kedaMetricQuantity: Runner = ({ input, expected }) => {
  const { value } = Quantity.parse(input);
  if (!Number.isFinite(value) || value < 0) return skip('design 4.5: such a value is a missing reading');
  return compareExpected({ milli: toMilli(value) }, expected);
};

/** One metric: proposals and quantities. */
export const METRIC_RUNNERS = { externalAverageValue, externalValue, usageRatio, kedaMetricQuantity };
