import * as z from 'zod';
import { BRANCH_PREFIX } from '../../proposal/head.ts';
import type { PullRequest, PullRequests } from '../forge.ts';
import type { Answer } from './ask.ts';
import type { GitHubClient } from './client.ts';
import { isFromHere, PullBody, pullOf } from './pull-body.ts';
import { read } from './read.ts';
import type { RepositoryName } from './settings.ts';

const ROUTE = 'GET /repos/{owner}/{repo}/pulls';
const PER_PAGE = 100;
const DOING = 'list pull requests';
/** Read again beyond what was read before: times are in seconds, and replicas of GitHub lag behind. */
const OVERLAP_MS = 120_000;

const PullBodies = z.array(PullBody);

/** What was learnt so far; replaced only after a walk that went well. */
interface Known {
  /** Ours, by number. */
  readonly pulls: ReadonlyMap<number, PullRequest>;
  /** Of the first page of all, newest change first: any change of any pull request changes it. */
  readonly etag: string | null;
  /** The newest change that was seen. */
  readonly newest: number;
  /** Closed ones are known from here on; null: none are. */
  readonly closedSince: number | null;
}

/**
 * Our pull requests, kept from look to look. GitHub's list of all, ordered by the last change, begins with whatever has
 * changed since; so one conditional request tells that nothing has, and the way down ends where it was ended before.
 */
export class PullList {
  readonly #client: GitHubClient;
  readonly #repository: RepositoryName;
  #known: Known | null = null;

  constructor(client: GitHubClient, repository: RepositoryName) {
    this.#client = client;
    this.#repository = repository;
  }

  /** See ForgeReader.pulls. */
  async look(closedSince: number | null): Promise<PullRequests> {
    const before = this.#known;
    const isCovered = before !== null && covers(before.closedSince, closedSince);
    const first = await this.#page({ state: 'all', page: 1, etag: isCovered ? before.etag : null });
    if (before !== null && first.status === 304) return told(before, closedSince);
    const pulls = new Map(before?.pulls);
    if (before === null) await this.#readOpen(pulls);
    const floors = [before && before.newest - OVERLAP_MS, isCovered ? null : closedSince];
    const newest = await this.#readDown(first, floor(floors), pulls);
    const known: Known = {
      pulls: withoutOld(pulls, closedSince),
      etag: first.headers['etag'] ?? null,
      newest: Math.max(before?.newest ?? 0, newest),
      closedSince,
    };
    this.#known = known;
    return told(known, closedSince);
  }

  /** What a write has answered is known at once, so that the next look does not tell what was before it. */
  learn(pull: PullRequest): void {
    const known = this.#known;
    if (known === null) return;
    this.#known = { ...known, etag: null, pulls: new Map(known.pulls).set(pull.number, pull) };
  }

  async #readOpen(pulls: Map<number, PullRequest>): Promise<void> {
    for (let page = 1; ; page += 1) {
      const answer = await this.#page({ state: 'open', page, etag: null });
      this.#take(answer, pulls);
      if (!hasNext(answer)) return;
    }
  }

  /** The newest change that was seen. */
  async #readDown(first: Answer, until: number, pulls: Map<number, PullRequest>): Promise<number> {
    let answer = first;
    let newest = 0;
    for (let page = 1; ; page += 1) {
      const times = this.#take(answer, pulls);
      newest = Math.max(newest, ...times);
      if (times.some((time) => time < until) || !hasNext(answer)) return newest;
      answer = await this.#page({ state: 'all', page: page + 1, etag: null });
    }
  }

  /** When each of a page was changed. */
  #take(answer: Answer, pulls: Map<number, PullRequest>): readonly number[] {
    const bodies = read(PullBodies, answer.data, DOING);
    for (const body of bodies) {
      const isOurs = body.head.ref.startsWith(BRANCH_PREFIX) && isFromHere(body);
      const known = pulls.get(body.number);
      // Of two answers the later state counts, whichever came first.
      if (isOurs && (known === undefined || known.updatedAt <= body.updated_at)) pulls.set(body.number, pullOf(body));
    }
    return bodies.map(({ updated_at: time }) => time);
  }

  #page({ state, page, etag }: { state: 'all' | 'open'; page: number; etag: string | null }): Promise<Answer> {
    const { owner, name } = this.#repository;
    const order = state === 'all' ? { sort: 'updated', direction: 'desc' } : {};
    const headers = etag === null ? {} : { 'if-none-match': etag };
    const parameters = { owner, repo: name, state, ...order, per_page: PER_PAGE, page, headers };
    return this.#client.rest(ROUTE, parameters, `${owner}/${name}`, DOING, { expected: [304] });
  }
}

function covers(known: number | null, asked: number | null): boolean {
  return asked === null || (known !== null && known <= asked);
}

/** The lowest of them; with none, only the first page is read. */
function floor(times: readonly (number | null)[]): number {
  const given = times.filter((time) => time !== null);
  return given.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...given);
}

function hasNext({ headers }: Answer): boolean {
  return /rel="next"/.test(headers['link'] ?? '');
}

function withoutOld(pulls: ReadonlyMap<number, PullRequest>, closedSince: number | null): Map<number, PullRequest> {
  return new Map([...pulls].filter(([, pull]) => pull.state === 'open' || isSince(pull, closedSince)));
}

function isSince({ closedAt }: PullRequest, since: number | null): boolean {
  return since !== null && closedAt !== null && closedAt >= since;
}

function told({ pulls }: Known, closedSince: number | null): PullRequests {
  const sorted = [...pulls.values()].sort((one, other) => other.number - one.number);
  return {
    open: sorted.filter(({ state }) => state === 'open'),
    closed: sorted.filter((pull) => pull.state !== 'open' && isSince(pull, closedSince)),
  };
}
