import { MAX_WEIGHT } from '../api/dso.ts';
import { DnsName } from '../api/names.ts';
import { didYouMean, show } from '../api/problem.ts';
import { MAX_REPLICAS } from '../demand/metric.ts';
import type { SplitMember } from '../split/split.ts';

const FIELDS = ['min', 'max', 'priority'] as const;
type Field = (typeof FIELDS)[number];

/** How a member is written on the command line, for help and errors. */
export const MEMBER_FORM = '<name>=<weight>[,min=<replicas>][,max=<replicas>][,priority=<tier>]';

/** Members of the command line, and all that is wrong with them. */
export interface ParsedMembers {
  readonly members: readonly SplitMember[];
  /** One line each. */
  readonly problems: readonly string[];
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/**
 * Members as `name=4,min=1,max=10,priority=1`, with the ranges that a DSO has.
 *
 * @param defaultWeight weight of a member that is only a name; null: a weight is required
 */
export function parseMembers(texts: readonly string[], defaultWeight: number | null = null): ParsedMembers {
  const problems: string[] = [];
  const first = new Map<string, string>();
  const members: SplitMember[] = [];
  for (const text of texts) {
    const { member, problems: found } = parseMember(text, defaultWeight);
    problems.push(...found.map((problem) => `--member ${show(text)}: ${problem}`));
    const earlier = first.get(member.name);
    if (earlier === undefined) first.set(member.name, text);
    else
      problems.push(
        `--member ${show(text)}: expected every member once; found ${show(member.name)} in ${show(earlier)}, too`,
      );
    members.push(member);
  }
  return { members, problems };
}

/** An integer from 0 to `most` as the command line has it; null when it is none. */
export function parseCount(text: string, most: number): number | null {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value <= most ? value : null;
}

function parseMember(text: string, defaultWeight: number | null): { member: SplitMember; problems: readonly string[] } {
  const [head = '', ...options] = text.split(',').map((part) => part.trim());
  const problems: string[] = [];
  const { name, weight, problem } = parseHead(head, defaultWeight);
  if (problem !== null) problems.push(problem);
  const fields = new Map<Field, number>();
  for (const option of options) {
    const parsed = parseOption(option);
    if (typeof parsed === 'string') problems.push(parsed);
    else if (fields.has(parsed.field)) problems.push(`expected ${parsed.field} once; found it twice`);
    else fields.set(parsed.field, parsed.value);
  }
  const { min = 0, max = MAX_REPLICAS } = Object.fromEntries(fields);
  if (min > max) problems.push(`expected min at most max ${max}; found min ${min}`);
  return { member: { name, weight, ...Object.fromEntries(fields) }, problems };
}

function parseHead(
  head: string,
  defaultWeight: number | null,
): { name: string; weight: number; problem: string | null } {
  const at = head.indexOf('=');
  const name = at < 0 ? head : head.slice(0, at);
  const weightText = at < 0 ? null : head.slice(at + 1);
  const weight = weightText === null ? defaultWeight : parseCount(weightText, MAX_WEIGHT);
  const checked = DnsName.safeParse(name);
  if (!checked.success)
    return { name, weight: 0, problem: `${checked.error.issues[0]?.message} as the name; found ${show(name)}` };
  if (weight !== null) return { name, weight, problem: null };
  if (weightText === null)
    return { name, weight: 0, problem: `expected a weight, ${MEMBER_FORM}; found only the name` };
  return { name, weight: 0, problem: `expected a weight from 0 to ${MAX_WEIGHT}; found ${show(weightText)}` };
}

function parseOption(option: string): { readonly field: Field; readonly value: number } | string {
  const at = option.indexOf('=');
  const name = at < 0 ? option : option.slice(0, at);
  const field = FIELDS.find((candidate) => candidate === name);
  if (!field) {
    const meant = didYouMean(name, FIELDS);
    return `unknown option ${show(name)}; expected ${FIELDS.join(', ')}${meant ? `; did you mean ${meant}?` : ''}`;
  }
  const text = at < 0 ? '' : option.slice(at + 1);
  const value = parseCount(text, MAX_REPLICAS);
  if (value === null) return `expected ${field}=<integer from 0 to ${MAX_REPLICAS}>; found ${show(text)}`;
  return { field, value };
}
