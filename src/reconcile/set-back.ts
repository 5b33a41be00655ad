import type { DsoState } from '../manifests/record.ts';
import type { DecideInput, PlacedDestination } from './decision.ts';
import type { LandedRecord } from './landed.ts';

/** A record that is older than one that landed in the same place: a person put it back. */
export interface SetBack {
  readonly destination: PlacedDestination;
  /** Number of the record that was there. */
  readonly last: number;
  readonly record: LandedRecord;
}

/** The first place, home before all others, where a person put an older record back; null: none. */
export function findSetBack(input: DecideInput, record: LandedRecord): SetBack | null {
  const { home, state, landed } = input;
  // State and record land together: a record that is older than the state was put back.
  const last = Math.max(state?.hasRecord ? state.seq : 0, input.highest.get(home.id) ?? 0);
  if (last > record.seq) return { destination: home, last, record };
  for (const destination of elsewhere(input)) {
    const found = landed.get(destination.id)?.record;
    // One that never got a later record is only behind.
    const before = Math.max(state?.delivered?.[destination.id] ?? 0, input.highest.get(destination.id) ?? 0);
    const resumed = Math.max(state?.resumed ?? 0, record.state.after.resumed ?? 0);
    if (found && before > found.seq && before > resumed) return { destination, last: before, record: found };
  }
  return null;
}

/** A state that knows what was there before a person put it back. */
export function knowingSetBack(state: DsoState, { home }: DecideInput, { destination, last }: SetBack): DsoState {
  if (destination.id !== home.id) return withDelivered(state, destination.id, last);
  return last > state.seq || !state.hasRecord ? { ...state, seq: Math.max(state.seq, last), hasRecord: true } : state;
}

/** A state that knows which decisions landed elsewhere than at home. */
export function withLanded(state: DsoState, input: DecideInput): DsoState {
  let known = state;
  for (const { id } of elsewhere(input)) known = withDelivered(known, id, input.landed.get(id)?.record?.seq ?? 0);
  return known;
}

/** A state that knows that a decision landed in a destination. */
export function withDelivered(state: DsoState, destinationId: string, seq: number): DsoState {
  if (seq <= (state.delivered?.[destinationId] ?? 0)) return state;
  return { ...state, delivered: { ...state.delivered, [destinationId]: seq } };
}

/** The highest number that a decision of the DSO is known to have had anywhere; 0: there was none. */
export function highestNumber({ state, highest, landed }: DecideInput): number {
  const delivered = Object.values(state?.delivered ?? {});
  const standing = [...landed.values()].map(({ record }) => record?.seq ?? 0);
  return Math.max(state?.seq ?? 0, ...delivered, ...highest.values(), ...standing);
}

/**
 * The highest number of a decision that is known to have landed at home, or to stand elsewhere without it; 0: none. Of a first
 * decision a part may have landed elsewhere before, as by a pull request that was merged sooner.
 */
export function lastNumber({ state, highest, home, landed }: DecideInput): number {
  const elsewhere = [...landed.values()].flatMap(({ record }) => record?.seq ?? []).filter((seq) => seq > 1);
  return Math.max(state?.seq ?? 0, highest.get(home.id) ?? 0, ...elsewhere);
}

/** Whether a part of the DSO is not at home. */
export function isElsewhere({ members, home }: DecideInput): boolean {
  return members.some(({ destination }) => destination.id !== home.id);
}

/** Destinations of members other than home, each once. */
function elsewhere({ members, home }: DecideInput): Iterable<PlacedDestination> {
  const others = members.filter(({ destination }) => destination.id !== home.id);
  return new Map(others.map(({ destination }) => [destination.id, destination])).values();
}
