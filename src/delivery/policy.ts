import type { TimeWindow } from './window.ts';

/** What is done with a change. */
export type Action = 'push' | 'pullRequest' | 'hold' | 'wait';

/** A range of numbers, both ends in it; null: no limit. */
export interface Range {
  readonly min: number | null;
  readonly max: number | null;
}

/** What a change must be for a rule; null: it does not matter. */
export interface Condition {
  readonly direction: Direction | null;
  /** Replicas by which the total moves, >= 0. */
  readonly replicas: Range | null;
  /** The same in percent of the total before. From 0 it is infinite. */
  readonly percent: Range | null;
  readonly zero: 'reached' | 'left' | null;
  /** One of them changes. */
  readonly members: readonly string[] | null;
  readonly namespaces: readonly string[] | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly window: TimeWindow | null;
}

export type Direction = 'up' | 'down' | 'same';

/** What is done with the changes that it matches. */
export interface Rule {
  /** For people. */
  readonly name: string;
  readonly when: Condition;
  readonly action: Action;
  /** With `wait`: what is waited for. */
  readonly window: TimeWindow | null;
}

/** A time in which nothing of what it matches is written. */
export interface Freeze {
  readonly name: string;
  readonly when: Condition;
  readonly window: TimeWindow;
}

/** How a destination takes changes: freezes first, then the first rule that matches; none: push. */
export interface Policy {
  readonly freezes: readonly Freeze[];
  readonly rules: readonly Rule[];
  /** Most replicas that one commit may move, up and down together; null: no limit. */
  readonly maxReplicasPerCommit: number | null;
}

/** A change of one DSO at one destination. */
export interface Change {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Members whose count changes there. */
  readonly members: readonly string[];
  /** Committed now. */
  readonly before: number;
  readonly after: number;
  /** The lowest and the highest total that was committed in the last hour: small steps do not add up unseen. */
  readonly lowest: number;
  readonly highest: number;
}

/** Where a change goes. */
export interface Route {
  readonly action: Action;
  /** Which rule or freeze decided, for people; null: none matched. */
  readonly by: string | null;
  /** With `wait`: until when, epoch milliseconds; null: for ever. */
  readonly until: number | null;
}

/** Decides where a change goes. Pure. */
export function route({ freezes, rules }: Policy, change: Change, now: number): Route {
  for (const { name, when, window } of freezes) {
    const span = window.at(now);
    if (span && isMatch(when, change, now)) return { action: 'wait', by: name, until: span.to };
  }
  const rule = rules.find(({ when }) => isMatch(when, change, now));
  if (!rule) return { action: 'push', by: null, until: null };
  const { name, action, window } = rule;
  if (action !== 'wait' || !window) return { action, by: name, until: null };
  if (window.at(now)) return { action: 'push', by: name, until: null };
  return { action: 'wait', by: name, until: window.next(now) };
}

function isMatch(when: Condition, change: Change, now: number): boolean {
  const { namespace, labels, annotations, members, before, after } = change;
  const moved = movedBy(change);
  return (
    (when.direction === null || when.direction === directionOf(change)) &&
    isIn(when.replicas, moved.replicas) &&
    isIn(when.percent, moved.percent) &&
    (when.zero === null || when.zero === zeroOf(before, after)) &&
    (when.members?.some((name) => members.includes(name)) ?? true) &&
    (when.namespaces?.includes(namespace) ?? true) &&
    hasAll(when.labels, labels) &&
    hasAll(when.annotations, annotations) &&
    (when.window === null || when.window.at(now) !== null)
  );
}

function directionOf({ before, after }: Change): Direction {
  if (after === before) return 'same';
  return after > before ? 'up' : 'down';
}

/** Growth is measured against the lowest total of the last hour, a reduction against the highest. */
function movedBy(change: Change): { readonly replicas: number; readonly percent: number } {
  const direction = directionOf(change);
  if (direction === 'same') return { replicas: 0, percent: 0 };
  const from = direction === 'up' ? change.lowest : change.highest;
  const replicas = Math.abs(change.after - from);
  return { replicas, percent: from === 0 ? Number.POSITIVE_INFINITY : (100 * replicas) / from };
}

function zeroOf(before: number, after: number): Condition['zero'] {
  if (before > 0 && after === 0) return 'reached';
  return before === 0 && after > 0 ? 'left' : null;
}

function isIn(range: Range | null, value: number): boolean {
  return range === null || (value >= (range.min ?? 0) && value <= (range.max ?? Number.POSITIVE_INFINITY));
}

function hasAll(wanted: Readonly<Record<string, string>>, is: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => is[key] === value);
}
