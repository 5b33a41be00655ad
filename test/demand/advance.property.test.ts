import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Advanced, advance, observe } from '../../src/demand/advance.ts';
import type { Evaluation } from '../../src/demand/evaluate.ts';
import type { DemandState } from '../../src/demand/state.ts';
import { play, readingsOf, type Scenario, type Step, scenarios } from './scenario.ts';

const ALL = { hasFallback: true, hasPause: true };
const RUNS = { numRuns: 1000 };

/** Observes what is held once more every so often. */
function observingEvery(periodMs: number) {
  return (state: DemandState, step: Step, until: number, readyReplicas: number | null): Advanced => {
    const count = Math.ceil((until - state.asOf) / periodMs);
    const fractions = Array.from({ length: count }, (_, index) => (index * periodMs) / (until - state.asOf));
    return observingAt(fractions)(state, step, until, readyReplicas);
  };
}

/** Observes what is held once more at instants between two steps, then goes on to the next step. */
function observingAt(fractions: readonly number[]) {
  return (state: DemandState, step: Step, until: number, readyReplicas: number | null): Advanced => {
    const evaluations: Evaluation[] = [];
    let current = state;
    const start = state.asOf;
    const instants = fractions.map((fraction) => Math.floor(start + fraction * (until - start)));
    for (const instant of instants.toSorted((a, b) => a - b)) {
      const next = observe(current, step.spec, readingsOf(step), instant, readyReplicas);
      evaluations.push(...next.evaluations);
      current = next.state;
    }
    const last = advance(current, step.spec, until, readyReplicas);
    return { state: last.state, evaluations: [...evaluations, ...last.evaluations] };
  };
}

/** Advances in steps of one second at most. */
function everySecond(state: DemandState, step: Step, until: number, readyReplicas: number | null): Advanced {
  const evaluations: Evaluation[] = [];
  let current = state;
  while (current.asOf < until) {
    const next = advance(current, step.spec, Math.min(until, current.asOf + 1000), readyReplicas);
    evaluations.push(...next.evaluations);
    current = next.state;
  }
  return { state: current, evaluations };
}

function isMissing(evaluation: Evaluation): boolean {
  return evaluation.triggers.some(({ value }) => value === null);
}

function longestLists(scenario: Scenario): { recommendations: number; events: number } {
  const { states } = play(scenario);
  return {
    recommendations: Math.max(...states.map((state) => state.recommendations.length)),
    events: Math.max(...states.map((state) => state.events.length)),
  };
}

describe('advance and observe', () => {
  it('give the same totals at the same instants when what is held is observed more often', () => {
    const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(scenarios(ALL), fractions, (scenario, extra) => {
        expect(play(scenario, observingAt(extra)).changes).toEqual(play(scenario).changes);
      }),
      RUNS,
    );
  });

  it('give the same totals at the same instants when time advances second by second', () => {
    fc.assert(
      fc.property(scenarios(ALL), (scenario) => {
        expect(play(scenario, everySecond).changes).toEqual(play(scenario).changes);
      }),
      { numRuns: 200 },
    );
  });

  it('give the same totals at the same instants when what is held is observed every few seconds', () => {
    fc.assert(
      fc.property(scenarios(ALL), fc.integer({ min: 500, max: 15_000 }), (scenario, periodMs) => {
        expect(play(scenario, observingEvery(periodMs)).changes).toEqual(play(scenario).changes);
      }),
      { numRuns: 200 },
    );
  });

  it('settle: one more evaluation of the same instant changes nothing', () => {
    fc.assert(
      fc.property(scenarios(ALL), (scenario) => {
        const last = scenario.steps.at(-1);
        const before = play(scenario).states.at(-1);
        if (!last || !before) throw new Error('a scenario has a step');
        const again = observe(before, last.spec, readingsOf(last), before.asOf, scenario.readyReplicas);
        expect(again.state.total).toBe(before.total);
        const third = observe(again.state, last.spec, readingsOf(last), before.asOf, scenario.readyReplicas);
        expect(third.state).toEqual(again.state);
      }),
      RUNS,
    );
  });

  it('never lower the total while a reading is missing and there is no fallback', () => {
    fc.assert(
      fc.property(scenarios({ hasFallback: false, hasPause: false }), (scenario) => {
        for (const evaluation of play(scenario).evaluations.filter(isMissing)) {
          expect(evaluation.after).toBeGreaterThanOrEqual(evaluation.before);
        }
      }),
      RUNS,
    );
  });

  it('never lower the total below what the readings ask for', () => {
    fc.assert(
      fc.property(scenarios({ hasFallback: true, hasPause: false }), (scenario) => {
        for (const { before, after, activation, scaling } of play(scenario).evaluations) {
          if (scaling?.kind !== 'computed' || activation?.replicas !== null) continue;
          expect(after).toBeGreaterThanOrEqual(Math.min(before, scaling.recommendation));
        }
      }),
      RUNS,
    );
  });

  it('keep the total within 0 and maxReplicaCount', () => {
    fc.assert(
      fc.property(scenarios(ALL), (scenario) => {
        const max = scenario.steps[0]?.spec.maxReplicaCount ?? 0;
        for (const { total } of play(scenario).states) {
          expect(Number.isInteger(total)).toBe(true);
          expect(total).toBeGreaterThanOrEqual(0);
          expect(total).toBeLessThanOrEqual(max);
        }
      }),
      RUNS,
    );
  });

  it('keep the state small over 2,000 readings', () => {
    const long = scenarios(ALL).chain((scenario) => {
      const [step] = scenario.steps;
      if (!step) throw new Error('a scenario has a step');
      const values = fc.option(fc.integer({ min: 0, max: 100 }), { freq: 10 });
      return fc
        .array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), values), {
          minLength: 2_000,
          maxLength: 2_000,
          size: 'max',
        })
        .map((list) => ({
          ...scenario,
          steps: list.map(([gapMs, value]) => ({ ...step, gapMs, values: step.values.map(() => value) })),
        }));
    });
    fc.assert(
      fc.property(long, (scenario) => {
        const { recommendations, events } = longestLists(scenario);
        expect(recommendations).toBeLessThan(100);
        expect(events).toBeLessThan(150);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('never go back in time', () => {
    fc.assert(
      fc.property(scenarios(ALL), fc.integer({ min: 0, max: 1_000_000 }), (scenario, earlier) => {
        const last = scenario.steps.at(-1);
        const state = play(scenario).states.at(-1);
        if (!last || !state) throw new Error('a scenario has a step');
        expect(advance(state, last.spec, state.asOf - earlier).state).toEqual(state);
      }),
    );
  });
});
