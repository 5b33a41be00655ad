import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type HttpHost, listen, serveHttp } from '../../repository/http-server.ts';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';
import { answerApp } from './app-routes.ts';
import { Bodies } from './bodies.ts';
import { type Asked, Description } from './description.ts';
import { Faults } from './faults.ts';
import { GraphqlHost } from './graphql-host.ts';
import { type Prepared, preparedRepository } from './prepared-repository.ts';
import { failed, type Reply } from './reply.ts';
import { ROUTES } from './rest.ts';
import { HeldApp, PERMISSIONS, type Token } from './tokens.ts';
import { HeldRepository } from './world.ts';

/** What a stand-in is. */
export interface StandInSettings {
  /** What is in the repository `acme/fleet`. */
  readonly prepared?: Prepared;
  /** Version of GitHub Enterprise Server it is, as in `@octokit/openapi`; null: github.com. */
  readonly enterprise?: string | null;
  /** Fields and mutations of GraphQL that it lacks, such as `PullRequest.isInMergeQueue`. */
  readonly lacking?: readonly string[];
  /** In milliseconds since 1970. */
  readonly now?: () => number;
  /** Speaks https, with this key and certificate in PEM form. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** One request as it came and was answered. */
export interface Seen {
  /** Method, path and query. */
  readonly request: string;
  /** 0: there was no answer. */
  readonly status: number;
  readonly authorization: string | null;
}

const LIMIT = 5000;

/**
 * GitHub on loopback until the test is over: its API over a real bare repository, which is also served to Git. What is asked
 * and answered is held to GitHub's own descriptions; whatever does not fit fails the test.
 */
export class GitHubStandIn {
  /** `http://127.0.0.1:PORT`, with `/api/v3` of an Enterprise Server. */
  apiUrl = '';
  /** Where Git finds `acme/fleet`, with any credentials until `git` is told otherwise. */
  gitUrl = '';
  readonly repository: HeldRepository;
  readonly app = new HeldApp();
  readonly faults = new Faults();
  readonly seen: Seen[] = [];
  /** Called before GraphQL is answered. */
  onGraphql: (() => void) | null = null;
  /** Called before anything is answered. */
  onRequest: (() => void) | null = null;
  /** What did not fit the descriptions. */
  readonly problems: string[] = [];
  /** By text; a person's fine-grained one to begin with. */
  readonly tokens = new Map<string, Token>();
  /** Requests that are left of this hour; 304 cost none. */
  remaining = LIMIT;
  readonly now: () => number;
  readonly #description: Description;
  readonly #prefix: string;
  readonly #graphql: GraphqlHost;
  readonly #bodies: Bodies;
  #git: HttpHost | null = null;

  private constructor(
    directory: string,
    { prepared, enterprise = null, lacking = [], now = Date.now }: StandInSettings,
  ) {
    this.now = now;
    this.#prefix = enterprise === null ? '' : '/api/v3';
    this.#description = Description.of(enterprise ?? 'api.github.com');
    const first: Prepared = { files: { 'base/app.yaml': 'x\n' }, branches: {} };
    const bare = preparedRepository(join(directory, 'acme', 'fleet.git'), prepared ?? first);
    this.repository = new HeldRepository('acme', 'fleet', 77, bare, now);
    this.#graphql = new GraphqlHost([this.repository], lacking);
    this.#bodies = new Bodies(this.#description, 'https://github.test');
  }

  static async start(settings: StandInSettings = {}): Promise<GitHubStandIn> {
    const directory = temporaryDirectory();
    const standIn = new GitHubStandIn(directory, settings);
    const serve = (request: IncomingMessage, response: ServerResponse): void => void standIn.#serve(request, response);
    const { tls } = settings;
    const port = await listen(tls ? createTlsServer({ ...tls }, serve) : createServer(serve));
    standIn.apiUrl = `${tls ? 'https' : 'http'}://127.0.0.1:${port}${standIn.#prefix}`;
    standIn.#git = await serveHttp(directory);
    standIn.gitUrl = `${standIn.#git.url}/acme/fleet.git`;
    standIn.grant('github_pat_11AAveryS3cretT0ken_x9');
    onTestFinished(() => expect(standIn.problems).toEqual([]));
    return standIn;
  }

