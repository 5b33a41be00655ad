import { GraphQLError, type GraphQLSchema, graphql } from 'graphql';
import * as z from 'zod';
import { timeText } from './bodies.ts';
import { graphqlSchema } from './graphql-schema.ts';
import type { Token } from './tokens.ts';
import type { HeldPull, HeldRepository } from './world.ts';

const Name = z.object({ owner: z.string(), name: z.string() });
const Numbered = z.object({ number: z.number() });
const Arm = z.object({
  input: z.object({ pullRequestId: z.string(), mergeMethod: z.enum(['MERGE', 'SQUASH', 'REBASE']).default('MERGE') }),
});
const AddComment = z.object({ input: z.object({ subjectId: z.string(), body: z.string().max(65_536) }) });
const UpdateComment = z.object({ input: z.object({ id: z.string(), body: z.string().max(65_536) }) });
const Disarm = z.object({ input: z.object({ pullRequestId: z.string() }) });
const Dequeue = z.object({ input: z.object({ id: z.string() }) });
const METHODS = { MERGE: 'merge', SQUASH: 'squash', REBASE: 'rebase' } as const;
const Refs = z.object({
  input: z.object({
    repositoryId: z.string(),
    refUpdates: z.array(z.object({ name: z.string(), beforeOid: z.string(), afterOid: z.string() })),
  }),
});
const Commit = z.object({
  input: z.object({
    branch: z.object({ repositoryNameWithOwner: z.string(), branchName: z.string() }),
    expectedHeadOid: z.string(),
    message: z.object({ headline: z.string(), body: z.string().optional() }),
    fileChanges: z.object({
      additions: z.array(z.object({ path: z.string(), contents: z.base64() })).default([]),
      deletions: z.array(z.object({ path: z.string() })).default([]),
    }),
  }),
});

/** GitHub's GraphQL over the repositories of the stand-in; the published schema decides what can be asked and answered. */
export class GraphqlHost {
  readonly #repositories: readonly HeldRepository[];
  readonly #lacking: readonly string[];

  constructor(repositories: readonly HeldRepository[], lacking: readonly string[]) {
    this.#repositories = repositories;
    this.#lacking = lacking;
  }

  /** Body of the answer, and what was wrong with the question. */
  async answer(question: unknown, token: Token): Promise<{ body: unknown; problems: readonly string[] }> {
    const { query, variables } = z
      .object({ query: z.string(), variables: z.record(z.string(), z.unknown()).default({}) })
      .parse(question);
    const schema: GraphQLSchema = graphqlSchema(this.#lacking);
    const rootValue = this.#root(token);
    const { data, errors = [] } = await graphql({ schema, source: query, rootValue, variableValues: variables });
    // Errors without a type are those of the question, or of an answer that is none of this schema.
    const problems = errors.filter(({ extensions }) => extensions['type'] === undefined).map(({ message }) => message);
    const told = errors.map(({ message, path, extensions }) => ({ type: extensions['type'], path, message }));
    return { body: { data: data ?? null, ...(told.length > 0 ? { errors: told } : {}) }, problems };
  }

  #root(token: Token): object {
    return {
      repository: (given: unknown) => {
        const { owner, name } = Name.parse(given);
        const held = this.#repositories.find((one) => one.fullName === `${owner}/${name}`);
        if (!held) throw typed('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`);
        return { pullRequest: (asked: unknown) => pullOf(held, Numbered.parse(asked).number, token) };
      },
      addComment: (given: unknown) => this.#addComment(AddComment.parse(given).input, token),
      updateIssueComment: (given: unknown) => this.#updateComment(UpdateComment.parse(given).input, token),
      enablePullRequestAutoMerge: (given: unknown) => this.#arm(Arm.parse(given).input, token),
      disablePullRequestAutoMerge: (given: unknown) => this.#disarm(Disarm.parse(given).input, token),
      dequeuePullRequest: (given: unknown) => this.#dequeue(Dequeue.parse(given).input, token),
      updateRefs: (given: unknown) => this.#updateRefs(Refs.parse(given).input, token),
      createCommitOnBranch: (given: unknown) => this.#commit(Commit.parse(given).input, token),
    };
  }

  #addComment({ subjectId, body }: z.output<typeof AddComment>['input'], token: Token): object {
    demand(token, 'pull_requests');
    const { held, pull } = this.#pull(subjectId);
    pull.comments.push({ by: token.login, body });
    held.touch(pull);
    return { clientMutationId: null };
  }

