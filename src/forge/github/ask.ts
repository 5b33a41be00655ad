import { Octokit } from 'octokit';
import * as z from 'zod';
import type { Send } from './route.ts';
import { withoutSlash } from './settings.ts';

/** The version of the API that the answers are read by; GitHub Enterprise Server takes it from 3.9 on. */
const API_VERSION = '2022-11-28';

/** An answer, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly data: unknown;
}

/** What calls go through. */
export interface AskSettings {
  readonly apiUrl: string;
  readonly send: Send;
  /** Calls of one id share a pace, in the whole process. */
  readonly paceId: string;
  readonly isPaced: boolean;
}

const ignore = (): void => undefined;

/** What the package would say of requests is in the errors and counters of this product. */
export const SILENT_LOG = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const Answered = z.object({
  response: z.object({
    status: z.number(),
    headers: z.record(
      z.string(),
      z
        .union([z.string(), z.number().transform(String)])
        .optional()
        .catch(undefined),
    ),
    data: z.unknown(),
  }),
});

/** The package, at the pace that GitHub asks for, and without the waits that belong to whoever calls. */
export function octokitFor({ apiUrl, send, paceId, isPaced }: AskSettings): Octokit {
  // A limit is not waited for here: it would hold up every other repository of the credential.
  const neverWait = (): boolean => false;
  return new Octokit({
    baseUrl: withoutSlash(apiUrl),
    userAgent: 'dso-gitops',
    log: SILENT_LOG,
    request: { fetch: send },
    throttle: { enabled: isPaced, id: paceId, onRateLimit: neverWait, onSecondaryRateLimit: neverWait },
    retry: { retries: 1, retryAfterBaseValue: isPaced ? 1000 : 0, doNotRetry: CLIENT_ERRORS },
  });
}

/** A refusal comes again; only what reads is repeated at all. */
const CLIENT_ERRORS = Array.from({ length: 100 }, (_, index) => 400 + index);

/**
 * One call, repeated once without an answer or after a 5xx where it only reads.
 *
 * @param route method and path or URL, such as `GET /repos/{owner}/{repo}`
 * @throws what the package throws where there was no answer
 */
export async function ask(
  octokit: Octokit,
  route: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const headers = { 'x-github-api-version': API_VERSION, ...headersOf(parameters) };
  // Named for a call, the number counts for every failure, even 304: so it is named where it is none.
  const request = route.startsWith('GET ') ? {} : { retries: 0 };
  try {
    const { status, headers: answered, data } = await octokit.request(route, { ...parameters, headers, request });
    return Answered.shape.response.parse({ status, headers: { ...answered }, data });
  } catch (error) {
    const answered = Answered.safeParse(error);
    if (answered.success) return answered.data.response;
    throw error;
  }
}

function headersOf({ headers }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return typeof headers === 'object' && headers !== null ? { ...headers } : {};
}
