import { type Evaluation, evaluate } from './evaluate.ts';
import type { Reading } from './reading.ts';
import type { DemandSpec } from './spec.ts';
import { type DemandState, type HeldReading, nextDeadline } from './state.ts';

/** A state and every evaluation on the way to it that changed the total, the last one always. */
export interface Advanced {
  readonly state: DemandState;
  readonly evaluations: readonly Evaluation[];
}

/**
 * What one call replays at most, in things that are looked at. A state from long ago whose policies allow one replica a second
 * would be replayed for years; and the steps of more than this would make a record that is too long to be read again.
 */
const MAX_EFFORT = 100_000_000;
/** Of one evaluation, whatever is remembered: 5000 of them are the most. */
const STEP_EFFORT = 20_000;

/**
 * Replays every internal deadline since `state.asOf` (cooldown, windows, policy periods, failure counts) with the
 * readings that are held. Time never goes back: an earlier `now` changes nothing. What is more than can be replayed in
 * bounded time is jumped over: what was held is evaluated once more, at `now`.
 */
export function advance(
  state: DemandState,
  spec: DemandSpec,
  now: number,
  readyReplicas: number | null = null,
): Advanced {
  const evaluations: Evaluation[] = [];
  let current = state;
  let effort = 0;
  if (state.readings.length > 0) {
    for (;;) {
      const deadline = nextDeadline(current, spec);
      if (deadline === null || deadline > now) break;
      effort += effortOf(current, spec);
      const next = evaluate({ ...current, asOf: effort > MAX_EFFORT ? now : deadline }, spec, readyReplicas);
      evaluations.push(...next.evaluations.filter(({ before, after }) => before !== after));
      current = next.state;
    }
  }
  return { state: now > current.asOf ? { ...current, asOf: now } : current, evaluations };
}

/** Each policy looks at each event. */
function effortOf({ events, recommendations, readings }: DemandState, { behavior }: DemandSpec): number {
  const policies = behavior ? behavior.scaleUp.policies.length + behavior.scaleDown.policies.length : 1;
  return STEP_EFFORT + (1 + 2 * policies) * events.length + recommendations.length + readings.length;
}

/**
 * Advances to `now` and then applies what was observed there. Every trigger of the spec must be among the readings,
 * as a value or as missing: a reading, or its absence, holds until the next observation.
 */
export function observe(
  state: DemandState,
  spec: DemandSpec,
  readings: ReadonlyMap<string, Reading>,
  now: number,
  readyReplicas: number | null = null,
): Advanced {
  const advanced = advance(state, spec, now, readyReplicas);
  const held = spec.triggers.map((trigger) => hold(trigger.id, readings, advanced.state));
  const evaluated = evaluate({ ...advanced.state, readings: held }, spec, readyReplicas);
  return { state: evaluated.state, evaluations: [...advanced.evaluations, ...evaluated.evaluations] };
}

function hold(trigger: string, readings: ReadonlyMap<string, Reading>, state: DemandState): HeldReading {
  const reading = readings.get(trigger);
  if (!reading) throw new Error(`no reading for trigger ${trigger}`);
  if (reading.kind === 'value') return { trigger, reading, failingSince: null };
  const before = state.readings.find((held) => held.trigger === trigger);
  return { trigger, reading, failingSince: before?.failingSince ?? state.asOf };
}
