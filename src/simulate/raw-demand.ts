import { averageValueProposal } from '../demand/metric.ts';
import { toMilli } from '../demand/quantity.ts';
import type { Reading } from '../demand/reading.ts';
import type { DemandSpec } from '../demand/spec.ts';

/** What each trigger asked for when it was last read, by id. */
export type Asked = ReadonlyMap<string, number>;

const NO_TOLERANCE = { up: 0, down: 0 } as const;

/**
 * Replicas that each trigger asks for with these readings without any limit, tolerance or window: its value over its
 * target, rounded up. One that is missing goes on with what it asked for before.
 */
export function askedFor(before: Asked, readings: ReadonlyMap<string, Reading>, { triggers }: DemandSpec): Asked {
  const asked = new Map(before);
  for (const { id, target } of triggers) {
    const reading = readings.get(id);
    if (reading?.kind !== 'value') continue;
    const { replicas } = averageValueProposal([toMilli(reading.value)], toMilli(target), 1, NO_TOLERANCE);
    asked.set(id, replicas);
  }
  return asked;
}

/** The raw demand: the highest of what is asked for; null before the first reading. */
export function rawDemand(asked: Asked): number | null {
  let highest: number | null = null;
  for (const replicas of asked.values()) highest = Math.max(highest ?? 0, replicas);
  return highest;
}
