import { parseDuration } from '../api/duration.ts';
import type { Path, Problem } from '../api/problem.ts';
import type { Condition, Policy, Range } from '../delivery/policy.ts';
import { recurringWindow, singleWindow, type TimeWindow } from '../delivery/window.ts';
import { messageOf } from '../errors.ts';
import type { ConditionFile, DeliveryPolicyFile, WindowFile } from './delivery-schema.ts';

/** No rule and no freeze: all is pushed. */
export const PUSH: Policy = { rules: [], freezes: [], maxReplicasPerCommit: null };

/** What `delivery: pullRequest` stands for. */
const PROPOSE: Exclude<DeliveryPolicyFile, string> = {
  rules: [{ name: 'pullRequest', when: { labels: {}, annotations: {} }, then: 'pullRequest' }],
  freezes: [],
};

/** A policy and what is wrong with it. */
export interface LoadedPolicy {
  readonly policy: Policy;
  /** Paths from the policy on. */
  readonly problems: readonly Problem[];
}

/** Whether a rule proposes changes instead of pushing them. */
export function isProposing({ rules }: Policy): boolean {
  return rules.some(({ action }) => action === 'pullRequest');
}

/** Builds the windows of a policy. @param today epoch milliseconds: every window must open at some time after it */
export function loadPolicy(given: DeliveryPolicyFile | undefined, today: number): LoadedPolicy {
  if (given === undefined || given === 'push') return { policy: PUSH, problems: [] };
  const file = given === 'pullRequest' ? PROPOSE : given;
  const loader = new Loader(today);
  const rules = file.rules.map(({ name, when, then, until }, index) => {
    const path = ['rules', index];
    if (then === 'wait' && !until)
      loader.say([...path, 'until'], 'is required with wait: the window that is waited for; found nothing');
    if (then !== 'wait' && until)
      loader.say([...path, 'until'], `is for wait only, and this rule says ${then}; remove it`);
    return {
      name,
      action: then,
      when: loader.condition(when, [...path, 'when']),
      window: loader.window(until, [...path, 'until']),
    };
  });
  const freezes = file.freezes.flatMap(({ name, when, window }, index) => {
    const path = ['freezes', index];
    const found = loader.window(window, [...path, 'window']);
    const condition = loader.condition(when, [...path, 'when']);
    return found ? [{ name, when: condition, window: found }] : [];
  });
  loader.checkNames('rules', file.rules);
  loader.checkNames('freezes', file.freezes);
  const { maxReplicasPerCommit = null } = file;
  return { policy: { rules, freezes, maxReplicasPerCommit }, problems: loader.problems };
}

class Loader {
  readonly problems: Problem[] = [];
  readonly #today: number;

  constructor(today: number) {
    this.#today = today;
  }

  say(path: Path, message: string): void {
    this.problems.push({ path, message });
  }

  condition(file: ConditionFile, path: Path): Condition {
    const { direction, zero, members, namespaces, labels, annotations } = file;
    return {
      direction: direction ?? null,
      replicas: this.#range(file.replicas, [...path, 'replicas']),
      percent: this.#range(file.percent, [...path, 'percent']),
      zero: zero ?? null,
      members: members ?? null,
      namespaces: namespaces ?? null,
      labels,
      annotations,
      window: this.window(file.window, [...path, 'window']),
    };
  }

  /** null: none was given, or it cannot be. */
  window(file: WindowFile | undefined, path: Path): TimeWindow | null {
    if (!file) return null;
    if ('from' in file) return this.#single(file, path);
    const durationMs = parseDuration(file.duration) ?? 0;
    if (durationMs <= 0) this.say([...path, 'duration'], 'expected more than 0');
    try {
      return recurringWindow(file.cron, file.timeZone, durationMs, this.#today);
    } catch (error) {
      const why = messageOf(error).split('\n')[0]?.trim() ?? '';
      const isZone = /timezone/i.test(why);
      const expected = isZone ? 'expected a name such as Europe/Berlin' : 'expected five fields such as 0 9 * * 1-5';
      const found = JSON.stringify(isZone ? file.timeZone : file.cron);
      this.say([...path, isZone ? 'timeZone' : 'cron'], `${expected}; found ${found}: ${why}`);
      return null;
    }
  }

  checkNames(list: 'rules' | 'freezes', items: readonly { readonly name: string }[]): void {
    for (const [index, { name }] of items.entries()) {
      const earlier = items.findIndex((item) => item.name === name);
      if (earlier < index)
        this.say(
          [list, index, 'name'],
          `expected another name than that of ${list}[${earlier}]; found ${JSON.stringify(name)}`,
        );
    }
  }

  #single({ from, to }: { from: string; to: string }, path: Path): TimeWindow {
    const [begin, end] = [Date.parse(from), Date.parse(to)];
    if (begin >= end) this.say([...path, 'to'], `expected a time after ${from}; found ${to}`);
    return singleWindow(begin, end);
  }

  #range(file: { min?: number | undefined; max?: number | undefined } | undefined, path: Path): Range | null {
    if (!file) return null;
    const { min = null, max = null } = file;
    if (min !== null && max !== null && min > max)
      this.say([...path, 'max'], `expected at least min, which is ${min}; found ${max}`);
    return { min, max };
  }
}
