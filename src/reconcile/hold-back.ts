import { type Change, type Route, route } from '../delivery/policy.ts';
import { recentRange } from '../delivery/recent.ts';
import type { DecisionRecord } from '../manifests/record.ts';
import type { Decided, Verdict } from './decision.ts';
import type { PlacedDso } from './place.ts';

/** Why a decision does not go to a destination now. */
export interface HeldBack {
  /** Stable. */
  readonly reason: string;
  readonly message: string;
  /** When that is looked at again, epoch milliseconds; null: when something changes. */
  readonly until: number | null;
}

/** What the policies of the destinations say about a decision. */
export interface Routing {
  /** What does not go now, by destination id. */
  readonly heldBack: ReadonlyMap<string, HeldBack>;
  /** Rules and freezes that decided, for people. */
  readonly rules: readonly string[];
}

/** Everything goes, and no rule was asked. */
export const UNROUTED: Routing = { heldBack: new Map(), rules: [] };

/** Asks the policies of the destinations. They are about numbers alone: a person's word always goes. */
export function holdBack({ dso, members, home }: PlacedDso, decided: Decided, now: number): Routing {
  const { record } = decided;
  if (!record) return UNROUTED;
  const heldBack = new Map<string, HeldBack>();
  const rules: string[] = [];
  const places = new Map([home, ...members.map(({ destination }) => destination)].map((place) => [place.id, place]));
  for (const [id, { written }] of decided.changes) {
    const destination = places.get(id);
    if (!destination) continue;
    const { namespace, labels, annotations } = dso;
    const change = { namespace, labels, annotations, members: written, ...totalsOf(record, now) };
    const found = route(destination.policy, change, now);
    if (found.by === null) continue;
    const rule = `${JSON.stringify(found.by)} of ${destination.name}`;
    rules.push(`${rule}: ${found.action}`);
    const held = heldBy(found, rule, dso.key);
    if (held) heldBack.set(id, held);
  }
  return rules.length === 0 ? UNROUTED : { heldBack, rules };
}

/** What a DSO waits for whose decision is kept back; null: it is not. */
export function heldBackVerdict({ heldBack }: Routing): Verdict | null {
  const [first] = heldBack.values();
  return first ? { kind: 'wait', reason: first.reason, message: first.message } : null;
}

function totalsOf(
  { total, state }: DecisionRecord,
  now: number,
): Pick<Change, 'before' | 'after' | 'lowest' | 'highest'> {
  const before = total.before ?? state.before.demand.total;
  return { before, after: total.after, ...recentRange(state.before.recent, before, now) };
}

function heldBy({ action, until }: Route, rule: string, key: string): HeldBack | null {
  if (action === 'push') return null;
  if (action === 'hold')
    return {
      reason: 'ApprovalNeeded',
      message: `rule ${rule} holds it: nothing is written until you run: dso-gitops apply --approve ${key}`,
      until,
    };
  const when = until === null ? 'its window does not open again' : `until ${new Date(until).toISOString()}`;
  return { reason: 'WaitsForWindow', message: `rule ${rule} lets it wait: ${when}`, until };
}