  #updateComment({ id, body }: z.output<typeof UpdateComment>['input'], token: Token): object {
    demand(token, 'pull_requests');
    const [, repository, number, index] = id.split('_');
    const comment = this.#pull(`PR_${repository}_${number}`).pull.comments[Number(index)];
    if (!comment || comment.by !== token.login) throw typed('FORBIDDEN', 'Viewer does not have access to this comment');
    comment.body = body;
    return { clientMutationId: null };
  }

  #arm({ pullRequestId, mergeMethod }: z.output<typeof Arm>['input'], token: Token): object {
    demand(token, 'pull_requests');
    const { held, pull } = this.#pull(pullRequestId);
    const method = METHODS[mergeMethod];
    const { allowsAutoMerge, methods, requiredApprovals, requiredChecks, hasQueue } = held.flags;
    const refuse = (message: string): never => {
      throw typed('UNPROCESSABLE', message);
    };
    if (!allowsAutoMerge) refuse('Pull request Auto merge is not allowed for this repository');
    if (!methods.includes(method)) refuse(`Merge method ${method} merging is not allowed on this repository`);
    if (requiredApprovals === null && requiredChecks.length === 0 && !hasQueue)
      refuse('Pull request Protected branch rules not configured for this branch');
    if (pull.state !== 'open') refuse('Pull request is closed');
    if (held.isReady(pull)) refuse('Pull request Pull request is in clean status');
    held.touch(pull, { autoMerge: method });
    return { pullRequest: { number: pull.number } };
  }

  #disarm({ pullRequestId }: z.output<typeof Disarm>['input'], token: Token): object {
    demand(token, 'pull_requests');
    const { held, pull } = this.#pull(pullRequestId);
    if (pull.autoMerge === null) throw typed('UNPROCESSABLE', "Can't disable auto-merge for this pull request.");
    held.touch(pull, { autoMerge: null });
    return { pullRequest: { number: pull.number } };
  }

  #dequeue({ id }: z.output<typeof Dequeue>['input'], token: Token): object {
    demand(token, 'pull_requests');
    const { held, pull } = this.#pull(id);
    if (!pull.isQueued) throw typed('UNPROCESSABLE', 'Pull request is not in the merge queue');
    held.touch(pull, { isQueued: false });
    return { mergeQueueEntry: null };
  }

  #pull(id: string): { readonly held: HeldRepository; readonly pull: HeldPull } {
    const [, repositoryId, number] = id.split('_').map(Number);
    const held = this.#repositories.find((one) => one.id === repositoryId);
    const pull = held?.pulls.find((one) => one.number === number);
    if (!held || !pull) throw typed('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
    held.sync();
    return { held, pull };
  }

  #updateRefs({ repositoryId, refUpdates }: z.output<typeof Refs>['input'], token: Token): object {
    demand(token, 'contents');
    const held = this.#repositories.find(({ id }) => `R_${id}` === repositoryId);
    if (!held) throw typed('NOT_FOUND', `Could not resolve to a node with the global id of '${repositoryId}'`);
    for (const { name, beforeOid, afterOid } of refUpdates) {
      if (held.bare.refs().get(name) !== beforeOid)
        throw typed('UNPROCESSABLE', `Reference ${name} could not be updated`);
      if (/^0+$/.test(afterOid)) held.bare.git('update-ref', '-d', name, beforeOid);
      else held.bare.git('update-ref', name, afterOid, beforeOid);
    }
    held.sync();
    return { clientMutationId: null };
  }

  #commit({ branch, expectedHeadOid, message, fileChanges }: z.output<typeof Commit>['input'], token: Token): object {
    demand(token, 'contents');
    const held = this.#repositories.find(({ fullName }) => fullName === branch.repositoryNameWithOwner);
    const tip = held?.bare.tip(branch.branchName) ?? null;
    if (!held || tip === null) throw typed('NOT_FOUND', `Branch ${branch.branchName} does not exist`);
    if (held.flags.requiredApprovals !== null && branch.branchName === 'main')
      throw typed('UNPROCESSABLE', 'Repository rule violations found: Changes must be made through a pull request.');
    if (tip !== expectedHeadOid)
      throw typed(
        'STALE_DATA',
        `Expected branch to point to "${expectedHeadOid}" but it did not.  Pull and try again.`,
      );
    const text = (contents: string): string => Buffer.from(contents, 'base64').toString();
    const files = {
      ...Object.fromEntries(fileChanges.additions.map(({ path, contents }) => [path, text(contents)])),
      ...Object.fromEntries(fileChanges.deletions.map(({ path }) => [path, null])),
    };
    const whole = message.body ? `${message.headline}\n\n${message.body}` : message.headline;
    const author = `${token.login} <1+${token.login}@users.noreply.github.com>`;
    const oid = held.bare.commit(files, branch.branchName, whole, author, 'GitHub <noreply@github.com>');
    held.sync();
    return { commit: { oid } };
  }
}

