import type { Destination } from '../config/load.ts';
import type { CommitBudget } from '../delivery/commit-budget.ts';
import { type Change, type Route, route } from '../delivery/policy.ts';
import { recentRange } from '../delivery/recent.ts';
import type { Decided, Verdict } from './decision.ts';
import type { LandedRecord } from './landed.ts';
import { destinationAt, type PlacedDso } from './place.ts';
import type { Refusal } from './proposed-branch.ts';

/** Why a decision does not go to a destination now. */
export interface HeldBack {
  /** Stable. */
  readonly reason: string;
  readonly message: string;
  /** When that is looked at again, epoch milliseconds; null: when something changes. */
  readonly until: number | null;
  /** It is proposed instead; null: it is not. */
  readonly proposal: { readonly rule: string | null } | null;
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

/**
 * Asks the policies of the destinations. They are about numbers alone: a person's word always goes.
 *
 * @param behind members whose branch is behind the one at home, with the count that it holds
 * @param budget what the next commits may still move; what goes is taken from it
 */
export function holdBack(
  placed: PlacedDso,
  decided: Decided,
  behind: ReadonlyMap<string, number | null>,
  budget: CommitBudget,
  now: number,
): Routing {
  const { record } = decided;
  if (!record) return UNROUTED;
  const heldBack = new Map<string, HeldBack>();
  const rules: string[] = [];
  for (const [id, { written }] of decided.changes) {
    const destination = destinationAt(placed, id);
    const { namespace, labels, annotations } = placed.dso;
    const change = { namespace, labels, annotations, members: written, ...totalsOf(record, now) };
    const found = route(destination.policy, change, now);
    const rule = `${JSON.stringify(found.by)} of ${destination.name}`;
    if (found.by !== null) rules.push(`${rule}: ${found.action}`);
    const held =
      heldBy(found, rule, placed.dso.key) ??
      tooMuch(destination, movedBy(record, written, behind), budget, placed.dso.key);
    if (held) heldBack.set(id, held);
  }
  return { heldBack, rules };
}

/** Whether the next commit is full, and this goes with the one after it. */
export function isForNextCommit({ reason }: HeldBack): boolean {
  return reason === 'CommitFull';
}

/** What a DSO waits for whose decision is kept back; null: it is not. */
export function heldBackVerdict({ heldBack }: Routing): Verdict | null {
  const [first] = heldBack.values();
  return first ? { kind: 'wait', reason: first.reason, message: first.message } : null;
}

function totalsOf(
  { total, state }: LandedRecord,
  now: number,
): Pick<Change, 'before' | 'after' | 'lowest' | 'highest'> {
  // At first sight what was known to run; what is decided meanwhile is committed nowhere.
  const before = total.before ?? state.before.recent.at(-1)?.total ?? 0;
  return { before, after: total.after, ...recentRange(state.before.recent, before, now) };
}

function heldBy({ action, until, by }: Route, rule: string, key: string): HeldBack | null {
  if (action === 'push') return null;
  if (action === 'pullRequest') return { ...proposed(rule), until, proposal: { rule: by } };
  if (action === 'hold')
    return {
      reason: 'ApprovalNeeded',
      message: `rule ${rule} holds it: nothing is written until you run: dso-gitops apply --approve ${key}`,
      until,
      proposal: null,
    };
  const when = until === null ? 'its window does not open again' : `until ${new Date(until).toISOString()}`;
  const message = `${rule} lets it wait: ${when}, or until you run: dso-gitops apply --approve ${key}`;
  return { reason: 'WaitsForWindow', message, until, proposal: null };
}

function proposed(rule: string): Pick<HeldBack, 'reason' | 'message'> {
  return { reason: 'Proposed', message: `rule ${rule} proposes it: it is written when its pull request is merged` };
}

/** Nothing of a decision goes anywhere: a person said no where it was proposed, or nobody knows whether. */
export function heldEverywhere({ changes }: Decided, reason: string, message: string): Routing {
  const held = { reason, message, until: null, proposal: null };
  return { heldBack: new Map([...changes.keys()].map((id) => [id, held])), rules: [] };
}

function movedBy(
  { members }: LandedRecord,
  written: readonly string[],
  behind: ReadonlyMap<string, number | null>,
): number {
  return written.reduce((sum, name) => {
    const member = members[name];
    const before = behind.has(name) ? behind.get(name) : member?.before;
    return member ? sum + Math.abs(member.after - (before ?? 0)) : sum;
  }, 0);
}

function tooMuch(
  { id, name, policy }: Destination,
  replicas: number,
  budget: CommitBudget,
  key: string,
): HeldBack | null {
  const limit = policy.maxReplicasPerCommit;
  const fit = budget.take(id, replicas, limit);
  if (fit === 'fits') return null;
  const most = `maxReplicasPerCommit of ${name} is ${limit}`;
  if (fit === 'later')
    return {
      reason: 'CommitFull',
      message: `${most}, and others come first; it waits for the next commit`,
      until: null,
      proposal: null,
    };
  const message = `${most}, and this moves ${replicas}: nothing is written until you run: dso-gitops apply --approve ${key}`;
  return { reason: 'ApprovalNeeded', message, until: null, proposal: null };
}

/** What a person's no, or that it is not known, makes of a decision. */
export function refusalVerdict({ kind, reason, message }: Refusal, { home }: PlacedDso): Verdict {
  if (kind === 'wait') return { kind, reason, message };
  return { kind, reason, message, path: '', destinationId: home.id, commit: null, isNameless: true };
}
