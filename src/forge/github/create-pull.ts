import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { messageOf, ProductError } from '../../errors.ts';
import type { CreatedPullRequest, NewPullRequest, PullRequest } from '../forge.ts';
import type { Refusal } from './answer.ts';
import type { Answer } from './ask.ts';
import type { GitHubClient } from './client.ts';
import { explainRefusal } from './explain.ts';
import { PullBody, pullOf } from './pull-body.ts';
import { read } from './read.ts';
import type { RepositoryName } from './settings.ts';

const DOING = 'create the pull request';
/** A branch that was just pushed is not known to every replica yet. */
const TRIES = 4;
const BETWEEN_TRIES_MS = 1500;

const PullBodies = z.array(PullBody);

/** See PullRequestWriter.create. */
export async function createPull(
  client: GitHubClient,
  repository: RepositoryName,
  request: NewPullRequest,
  now: () => number,
): Promise<CreatedPullRequest> {
  const { pull, isNew } = await open(client, repository, request, now);
  const warnings: string[] = [];
  // The pull request is there: what is missing beside it must not make another one.
  const isDone = (what: string, doing: Promise<unknown>): Promise<boolean> =>
    doing.then(
      () => true,
      (error: unknown) => {
        warnings.push(`${what}: ${messageOf(error)}`);
        return false;
      },
    );
  const missing = request.labels.filter((label) => !pull.labels.includes(label));
  const isLabelled =
    missing.length > 0 &&
    (await isDone(`without labels ${missing.join(', ')}`, addLabels(client, repository, pull, missing)));
  if (isNew && request.reviewers.length > 0)
    await isDone('without reviewers', askReviewers(client, repository, pull, request.reviewers, warnings));
  const labels = isLabelled ? [...pull.labels, ...missing] : pull.labels;
  return { pull: { ...pull, labels }, isNew, warnings };
}

async function open(
  client: GitHubClient,
  { owner, name }: RepositoryName,
  request: NewPullRequest,
  now: () => number,
): Promise<Omit<CreatedPullRequest, 'warnings'>> {
  const target = `${owner}/${name}`;
  const { head, base, title, body } = request;
  for (let attempt = 1; ; attempt += 1) {
    const parameters = { owner, repo: name, head, base, title, body };
    const answer = await client.rest('POST /repos/{owner}/{repo}/pulls', parameters, target, DOING, {
      expected: [422],
    });
    if (answer.status !== 422) return { pull: pullOf(read(PullBody, answer.data, DOING)), isNew: true };
    const refusal = client.refusal(answer);
    if (says(refusal, /already exists/i)) {
      const existing = await findOpen(client, { owner, name }, head, base);
      if (existing) return { pull: existing, isNew: false };
    } else if (!says(refusal, /could not resolve to a node/i)) {
      throw explainRefusal(refusal, DOING, client.place(target), now());
    }
    if (attempt === TRIES) throw notYet(refusal, target);
    await sleep(client.isPaced ? BETWEEN_TRIES_MS : 0);
  }
}

/** The open one from this branch to this base; null: it is not in the list. */
async function findOpen(
  client: GitHubClient,
  { owner, name }: RepositoryName,
  head: string,
  base: string,
): Promise<PullRequest | null> {
  const doing = 'find the pull request that is there already';
  const parameters = { owner, repo: name, state: 'open', head: `${owner}:${head}`, base, per_page: 10 };
  const answer = await client.rest('GET /repos/{owner}/{repo}/pulls', parameters, `${owner}/${name}`, doing);
  const found = read(PullBodies, answer.data, doing).find((pull) => pull.head.ref === head && pull.base.ref === base);
  return found ? pullOf(found) : null;
}

function notYet({ message, details }: Refusal, target: string): ProductError {
  const said = [message, ...details.map((detail) => detail.message)].filter(Boolean).join(': ');
  const failed = `cannot ${DOING} at ${target}: ${said}`;
  return new ProductError(
    'later',
    'ForgeConflict',
    `${failed}; GitHub does not agree with itself yet: it is tried again`,
  );
}

function says({ message, details }: Refusal, pattern: RegExp): boolean {
  return pattern.test(message) || details.some((detail) => pattern.test(detail.message));
}

/** A label that the repository does not have is made by the same request. */
function addLabels(
  client: GitHubClient,
  { owner, name }: RepositoryName,
  { number }: PullRequest,
  labels: readonly string[],
): Promise<Answer> {
  const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/labels';
  const parameters = { owner, repo: name, issue_number: number, labels };
  return client.rest(route, parameters, `${owner}/${name}`, `label pull request ${number}`);
}

/** All in one request; where GitHub refuses them together, each alone, so that one mistake costs one reviewer. */
async function askReviewers(
  client: GitHubClient,
  repository: RepositoryName,
  { number, author }: PullRequest,
  given: readonly string[],
  warnings: string[],
): Promise<void> {
  const { owner, name } = repository;
  const ask = (some: readonly string[]): Promise<Answer> => {
    const route = 'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers';
    const reviewers = some.filter((reviewer) => !reviewer.includes('/'));
    const teams = some.filter((reviewer) => reviewer.includes('/')).map((team) => team.slice(team.indexOf('/') + 1));
    const parameters = { owner, repo: name, pull_number: number, reviewers, team_reviewers: teams };
    return client.rest(route, parameters, `${owner}/${name}`, `ask for reviews of pull request ${number}`, {
      expected: [422],
    });
  };
  // GitHub takes nobody as reviewer of their own.
  const wanted = given.filter((reviewer) => reviewer.toLowerCase() !== author?.toLowerCase());
  if (wanted.length === 0 || (await ask(wanted)).status !== 422) return;
  for (const reviewer of wanted) {
    const isRefused = wanted.length === 1 || (await ask([reviewer])).status === 422;
    if (isRefused)
      warnings.push(
        `without reviewer ${reviewer}: GitHub knows no collaborator of ${owner}/${name} by this name; correct reviewers, or give them access`,
      );
  }
}
