import * as z from 'zod';
import { messageOf, ProductError } from '../errors.ts';

const TOO_LARGE = 'AnswerTooLarge';

/** An answer of the API server that is not a success, or the lack of one. */
export class ApiFailure extends Error {
  /** HTTP status; 0: there was no answer. */
  readonly status: number;
  /** metav1.Status `reason`, such as Expired; empty: none given. */
  readonly reason: string;
  /** As the server told to wait; null: it did not. */
  readonly retryAfterMs: number | null;

  constructor(status: number, reason: string, message: string, retryAfterMs: number | null = null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ApiFailure';
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }

  /** The version that was asked for is gone: everything has to be listed again. */
  get isExpired(): boolean {
    return this.status === 410;
  }

  /** The answer was not read to its end: less has to be asked for. */
  get isTooLarge(): boolean {
    return this.reason === TOO_LARGE;
  }

  /** The server understood, and said no: the same call gets the same answer. */
  get isRefusal(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 429 && !this.isExpired;
  }
}

const StatusBody = z.object({
  message: z.string().default(''),
  reason: z.string().default(''),
  code: z.number().optional(),
});

/** The failure that an answer's body tells. */
export function failureOf(status: number, body: string, retryAfter: string | undefined): ApiFailure {
  const parsed = StatusBody.safeParse(parseJson(body));
  const seconds = Number(retryAfter);
  const retryAfterMs = retryAfter !== undefined && Number.isFinite(seconds) ? seconds * 1000 : null;
  if (!parsed.success) return new ApiFailure(status, '', `HTTP ${status}`, retryAfterMs);
  return new ApiFailure(status, parsed.data.reason, parsed.data.message || `HTTP ${status}`, retryAfterMs);
}

/** The failure of an answer that is not taken whole. */
export function tooLarge(message: string): ApiFailure {
  return new ApiFailure(0, TOO_LARGE, message);
}

/** The failure that an ERROR event of a watch carries. */
export function failureOfEvent(object: unknown): ApiFailure {
  const parsed = StatusBody.safeParse(object);
  if (!parsed.success) return new ApiFailure(0, '', 'the watch ended with an error that cannot be read');
  return new ApiFailure(parsed.data.code ?? 0, parsed.data.reason, parsed.data.message);
}

/** Anything that was thrown by a call, as a failure. */
export function asFailure(error: unknown): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure(0, '', messageOf(error), null, error);
}

/**
 * A failure as an error with a kind.
 *
 * @param doing what failed, for instance `list configmaps in namespace default`
 * @param granting the command whose output grants it
 */
export function explainFailure(
  failure: ApiFailure,
  doing: string,
  granting = 'dso-gitops install --export',
): ProductError {
  const { status, message } = failure;
  if (status === 401) {
    const advice = `the API server does not accept the credentials: cannot ${doing}: ${message}; renew the kubeconfig or the ServiceAccount's token`;
    return new ProductError('act', 'Unauthorized', advice, failure);
  }
  if (status === 403) {
    const advice = `the API server forbids to ${doing}: ${message}; grant it, for instance by applying the output of ${granting} again`;
    return new ProductError('act', 'Forbidden', advice, failure);
  }
  if (status === 404) return new ProductError('act', 'NotFound', `cannot ${doing}: ${message}`, failure);
  if (failure.isRefusal)
    return new ProductError('act', 'Refused', `the API server refuses to ${doing}: ${message}`, failure);
  const what = status === 0 ? 'the API server cannot be reached' : `the API server answered ${status}`;
  return new ProductError(
    'later',
    'HubUnreachable',
    `${what}: cannot ${doing}: ${message}; try again later, run does so by itself`,
    failure,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
