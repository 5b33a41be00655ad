import type { DemandSpec } from '../../src/demand/spec.ts';
import { type Played, play, type Step } from './scenario.ts';

/** At these seconds this value is read (null: missing), under the given spec from then on. */
export type Observed = readonly [seconds: number, value: number | null, spec: DemandSpec];

/** Plays observations of one trigger that start at 0 s. */
export function observed(seed: number, observations: readonly Observed[], readyReplicas: number | null = null): Played {
  let before = 0;
  const steps: Step[] = [];
  for (const [seconds, value, spec] of observations) {
    steps.push({ gapMs: Math.round((seconds - before) * 1000), values: [value], spec });
    before = seconds;
  }
  return play({ seed, readyReplicas, steps });
}

/** Every change of the total, as [seconds, total]. */
export function changes(seed: number, observations: readonly Observed[]): readonly (readonly [number, number])[] {
  return observed(seed, observations).changes.map(([at, total]) => [at / 1000, total]);
}