function pullOf(held: HeldRepository, number: number, { login }: Token): object {
  held.sync();
  const pull = held.pulls.find((one) => one.number === number);
  if (!pull) throw typed('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${number}.`);
  const isOpen = pull.state === 'open';
  const isMergeable = isOpen && held.isMergeable(pull);
  const statuses = held.statuses.get(pull.headOid) ?? [];
  return {
    id: `PR_${held.id}_${pull.number}`,
    number: pull.number,
    state: pull.state.toUpperCase(),
    isDraft: pull.isDraft,
    headRefOid: pull.headOid,
    mergeable: isOpen ? (isMergeable ? 'MERGEABLE' : 'CONFLICTING') : 'UNKNOWN',
    mergeStateStatus: isMergeable ? (held.isReady(pull) ? 'CLEAN' : 'BLOCKED') : 'DIRTY',
    reviewDecision: decisionOf(held, pull),
    updatedAt: timeText(pull.updatedAt),
    autoMergeRequest: pull.autoMerge && { enabledAt: timeText(pull.updatedAt) },
    isInMergeQueue: pull.isQueued,
    mergedBy: pull.state === 'merged' && pull.closedBy !== null ? person(pull.closedBy) : null,
    latestOpinionatedReviews: {
      nodes: pull.reviews.map(({ by, state, oid, at }) => ({
        state,
        author: person(by),
        commit: { oid },
        submittedAt: timeText(at),
      })),
    },
    timelineItems: {
      nodes: isOpen
        ? []
        : [{ __typename: 'ClosedEvent', actor: pull.closedBy === null ? null : person(pull.closedBy) }],
    },
    comments: {
      nodes: pull.comments.map(({ by, body }, index) => ({
        id: `IC_${held.id}_${pull.number}_${index}`,
        body,
        viewerDidAuthor: by === login,
      })),
      pageInfo: { hasNextPage: false, endCursor: null },
    },
    statusCheckRollup: statuses.length === 0 ? null : { state: rollup(statuses.map(({ state }) => state)) },
  };
}

function decisionOf({ flags }: HeldRepository, { reviews }: HeldPull): string | null {
  if (flags.requiredApprovals === null) return null;
  if (reviews.some(({ state }) => state === 'CHANGES_REQUESTED')) return 'CHANGES_REQUESTED';
  return reviews.length >= flags.requiredApprovals ? 'APPROVED' : 'REVIEW_REQUIRED';
}

function rollup(states: readonly string[]): string {
  if (states.some((state) => state === 'failure' || state === 'error')) return 'FAILURE';
  return states.includes('pending') ? 'PENDING' : 'SUCCESS';
}

function person(login: string): object {
  return { __typename: login.endsWith('[bot]') ? 'Bot' : 'User', login };
}

function demand({ permissions }: Token, needed: string): void {
  if (!permissions.has(needed)) throw typed('FORBIDDEN', 'Resource not accessible by personal access token');
}

function typed(type: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } });
}
