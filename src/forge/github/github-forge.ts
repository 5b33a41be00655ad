import * as z from 'zod';
import type { Author, HostCommit } from '../../repository/host.ts';
import type {
  CommitStatus,
  CreatedPullRequest,
  Forge,
  MergeMethod,
  NewPullRequest,
  PullRequest,
  PullRequests,
  RepositoryFacts,
  Review,
} from '../forge.ts';
import type { GitHubClient } from './client.ts';
import { commitOnBranch } from './commit.ts';
import { createPull } from './create-pull.ts';
import { deleteBranch } from './delete-branch.ts';
import type { FeatureQuestion } from './features.ts';
import { PullBody, pullOf } from './pull-body.ts';
import { sayOnce } from './pull-comment.ts';
import { PullList } from './pull-list.ts';
import { read } from './read.ts';
import { RepositoryQuestion } from './repository.ts';
import { readReview } from './review.ts';
import { isEnterpriseServer, type RepositoryName } from './settings.ts';

const MAX_DESCRIPTION = 140;

const ARM = `mutation ($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}`;

const DISARM = `mutation ($input: DisablePullRequestAutoMergeInput!) {
  disablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}`;

const DEQUEUE = `mutation ($input: DequeuePullRequestInput!) {
  dequeuePullRequest(input: $input) { mergeQueueEntry { id } }
}`;

const UserBody = z.object({ id: z.number() });

/** One repository at github.com or at a GitHub Enterprise Server. */
export class GitHubForge implements Forge {
  readonly #client: GitHubClient;
  readonly #repository: RepositoryName;
  readonly #now: () => number;
  readonly #list: PullList;
  readonly #question: RepositoryQuestion;
  readonly #features: FeatureQuestion;
  #author: Author | null = null;

  constructor(client: GitHubClient, features: FeatureQuestion, repository: RepositoryName, now: () => number) {
    this.#client = client;
    this.#features = features;
    this.#repository = repository;
    this.#now = now;
    this.#list = new PullList(client, repository);
    this.#question = new RepositoryQuestion(client, repository);
  }

  repository(): Promise<RepositoryFacts> {
    return this.#question.ask();
  }

  pulls(closedSince: number | null): Promise<PullRequests> {
    return this.#list.look(closedSince);
  }

  review(number: number): Promise<Review> {
    return readReview(this.#client, this.#features, this.#repository, number);
  }

  async create(request: NewPullRequest): Promise<CreatedPullRequest> {
    const created = await createPull(this.#client, this.#repository, request, this.#now);
    this.#list.learn(created.pull);
    return created;
  }

  update(number: number, changes: { title?: string; body?: string }): Promise<PullRequest> {
    return this.#patch(number, changes, `update pull request ${number}`);
  }

  async comment(number: number, text: string): Promise<void> {
    const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
    await this.#rest(route, { issue_number: number, body: text }, `comment on pull request ${number}`);
  }

  say(number: number, mark: string, text: string): Promise<void> {
    return sayOnce(this.#client, this.#repository, number, mark, text);
  }

  async close(number: number, comment: string): Promise<PullRequest> {
    const pull = await this.#patch(number, { state: 'closed' }, `close pull request ${number}`);
    if (pull.state !== 'merged') await this.comment(number, comment);
    return pull;
  }

  async enableAutoMerge(nodeId: string, method: MergeMethod): Promise<void> {
    const input = { pullRequestId: nodeId, mergeMethod: method.toUpperCase() };
    await this.#client.graphql(ARM, { input }, this.#target(), 'arm auto-merge of the pull request', true);
  }

  async disableAutoMerge(nodeId: string): Promise<void> {
    const input = { pullRequestId: nodeId };
    await this.#client.graphql(DISARM, { input }, this.#target(), 'disarm auto-merge of the pull request', true);
  }

  async dequeue(nodeId: string): Promise<void> {
    const doing = 'take the pull request out of the merge queue';
    await this.#client.graphql(DEQUEUE, { input: { id: nodeId } }, this.#target(), doing, true);
  }

  deleteBranch(branch: string, expectedOid: string): Promise<void> {
    const repository = { ...this.#repository, question: this.#question, features: this.#features };
    return deleteBranch(this.#client, repository, branch, expectedOid);
  }

  commit(commit: HostCommit): Promise<string> {
    return commitOnBranch(this.#client, this.#repository, commit);
  }

  async setStatus(oid: string, { context, state, description, url }: CommitStatus): Promise<void> {
    const short =
      description.length > MAX_DESCRIPTION ? `${description.slice(0, MAX_DESCRIPTION - 3)}...` : description;
    const more = url === null ? {} : { target_url: url };
    const parameters = { sha: oid, context, state, description: short, ...more };
    await this.#rest('POST /repos/{owner}/{repo}/statuses/{sha}', parameters, `set the status of commit ${oid}`);
  }

  gitToken(): Promise<string> {
    return this.#client.credential.token();
  }

  async commitAuthor(): Promise<Author | null> {
    if (this.#author) return this.#author;
    const name = await this.#client.credential.bot();
    if (name === null) return null;
    const { apiUrl } = this.#client;
    const doing = `read the user ${name}`;
    const answer = await this.#client.rest('GET /users/{username}', { username: name }, this.#target(), doing);
    const host = isEnterpriseServer(apiUrl) ? new URL(apiUrl).host : 'github.com';
    this.#author = { name, email: `${read(UserBody, answer.data, doing).id}+${name}@users.noreply.${host}` };
    return this.#author;
  }

  async #patch(number: number, changes: Readonly<Record<string, string>>, doing: string): Promise<PullRequest> {
    const route = 'PATCH /repos/{owner}/{repo}/pulls/{pull_number}';
    const answer = await this.#rest(route, { pull_number: number, ...changes }, doing);
    const pull = pullOf(read(PullBody, answer.data, doing));
    this.#list.learn(pull);
    return pull;
  }

  #rest(route: string, parameters: Readonly<Record<string, unknown>>, doing: string): ReturnType<GitHubClient['rest']> {
    const { owner, name } = this.#repository;
    return this.#client.rest(route, { owner, repo: name, ...parameters }, this.#target(), doing);
  }

  #target(): string {
    return `${this.#repository.owner}/${this.#repository.name}`;
  }
}
