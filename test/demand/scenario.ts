import fc from 'fast-check';
import { type Advanced, advance, observe } from '../../src/demand/advance.ts';
import { effectiveBehavior } from '../../src/demand/behavior.ts';
import type { Evaluation } from '../../src/demand/evaluate.ts';
import type { Fallback } from '../../src/demand/fallback.ts';
import { HPA_RAMP } from '../../src/demand/limits.ts';
import type { Reading } from '../../src/demand/reading.ts';
import type { DemandSpec, TriggerDemand } from '../../src/demand/spec.ts';
import { type DemandState, seedState } from '../../src/demand/state.ts';

/** One observation: what holds from then on. */
export interface Step {
  readonly gapMs: number;
  /** One per trigger; null: missing. */
  readonly values: readonly (number | null)[];
  readonly spec: DemandSpec;
}

/** A DSO and all that is observed of it. */
export interface Scenario {
  readonly seed: number;
  readonly readyReplicas: number | null;
  readonly steps: readonly Step[];
}

/** What a scenario may contain. */
export interface ScenarioOptions {
  readonly hasFallback: boolean;
  /** The user pauses and resumes between observations. */
  readonly hasPause: boolean;
}

const TARGETS = [0.5, 1, 2.5, 5, 10];

const policies = fc.array(
  fc.record({
    type: fc.constantFrom('Pods' as const, 'Percent' as const),
    value: fc.integer({ min: 1, max: 150 }),
    periodSeconds: fc.integer({ min: 1, max: 60 }),
  }),
  { minLength: 1, maxLength: 2 },
);

const rules = fc.record(
  {
    policies,
    selectPolicy: fc.constantFrom('Max' as const, 'Max' as const, 'Min' as const, 'Disabled' as const),
    stabilizationWindowSeconds: fc.constantFrom(0, 1, 10, 30, 60),
  },
  { requiredKeys: [] },
);

const behavior = fc.option(fc.record({ scaleUp: rules, scaleDown: rules }, { requiredKeys: [] }), { freq: 2 });

const fallback: fc.Arbitrary<Fallback> = fc.record({
  failureThreshold: fc.integer({ min: 0, max: 3 }),
  replicas: fc.integer({ min: 0, max: 12 }),
  behavior: fc.constantFrom('static', 'currentReplicas', 'currentReplicasIfHigher', 'currentReplicasIfLower'),
});

const triggers: fc.Arbitrary<readonly TriggerDemand[]> = fc
  .array(
    fc.record({
      metricType: fc.constantFrom('AverageValue' as const, 'AverageValue' as const, 'Value' as const),
      target: fc.constantFrom(...TARGETS),
      activation: fc.constantFrom(0, 0, 3),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((list) => list.map((trigger, index) => ({ ...trigger, id: `trigger-${index}` })));

/** min <= max, and an idle count only beside a min, as the API demands. */
const bounds = fc
  .record({
    min: fc.option(fc.constantFrom(0, 0, 1, 3)),
    above: fc.integer({ min: 0, max: 15 }),
    hasIdle: fc.boolean(),
  })
  .map(({ min, above, hasIdle }) => ({
    minReplicaCount: min,
    maxReplicaCount: Math.max(1, (min ?? 0) + above),
    idleReplicaCount: hasIdle && min !== null && min > 0 ? 0 : null,
  }));

const rarely = fc.integer({ min: 0, max: 5 }).map((number) => number === 0);

function specs(options: ScenarioOptions): fc.Arbitrary<DemandSpec> {
  return fc
    .record({
      triggers,
      bounds,
      cooldownMs: fc.constantFrom(0, 7_000, 60_000),
      initialCooldownMs: fc.constantFrom(0, 20_000),
      pollingIntervalMs: fc.constantFrom(5_000, 30_000),
      fallback: options.hasFallback ? fc.option(fallback, { freq: 3 }) : fc.constant(null),
      behavior,
      tolerance: fc.record({ up: fc.constantFrom(0, 0.1, 0.3), down: fc.constantFrom(0, 0.1, 0.3) }),
      ramp: fc.constantFrom(null, HPA_RAMP),
      isScaleInPaused: rarely,
      isScaleOutPaused: rarely,
      isActivationForced: rarely,
    })
    .map(({ bounds: limits, behavior: given, ...rest }) => ({
      ...rest,
      ...limits,
      pause: { kind: 'none' },
      behavior: effectiveBehavior(given, rest.isScaleInPaused, rest.isScaleOutPaused),
    }));
}

function pausedSpecs(spec: DemandSpec, options: ScenarioOptions): fc.Arbitrary<DemandSpec> {
  if (!options.hasPause) return fc.constant(spec);
  return fc.oneof(
    { weight: 5, arbitrary: fc.constant(spec) },
    { weight: 1, arbitrary: fc.constant<DemandSpec>({ ...spec, pause: { kind: 'paused' } }) },
    {
      weight: 1,
      arbitrary: fc
        .integer({ min: 0, max: spec.maxReplicaCount })
        .map((replicas): DemandSpec => ({ ...spec, pause: { kind: 'replicas', replicas } })),
    },
  );
}

/** Random DSOs with random observations of them. */
export function scenarios(options: ScenarioOptions): fc.Arbitrary<Scenario> {
  return specs(options).chain((spec) =>
    fc.record({
      seed: fc.integer({ min: 0, max: spec.maxReplicaCount }),
      readyReplicas: fc.option(fc.integer({ min: 1, max: 10 })),
      steps: fc.array(
        fc.record({
          gapMs: fc.oneof(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom(1_000, 15_000, 60_000, 400_000)),
          values: fc.array(fc.option(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 120 })), { freq: 4 }), {
            minLength: spec.triggers.length,
            maxLength: spec.triggers.length,
          }),
          spec: pausedSpecs(spec, options),
        }),
        { minLength: 1, maxLength: 8 },
      ),
    }),
  );
}

