import type { Reading } from '../demand/reading.ts';

/** How the text at a location becomes a number. */
export type ValueType = 'float64' | 'int64' | 'quantity';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;

const SUFFIX: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A missing reading. */
export function missing(reason: string, message: string): Reading {
  return { kind: 'missing', reason, message };
}

/**
 * Text as a reading. Stricter than KEDA, which takes `5abc` as 5 and NaN as a number: what is not a finite number >= 0
 * is missing.
 *
 * @param what names the value in the message
 * @param isSecret the text must not be repeated
 */
export function parseValue(text: string, type: ValueType, what: string, isSecret: boolean): Reading {
  const trimmed = text.trim();
  const found = isSecret ? 'something else (not shown, it is a Secret)' : foundText(trimmed);
  const expected = expectedOf(type);
  if (trimmed === '') return missing('ValueEmpty', `${what} is empty; expected ${expected}`);
  const value = type === 'quantity' ? parseQuantity(trimmed) : parseNumber(trimmed, type);
  if (value === null) return missing('ValueNotNumeric', `${what} is not ${expected}; found ${found}`);
  if (!Number.isFinite(value)) return missing('ValueNotFinite', `${what} is too large for a number; found ${found}`);
  if (value < 0) return missing('ValueNegative', `${what} is negative; expected 0 or more; found ${found}`);
  return { kind: 'value', value };
}

/** A Kubernetes quantity such as 500m or 2Ki; null when it is none. */
export function parseQuantity(text: string): number | null {
  const match = QUANTITY.exec(text);
  if (!match) return null;
  const [, digits, exponent, suffix] = match;
  if (exponent) return Number(`${digits}${exponent}`);
  return Number(digits) * (suffix ? (SUFFIX[suffix] ?? Number.NaN) : 1);
}

/** A decimal number as written, without trailing text; null when it is none. */
export function parseNumber(text: string, type: 'float64' | 'int64' = 'float64'): number | null {
  const isNumber = type === 'int64' ? /^[+-]?\d+$/.test(text) : NUMBER.test(text);
  return isNumber ? Number(text) : null;
}

function expectedOf(type: ValueType): string {
  if (type === 'int64') return 'an integer such as 20';
  return type === 'quantity' ? 'a quantity such as 20 or 500m' : 'a number such as 20';
}

function foundText(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text);
}
