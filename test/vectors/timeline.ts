import { z } from 'zod';
import { advance, observe } from '../../src/demand/advance.ts';
import { effectiveBehavior } from '../../src/demand/behavior.ts';
import type { Evaluation } from '../../src/demand/evaluate.ts';
import type { Reading } from '../../src/demand/reading.ts';
import { seedState } from '../../src/demand/state.ts';
import { specOf } from '../demand/spec-of.ts';
import { BehaviorInput } from './hpa-input.ts';
import { compare, type VectorResult } from './result.ts';

const TimelineVector = z.object({
  id: z.string(),
  name: z.string(),
  input: z.object({
    targetValue: z.number(),
    activationTargetValue: z.number(),
    minReplicaCount: z.number(),
    maxReplicaCount: z.number(),
    cooldownPeriod: z.number(),
    behavior: BehaviorInput.optional(),
    decidedAtStart: z.number(),
    readings: z.array(z.tuple([z.number(), z.number().nullable()])),
  }),
  expected: z.array(z.tuple([z.number(), z.number()])),
});

/** How long after the last reading the deadlines are followed: longer than every window and cooldown. */
const TAIL_MS = 100_000_000;

/** Runs one vector of the form of timeline.json: every change of the decided total, as [seconds, total]. */
export function runTimelineVector(vector: unknown): VectorResult {
  const { input, expected } = TimelineVector.parse(vector);
  const behavior = effectiveBehavior(input.behavior, false, false, false);
  const spec = specOf({
    triggers: [
      { id: 'trigger', metricType: 'AverageValue', target: input.targetValue, activation: input.activationTargetValue },
    ],
    minReplicaCount: input.minReplicaCount,
    maxReplicaCount: input.maxReplicaCount,
    cooldownMs: input.cooldownPeriod * 1000,
    behavior,
  });
  let state = seedState(input.decidedAtStart, 0);
  const evaluations: Evaluation[] = [];
  for (const [seconds, value] of input.readings) {
    const next = observe(state, spec, new Map([['trigger', readingOf(value)]]), seconds * 1000);
    state = next.state;
    evaluations.push(...next.evaluations);
  }
  evaluations.push(...advance(state, spec, state.asOf + TAIL_MS).evaluations);
  return compare(changes(input.decidedAtStart, evaluations), expected);
}

function readingOf(value: number | null): Reading {
  if (value !== null && value >= 0) return { kind: 'value', value };
  return { kind: 'missing', reason: 'Missing', message: 'no value' };
}

/** The total after each instant, where it differs from the one before. */
function changes(start: number, evaluations: readonly Evaluation[]): readonly (readonly [number, number])[] {
  const byInstant = new Map<number, number>();
  for (const { at, after } of evaluations) byInstant.set(at, after);
  let before = start;
  const result: [number, number][] = [];
  for (const [at, after] of byInstant) {
    if (after !== before) result.push([at / 1000, after]);
    before = after;
  }
  return result;
}
