import type { Octokit } from 'octokit';
import * as z from 'zod';
import { redact } from '../../repository/environment.ts';
import type { ContentBudget } from '../content-budget.ts';
import { limitedUntil, oneLine, type Refusal, refusalOf, withoutSecrets } from './answer.ts';
import { type Answer, ask, octokitFor } from './ask.ts';
import type { Credential } from './credential.ts';
import { explainRefusal, limited, moved, type Place } from './explain.ts';
import { explainGraphqlErrors, GraphqlBody } from './explain-graphql.ts';
import { explainNoAnswer } from './no-answer.ts';
import { read } from './read.ts';
import type { Send } from './route.ts';
import { graphqlUrlOf, webUrlOf } from './settings.ts';

/** Statuses beside success that a caller reads by itself. */
export interface CallOptions {
  readonly expected?: readonly number[];
}

/** What a client is made of. */
export interface ClientSettings {
  readonly apiUrl: string;
  readonly credential: Credential;
  readonly budget: ContentBudget;
  readonly send: Send;
  /** Of the credential, with its host. */
  readonly id: string;
  readonly isPaced: boolean;
  readonly now: () => number;
}

const MovedBody = z.object({ full_name: z.string() });

/** Calls of one credential, for all its repositories: they share its pace, its budget and its limits. */
export class GitHubClient {
  readonly apiUrl: string;
  readonly isPaced: boolean;
  readonly credential: Credential;
  readonly #settings: ClientSettings;
  readonly #octokit: Octokit;
  /** Until when GitHub wants to be left alone, by resource; an empty name is all of them. */
  readonly #limits = new Map<string, number>();

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    this.apiUrl = settings.apiUrl;
    this.isPaced = settings.isPaced;
    this.credential = settings.credential;
    const { send, credential } = settings;
    // As late as this, so that no options and no error of the package ever hold it.
    const authorized: Send = async (url, options) => {
      const headers = new Headers(options.headers ?? {});
      headers.set('authorization', `Bearer ${await credential.token()}`);
      return send(url, { ...options, headers });
    };
    this.#octokit = octokitFor({ ...settings, send: authorized, paceId: settings.id });
  }

  /**
   * One call of REST.
   *
   * @param target `owner/name`
   * @param doing in messages, for instance `read the repository`
   * @throws ProductError
   */
  async rest(
    route: string,
    parameters: Readonly<Record<string, unknown>>,
    target: string,
    doing: string,
    { expected = [] }: CallOptions = {},
  ): Promise<Answer> {
    this.#checkLimit('core', target, doing);
    if (!route.startsWith('GET ')) this.#settings.budget.take(this.#settings.now(), doing);
    const answer = await this.#send(route, parameters, doing);
    if (answer.status < 300 || expected.includes(answer.status)) return answer;
    const refusal = this.refusal(answer);
    this.#remember(refusal);
    if (answer.status === 401) this.credential.forget();
    if (refusal.location !== null) throw moved(doing, this.place(target), await this.#newName(refusal.location));
    throw explainRefusal(refusal, doing, this.place(target), this.#settings.now());
  }

  /**
   * One call of GraphQL: its `data`.
   *
   * @param isWrite it is a mutation
   * @throws ProductError
   */
  async graphql(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    target: string,
    doing: string,
    isWrite = false,
  ): Promise<unknown> {
    this.#checkLimit('graphql', target, doing);
    const { now, budget, apiUrl } = this.#settings;
    if (isWrite) budget.take(now(), doing);
    const answer = await this.#send(`POST ${graphqlUrlOf(apiUrl)}`, { query, variables }, doing);
    const refusal = this.refusal(answer);
    if (answer.status >= 300) {
      this.#remember(refusal);
      if (answer.status === 401) this.credential.forget();
      throw explainRefusal(refusal, doing, this.place(target), now());
    }
    const { data, errors } = read(GraphqlBody, answer.data, doing);
    if (errors.length === 0) return data;
    const clean = errors.map((error) => ({ ...error, message: this.#redact(error.message) }));
    if (clean.some(({ type }) => type === 'RATE_LIMITED')) {
      const spent = { ...refusal, status: 429 };
      this.#remember(spent);
      throw explainRefusal({ ...spent, message: clean[0]?.message ?? '' }, doing, this.place(target), now());
    }
    throw explainGraphqlErrors(clean, refusal, doing, this.place(target), now());
  }

  /** Whose refusals its errors are about. */
  place(target: string): Place {
    return { target, webUrl: webUrlOf(this.apiUrl), credential: this.credential.kind() };
  }

  /** A failed answer without the secrets it may repeat. */
  refusal({ status, headers, data }: Answer): Refusal {
    return withoutSecrets(refusalOf(status, headers, data), this.credential.secrets());
  }

  async #send(route: string, parameters: Readonly<Record<string, unknown>>, doing: string): Promise<Answer> {
    // Here, so that what is wrong with it is thrown as it is and at once.
    await this.credential.token();
    try {
      return await ask(this.#octokit, route, parameters);
    } catch (error) {
      throw explainNoAnswer(error, doing, new URL(this.apiUrl).host, this.credential.secrets());
    }
  }

  #redact(text: string): string {
    return redact(text, this.credential.secrets());
  }

  /** Asking on while GitHub says no is what it bans for. */
  #checkLimit(resource: string, target: string, doing: string): void {
    const now = this.#settings.now();
    const until = Math.max(this.#limits.get('') ?? 0, this.#limits.get(resource) ?? 0);
    if (until > now) throw limited(`cannot ${doing} at ${target}: GitHub has said to wait`, until, now);
  }

  #remember(refusal: Refusal): void {
    const until = limitedUntil(refusal, this.#settings.now());
    if (until === null) return;
    const isPrimary = refusal.headers['x-ratelimit-remaining'] === '0';
    const resource = isPrimary ? (refusal.headers['x-ratelimit-resource'] ?? '') : '';
    // An answer to an earlier call does not shorten what a later one was told.
    this.#limits.set(resource, Math.max(until, this.#limits.get(resource) ?? 0));
  }

  /** The name that the repository has now, where the same host tells it. */
  async #newName(location: string): Promise<string | null> {
    try {
      const { origin } = new URL(this.apiUrl);
      const url = new URL(location, origin);
      if (url.origin !== origin) return null;
      const answer = await ask(this.#octokit, `GET ${url.href}`, {});
      const parsed = MovedBody.safeParse(answer.data);
      return parsed.success ? oneLine(this.#redact(parsed.data.full_name)) : null;
    } catch {
      // What is told stands without the name.
      return null;
    }
  }
}
