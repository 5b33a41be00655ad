import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { VectorResult } from './result.ts';

/** What a runner gets of a vector of hpa.json. */
export interface HpaCase {
  readonly input: unknown;
  readonly expected: Readonly<Record<string, unknown>>;
}

/** Runs the vectors of one kind. */
export type Runner = (vector: HpaCase) => VectorResult;

/** An integer in milli-units; a string where a double cannot hold it. */
export const Milli = z.union([z.string(), z.number().int()]).transform((milli) => BigInt(milli));

/** A double, also those that JSON has no number for. */
export const Double = z.union([z.number(), z.enum(['NaN', 'Infinity', '+Infinity', '-Infinity'])]).transform(Number);

/** Left out, with the reason. */
export function skip(reason: string): VectorResult {
  return { outcome: 'skipped', reason };
}

/** Compares the fields that are expected, inside objects too; what else was found does not count. */
export function compareExpected(
  found: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): VectorResult {
  const differences = differ(found, expected, '');
  return differences.length === 0 ? { outcome: 'passed' } : { outcome: 'failed', detail: differences.join('; ') };
}

function differ(found: unknown, expected: unknown, path: string): readonly string[] {
  if (isRecord(found) && isRecord(expected)) {
    return Object.entries(expected).flatMap(([key, value]) => {
      const here = path === '' ? key : `${path}.${key}`;
      return Object.hasOwn(found, key)
        ? differ(found[key], value, here)
        : [`${here}: this check computes no such field`];
    });
  }
  if (isDeepStrictEqual(normal(found), normal(expected))) return [];
  return [`${path}: expected ${JSON.stringify(normal(expected))}, found ${JSON.stringify(normal(found))}`];
}

/** -0 is 0, and a bigint is written as in the vectors: a number where a double holds it, else a string. */
function normal(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return value === 0 ? 0 : value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