/** The readings of a step. */
export function readingsOf(step: Step): ReadonlyMap<string, Reading> {
  return new Map(
    step.spec.triggers.map(({ id }, index): [string, Reading] => {
      const value = step.values[index] ?? null;
      if (value !== null) return [id, { kind: 'value', value }];
      return [id, { kind: 'missing', reason: 'Missing', message: 'no value' }];
    }),
  );
}

/** How long deadlines are followed after the last step: longer than every window and cooldown here. */
const TAIL_MS = 1_000_000;

/** What happens between two steps: nothing, or evaluations that must change nothing. */
export type Between = (state: DemandState, step: Step, until: number, readyReplicas: number | null) => Advanced;

/** A scenario that was run to its end. */
export interface Played {
  readonly states: readonly DemandState[];
  readonly evaluations: readonly Evaluation[];
  /** The total after each instant that changed it, as [ms, total]. */
  readonly changes: readonly (readonly [number, number])[];
}

/** Plays a scenario; a step's spec holds until the next step. */
export function play(scenario: Scenario, between: Between = nothing): Played {
  let state = seedState(scenario.seed, 0);
  const states: DemandState[] = [];
  const evaluations: Evaluation[] = [];
  const take = (next: Advanced): void => {
    state = next.state;
    states.push(state);
    evaluations.push(...next.evaluations);
  };
  let previous: Step | null = null;
  for (const step of scenario.steps) {
    const now = state.asOf + step.gapMs;
    if (previous) take(between(state, previous, now, scenario.readyReplicas));
    take(observe(state, step.spec, readingsOf(step), now, scenario.readyReplicas));
    previous = step;
  }
  if (previous) take(between(state, previous, state.asOf + TAIL_MS, scenario.readyReplicas));
  return { states, evaluations, changes: changesOf(scenario.seed, evaluations) };
}

function nothing(state: DemandState, step: Step, until: number, readyReplicas: number | null): Advanced {
  return advance(state, step.spec, until, readyReplicas);
}

function changesOf(start: number, evaluations: readonly Evaluation[]): readonly (readonly [number, number])[] {
  const byInstant = new Map<number, number>();
  for (const { at, after } of evaluations) byInstant.set(at, after);
  let before = start;
  const changes: [number, number][] = [];
  for (const [at, after] of byInstant) {
    if (after !== before) changes.push([at, after]);
    before = after;
  }
  return changes;
}
