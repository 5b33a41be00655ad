import type { SplitMember } from './split.ts';

const maxTotal = 2 ** 31 - 1;
const maxWeight = 1_000_000;

/** Throws a RangeError that names every number out of its range: what was expected, and what was found. */
export function checkInput(total: number, members: readonly SplitMember[]): void {
  const problems: string[] = [];
  check(problems, '', 'total', total, maxTotal);
  for (const member of members) {
    const { name } = member;
    check(problems, name, 'weight', member.weight, maxWeight);
    if (member.min !== undefined) check(problems, name, 'min', member.min, Number.MAX_SAFE_INTEGER);
    if (member.max !== undefined) check(problems, name, 'max', member.max, Number.MAX_SAFE_INTEGER);
    if (member.capacity !== undefined) check(problems, name, 'capacity', member.capacity, Number.MAX_SAFE_INTEGER);
    if (member.priority !== undefined) check(problems, name, 'priority', member.priority, Number.MAX_SAFE_INTEGER);
  }
  if (problems.length > 0) throw new RangeError(`Cannot split: ${problems.join('; ')}.`);
}

function check(problems: string[], member: string, field: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  const where = member === '' ? field : `${field} of member ${JSON.stringify(member)}`;
  const range = most === Number.MAX_SAFE_INTEGER ? 'an integer >= 0' : `an integer from 0 to ${most}`;
  problems.push(`${where}: expected ${range}, found ${String(value)}`);
}

/** The members in code unit order of their names. Throws a RangeError when two have the same name. */
export function sortByName(members: readonly SplitMember[]): readonly SplitMember[] {
  if (isSorted(members)) return members;
  const sorted = members.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  if (isSorted(sorted)) return sorted;
  const twice = sorted.filter((member, index) => member.name === sorted[index + 1]?.name);
  const names = [...new Set(twice.map(({ name }) => JSON.stringify(name)))];
  throw new RangeError(`Cannot split: expected every member name once, found more than one ${names.join(', ')}.`);
}

/** Whether every name is greater than the one before it, so also without a duplicate. */
function isSorted(members: readonly SplitMember[]): boolean {
  let previous: string | undefined;
  for (const { name } of members) {
    if (previous !== undefined && previous >= name) return false;
    previous = name;
  }
  return true;
}
