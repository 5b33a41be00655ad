import type { Dso } from '../api/effective.ts';
import { seedState } from '../demand/state.ts';
import type { DsoState } from '../manifests/record.ts';
import type { DecideInput } from './decision.ts';
import type { Landed } from './landed.ts';

/** The state to go on from; null: nothing is known of what runs. */
export function startingState(
  input: DecideInput,
  home: Landed,
  committed: ReadonlyMap<string, number | null>,
): DsoState | null {
  const recorded = home.record?.state.after ?? null;
  const saved = input.state;
  // A record that was there and is gone was removed by a person: what is committed is adopted, as at first sight.
  const isAdoptable = !home.record && (!saved || saved.hasRecord);
  if (!isAdoptable) return newer(recorded, saved);
  const seq = saved?.seq ?? 0;
  const known = knownTotal(input, committed);
  const createdAt = input.dso.createdAt ?? input.now;
  if (known === null && input.configuration.firstSight === 'wait') return null;
  return {
    seq,
    hasRecord: false,
    isUnproven: known === null,
    firstSeen: input.now,
    demand: seedState(known ?? 0, input.now, createdAt),
  };
}

/** The higher number wins; with equal ones the later. */
export function newer(one: DsoState | null, other: DsoState | null): DsoState | null {
  if (!one || !other) return one ?? other;
  if (one.seq !== other.seq) return one.seq > other.seq ? one : other;
  return one.demand.asOf >= other.demand.asOf ? one : other;
}

/** The first that is known: counts in our overlays, the annotation, what a person says now. */
function knownTotal(input: DecideInput, committed: ReadonlyMap<string, number | null>): number | null {
  const counts = [...committed.values()].filter((count) => count !== null);
  if (counts.length > 0) return counts.reduce((sum, count) => sum + count, 0);
  return input.dso.initialTotal ?? input.adopt;
}

/** Until when zero is not written for a workload of which nobody knows what runs. */
export function unprovenUntil(state: DsoState, dso: Dso): number {
  return state.firstSeen + dso.demand.cooldownMs;
}
