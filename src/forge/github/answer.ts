import * as z from 'zod';
import { redact } from '../../repository/environment.ts';

/** A failed answer of GitHub, read without trust. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As it came; empty: none was given. */
  readonly message: string;
  /** What is wrong with which field. */
  readonly details: readonly Detail[];
  /** Where it moved to; null: it did not. */
  readonly location: string | null;
}

export interface Detail {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

const text = z.string().catch('');
const DetailBody = z.union([
  z.string().transform((message): Detail => ({ field: '', code: '', message })),
  z.object({ field: text, code: text, message: text }),
]);
const FailureBody = z.object({
  message: text,
  url: text,
  // Of some calls it is one text instead of a list.
  errors: z
    .union([z.array(DetailBody), z.string().transform((message) => [{ field: '', code: '', message }])])
    .catch([]),
});

/** A web page of a proxy says nothing that helps. */
const SHOWN = 500;

/** Reads the body of a failed answer. */
export function refusalOf(
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
  data: unknown,
): Refusal {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const parsed = FailureBody.safeParse(data);
  const { message, errors, url } = parsed.success ? parsed.data : { message: '', errors: [], url: '' };
  const location = status >= 300 && status < 400 ? (headers['location'] ?? url) || null : null;
  return { status, headers: Object.fromEntries(given), message, details: errors, location };
}

/** The same, without the secrets that it may repeat. */
export function withoutSecrets(refusal: Refusal, secrets: readonly string[]): Refusal {
  const clean = (text: string): string => redact(text, secrets);
  const details = refusal.details.map(({ field, code, message }) => ({
    field: clean(field),
    code: clean(code),
    message: clean(message),
  }));
  const headers = Object.entries(refusal.headers).map(([name, value]) => [name, clean(value)] as const);
  return { ...refusal, headers: Object.fromEntries(headers), message: clean(refusal.message), details };
}

/** What GitHub says, with the fields it names. */
export function saidBy({ message, details, status }: Refusal): string {
  const fields = details.map(({ field, code, message: said }) => said || [field, code].filter(Boolean).join(' is '));
  const all = [message, ...fields].map(oneLine).filter(Boolean).join(': ');
  return all === '' ? `HTTP ${status}` : `HTTP ${status}, ${all}`;
}

/** On one line, without what a terminal would act on, and cut. */
export function oneLine(message: string): string {
  const line = message.replaceAll(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}...` : line;
}

/**
 * Until when GitHub wants to be left alone, in milliseconds since 1970 of this clock; null: the answer is about something
 * else. The order is that of its documentation: `retry-after`, then `x-ratelimit-reset`, then a minute.
 */
export function limitedUntil({ status, headers, message }: Refusal, now: number): number | null {
  const isSpent = headers['x-ratelimit-remaining'] === '0';
  const isSecondary = /secondary rate|abuse detection/i.test(message);
  const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
  const isLimit = status === 429 || (status === 403 && (isSpent || isSecondary || !Number.isNaN(retryAfter)));
  if (!isLimit) return null;
  if (!Number.isNaN(retryAfter)) return now + bounded(retryAfter * 1000);
  // A second more, for what was cut from a time in whole seconds.
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  if (isSpent && !Number.isNaN(reset)) return now + bounded(reset * 1000 - theirNow(headers, now) + 1000);
  return now + MINUTE_MS;
}

/** Now by the clock of whoever answered, which times in its answer are of. */
export function theirNow(headers: Readonly<Record<string, string | undefined>>, now: number): number {
  const date = Date.parse(headers['date'] ?? '');
  return Number.isNaN(date) ? now : date;
}

const MINUTE_MS = 60_000;
/** No limit of GitHub's is longer; more is a mistake, or a proxy's. */
const MAX_WAIT_MS = 3_600_000;

function bounded(waitMs: number): number {
  return Math.min(MAX_WAIT_MS, Math.max(0, waitMs));
}
