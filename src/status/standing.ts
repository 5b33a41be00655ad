import type { DsoState } from '../manifests/record.ts';
import { type DestinationOutcome, type DsoOutcome, heldCounts } from '../reconcile/outcome.ts';
import { destinationAt } from '../reconcile/place.ts';
import { withDelivered } from '../reconcile/set-back.ts';
import { NEXT_PUSH, NOT_HOME } from '../reconcile/waiting.ts';

/** What is delivered of one DSO after a tick. */
export interface Standing {
  /** Committed counts by member; null: none. */
  readonly committed: ReadonlyMap<string, number | null>;
  /** Destinations that do not have what was decided. */
  readonly waiting: readonly { readonly destination: string; readonly reason: string; readonly message: string }[];
  /** The commit that carried a decision home, this one or an earlier one; null: none is told by this tick. */
  readonly commit: string | null;
  /** What must be remembered; null: nothing is known. */
  readonly state: DsoState | null;
}

/** What of a DSO's decision was delivered. */
export function standingOf(outcome: DsoOutcome, destinations: ReadonlyMap<string, DestinationOutcome>): Standing {
  const { key, placed, decided } = outcome;
  if (!placed || !decided) return { committed: new Map(), waiting: [], commit: null, state: null };
  const isDelivered = (id: string): boolean => {
    const found = destinations.get(id);
    // A push that was not waited for carries an earlier decision than the one of this tick.
    return found?.commit != null && found.composition?.decisions.get(key) === decided;
  };
  const home = destinations.get(placed.home.id);
  const isHome = isDelivered(placed.home.id) && decided.landedState !== null;
  const shares = new Map((decided.split?.shares ?? []).map(({ name, replicas }) => [name, replicas]));
  const held = heldCounts(outcome);
  const committed = placed.members.map(({ name, destination }): [string, number | null] => {
    const isLanded = decided.record !== null && isDelivered(destination.id);
    return [name, (isLanded ? shares.get(name) : undefined) ?? held.get(name) ?? null];
  });
  const { record } = decided;
  const landedAt = record ? [...decided.changes.keys()].filter((id) => id !== placed.home.id && isDelivered(id)) : [];
  const withLandings = (state: DsoState | null): DsoState | null =>
    landedAt.reduce((known, id) => known && record && withDelivered(known, id, record.seq), state);
  const open = [...decided.changes.keys()].filter((id) => !isDelivered(id));
  const waiting = open.map((id) => {
    const destination = destinationAt(placed, id);
    const found = destinations.get(id);
    const otherwise = id === placed.home.id ? NEXT_PUSH : NOT_HOME;
    // A refused path is the matter of those who need it.
    const error = found?.refused.get(key) ?? (found?.error?.path === null ? found.error : null);
    const { reason, message } = outcome.routing.heldBack.get(id) ?? error ?? found?.waiting ?? otherwise;
    return { destination: destination.name, reason, message };
  });
  return {
    committed: new Map(committed),
    waiting,
    commit: home?.composition?.decisions.has(key) ? home.commit : null,
    state: withLandings(isHome ? decided.landedState : decided.state),
  };
}