  /** What serves the repositories to Git. */
  get git(): HttpHost {
    if (this.#git) return this.#git;
    throw new Error('the stand-in was not started');
  }

  /** A new token, with all permissions unless others are given. */
  grant(text: string, given: Partial<Token> = {}): Token {
    const token: Token = {
      text,
      login: 'dso-bot',
      permissions: new Set(PERMISSIONS),
      scopes: null,
      endsAt: null,
      ...given,
    };
    this.tokens.set(text, token);
    return token;
  }

  /** Methods, paths and queries that were asked for, with the answer's status. */
  requests(): readonly string[] {
    return this.seen.map(({ request, status }) => `${request} ${status}`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.onRequest?.();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    const asked = `${method} ${decodeURIComponent(url.pathname)}${url.search}`;
    const authorization = request.headers.authorization ?? null;
    const fault = this.faults.of(asked);
    const isLost = fault === 'silent' || fault === 'cut';
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const reply = isLost
      ? null
      : typeof fault === 'object' && fault
        ? fault
        : await this.#reply(method, url, body, authorization);
    const isAnswered = reply !== null && fault !== 'lost';
    this.seen.push({ request: asked, status: isAnswered ? this.#status(reply, request) : 0, authorization });
    if (isAnswered) this.#send(reply, request, response);
    else if (fault !== 'silent') response.destroy();
  }

  async #reply(method: string, url: URL, body: unknown, authorization: string | null): Promise<Reply> {
    try {
      if (this.remaining <= 0) return failed(403, 'API rate limit exceeded for user ID 1.');
      const token = this.tokens.get(authorization?.replace(/^bearer /i, '') ?? '');
      const isOver = token?.endsAt !== undefined && token.endsAt !== null && token.endsAt <= this.now();
      const valid = isOver ? undefined : token;
      const isGraphql = url.pathname === (this.#prefix === '' ? '/graphql' : '/api/graphql');
      if (isGraphql && valid) {
        this.onGraphql?.();
        const { body: answer, problems } = await this.#graphql.answer(body, valid);
        this.problems.push(...problems.map((problem) => `GraphQL: ${problem}`));
        return { status: 200, body: answer };
      }
      if (isGraphql) return failed(401, 'Bad credentials');
      return this.#rest(method, url, body, valid, authorization);
    } catch (error) {
      this.problems.push(`${method} ${url.pathname}: ${String(error)}`);
      return failed(500, 'the stand-in has failed');
    }
  }

  #rest(method: string, url: URL, body: unknown, token: Token | undefined, authorization: string | null): Reply {
    const path = url.pathname.slice(this.#prefix.length);
    // What a renamed repository is found by; GitHub does not describe it.
    const byId = /^\/repositories\/(\d+)$/.exec(path);
    if (byId) return { status: 200, body: this.#bodies.fullRepository(this.repository, false) };
    const asked = this.#description.match(method, path);
    if (!asked) {
      this.problems.push(`${method} ${path}: this host has no such call`);
      return failed(404, 'Not Found');
    }
    const problems = this.#description.problemsOfRequest(asked, url.searchParams, body);
    this.problems.push(...problems.map((problem) => `${asked.route}: ${problem}`));
    const reply = this.#routed(asked, url, body, token, authorization);
    this.problems.push(...this.#description.problemsOfAnswer(asked, reply.status, reply.body));
    return reply;
  }

  #routed(asked: Asked, url: URL, body: unknown, token: Token | undefined, authorization: string | null): Reply {
    const ofApp = answerApp(asked, { standIn: this, bodies: this.#bodies, authorization });
    if (ofApp) return ofApp;
    if (!token) return failed(401, 'Bad credentials');
    if (asked.route === 'GET /users/{username}')
      return { status: 200, body: this.#bodies.publicUser(asked.parameters['username'] ?? '') };
    const route = ROUTES[asked.route];
    if (!route) {
      this.problems.push(`${asked.route}: the stand-in does not know it`);
      return failed(404, 'Not Found');
    }
    const held = this.repository;
    const { owner = '', repo = '' } = asked.parameters;
    if (owner === held.owner && held.formerNames.includes(repo)) {
      const status = asked.route.startsWith('GET ') ? 301 : 307;
      const location = `${this.apiUrl}/repositories/${held.id}`;
      return {
        status,
        body: { message: 'Moved Permanently', url: location, documentation_url: '' },
        headers: { location },
      };
    }
    if (`${owner}/${repo}` !== held.fullName) return failed(404, 'Not Found');
    if (route.permission !== null && !token.permissions.has(route.permission))
      return forbidden(route.permission, token);
    if (route.permission !== null && held.flags.isArchived)
      return failed(403, 'Repository was archived so is read-only.');
    const page = `${this.apiUrl}${url.pathname.slice(this.#prefix.length)}`;
    return route.answer({ asked, query: url.searchParams, body, token, held, bodies: this.#bodies, url: page });
  }

  #status({ status, body }: Reply, request: IncomingMessage): number {
    return status === 200 && request.method === 'GET' && request.headers['if-none-match'] === etagOf(body)
      ? 304
      : status;
  }

  #send(reply: Reply, request: IncomingMessage, response: ServerResponse): void {
    const status = this.#status(reply, request);
    if (status !== 304) this.remaining = Math.max(0, this.remaining - 1);
    const limits = {
      'x-ratelimit-limit': String(LIMIT),
      'x-ratelimit-remaining': String(this.remaining),
      'x-ratelimit-reset': String(Math.ceil(this.now() / 1000) + 1800),
      'x-ratelimit-resource': request.url?.endsWith('/graphql') ? 'graphql' : 'core',
      date: new Date(this.now()).toUTCString(),
    };
    const etag = status < 300 || status === 304 ? { etag: etagOf(reply.body) } : {};
    const type = 'application/json; charset=utf-8';
    response.writeHead(status, { 'content-type': type, ...limits, ...etag, ...reply.headers });
    response.end(reply.body === undefined || status === 304 ? undefined : JSON.stringify(reply.body));
  }
}

function etagOf(body: unknown): string {
  return `W/"${createHash('sha256')
    .update(JSON.stringify(body ?? null))
    .digest('hex')}"`;
}

function forbidden(permission: string, { scopes }: Token): Reply {
  const of = scopes === null ? 'personal access token' : 'token';
  const headers: Readonly<Record<string, string>> =
    scopes === null
      ? { 'x-accepted-github-permissions': `${permission}=write` }
      : { 'x-accepted-oauth-scopes': 'repo', 'x-oauth-scopes': scopes.join(', ') };
  return failed(403, `Resource not accessible by ${of}`, headers);
}
