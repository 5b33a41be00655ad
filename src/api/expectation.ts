import type * as z from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

/** What an issue of zod expected, in the words of our messages. A message that a type brings itself is kept. */
export function expectation(issue: z.core.$ZodIssue): string {
  const isOwn = !/^(Too |Invalid |Unrecognized )/.test(issue.message);
  if (isOwn) return issue.message.replaceAll(/\s+/g, ' ').trim();
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_union':
      return `expected ${alternatives(issue.errors)}`;
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return `expected at least ${issue.minimum}${unit(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `expected at most ${issue.maximum}${unit(issue.origin, issue.maximum)}`;
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'expected a time such as 2026-01-31T08:00:00Z'
        : `expected a ${issue.format}`;
    default:
      return issue.message.replaceAll(/\s+/g, ' ').trim();
  }
}

/** What to do about a value that is right but for its quotes; empty otherwise. */
export function quotesHint(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code !== 'invalid_type') return '';
  if (issue.expected === 'string' && ['number', 'boolean'].includes(typeof found)) return '; put it in quotes';
  const isNumeric = typeof found === 'string' && found.trim() !== '' && Number.isFinite(Number(found));
  return isNumeric && ['number', 'int'].includes(issue.expected) ? '; remove the quotes' : '';
}

/** The branch of a union that the input was meant for: the one of its kind; null when it is of no branch's kind. */
export function meantBranch(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | null {
  return issue.errors.find((branch) => branch.length > 0 && !branch.some(isOtherKind)) ?? null;
}

function alternatives(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  return [
    ...new Set(
      branches
        .flat()
        .filter(isOtherKind)
        .map((issue) => expectation(issue).replace(/^expected /, '')),
    ),
  ].join(' or ');
}

function isOtherKind(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function unit(origin: string, count: number | bigint): string {
  const noun = { string: ' character', array: ' item' }[origin];
  if (noun === undefined) return '';
  return Number(count) === 1 ? noun : `${noun}s`;
}
