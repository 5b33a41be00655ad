import leven from 'leven';
import * as z from 'zod';
import { expectation, meantBranch, quotesHint } from './expectation.ts';

/** A step into a document: key or index. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with an input. */
export interface Problem {
  /** Where in the document; empty for the document itself. */
  readonly path: Path;
  /** What is wrong, what was expected and found, and what to do. One line. */
  readonly message: string;
}

/** A problem with the place of its line in the user's file. */
export interface LocatedProblem extends Problem {
  /** `file:line`, or whatever names the source. */
  readonly where: string;
}

/** `where: spec.memberClusters[1].weight: message`. */
export function formatProblem(problem: LocatedProblem): string {
  const path = formatPath(problem.path);
  return [problem.where, path, problem.message].filter((part) => part !== '').join(': ');
}

/** `spec.triggers[0].type`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** A zod error as problems: every issue one, with what was found and, for a wrong key, what was meant. */
export function problemsOf(error: z.ZodError, input: unknown, schema: z.ZodType): readonly Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, [], input, schema));
}

function problemsOfIssue(issue: z.core.$ZodIssue, prefix: Path, input: unknown, schema: z.ZodType): readonly Problem[] {
  const path = [...prefix, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  if (issue.code === 'unrecognized_keys') return unknownKeys(path, issue.keys, schema);
  const branch = issue.code === 'invalid_union' ? meantBranch(issue) : null;
  if (branch) return branch.flatMap((inner) => problemsOfIssue(inner, path, input, schema));
  const found = valueAt(input, path);
  return [{ path, message: `${expectation(issue)}; found ${show(found)}${quotesHint(issue, found)}` }];
}

/** The known key that is closest to a wrong one; null when none is near. */
export function didYouMean(wrong: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(wrong.length / 3)) + 1;
  for (const candidate of known) {
    const distance = leven(wrong.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** A value for an error message: short, on one line. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function unknownKeys(path: Path, keys: readonly string[], schema: z.ZodType): readonly Problem[] {
  const known = keysAt(schema, path);
  return keys.map((key) => {
    const meant = didYouMean(key, known);
    const hint = meant ? `did you mean ${JSON.stringify(meant)}?` : `known keys: ${known.join(', ')}`;
    return { path: [...path, key], message: `unknown key ${show(key)}; ${hint}` };
  });
}

function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let current: unknown = object(schema);
  for (const step of path) {
    if (current instanceof z.ZodObject) current = object(current.shape[String(step)]);
    else if (current instanceof z.ZodArray) current = object(current.element);
    else return [];
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

/** Of several forms the one with keys. */
function object(schema: unknown): unknown {
  const current = unwrap(schema);
  return current instanceof z.ZodUnion ? unwrap(current.options.find(isObject)) : current;
}

function isObject(schema: unknown): boolean {
  return unwrap(schema) instanceof z.ZodObject;
}

function unwrap(schema: unknown): unknown {
  let current = schema;
  while (
    current instanceof z.ZodOptional ||
    current instanceof z.ZodDefault ||
    current instanceof z.ZodPrefault ||
    current instanceof z.ZodNullable
  ) {
    current = current.unwrap();
  }
  return current;
}

function valueAt(input: unknown, path: Path): unknown {
  let current: unknown = input;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Reflect.get(current, step);
  }
  return current;
}
