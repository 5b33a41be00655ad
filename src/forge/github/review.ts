import * as z from 'zod';
import type { Review } from '../forge.ts';
import type { GitHubClient } from './client.ts';
import type { FeatureQuestion } from './features.ts';
import { read } from './read.ts';
import type { RepositoryName } from './settings.ts';

/** Not every server has it. */
const QUEUE = 'isInMergeQueue';

/** One query for all that may freeze a pull request or end it. */
function queryOf(optional: string): string {
  return `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      state mergeable reviewDecision
      autoMergeRequest { enabledAt }
      latestOpinionatedReviews(first: 100, writersOnly: true) { nodes { state } }
      ${optional}
    }
  }
}`;
}

const PullNode = z.object({
  state: z.enum(['OPEN', 'CLOSED', 'MERGED']),
  mergeable: z.enum(['MERGEABLE', 'CONFLICTING', 'UNKNOWN']),
  reviewDecision: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'REVIEW_REQUIRED']).nullable(),
  autoMergeRequest: z.object({}).nullable(),
  latestOpinionatedReviews: z
    .object({ nodes: z.array(z.object({ state: z.string() }).nullable()).nullable() })
    .nullable(),
  isInMergeQueue: z.boolean().optional(),
});
const Body = z.object({ repository: z.object({ pullRequest: PullNode }) });
type Pull = z.output<typeof PullNode>;

const STATES = { OPEN: 'open', CLOSED: 'closed', MERGED: 'merged' } as const;
const MERGEABLE = { MERGEABLE: 'yes', CONFLICTING: 'conflicting', UNKNOWN: 'unknown' } as const;
const DECISIONS = { APPROVED: 'approved', CHANGES_REQUESTED: 'changesRequested', REVIEW_REQUIRED: 'required' } as const;
/** See ForgeReader.review. */
export async function readReview(
  client: GitHubClient,
  question: FeatureQuestion,
  { owner, name }: RepositoryName,
  number: number,
): Promise<Review> {
  const target = `${owner}/${name}`;
  const doing = `read the reviews of pull request ${number}`;
  const { hasPullField } = await question.features(target);
  const data = await client.graphql(queryOf(hasPullField(QUEUE) ? QUEUE : ''), { owner, name, number }, target, doing);
  return reviewOf(read(Body, data, doing).repository.pullRequest);
}

function reviewOf(pull: Pull): Review {
  const opinions = pull.latestOpinionatedReviews?.nodes ?? [];
  return {
    state: STATES[pull.state],
    decision: pull.reviewDecision && DECISIONS[pull.reviewDecision],
    approvals: opinions.filter((opinion) => opinion?.state === 'APPROVED').length,
    mergeable: MERGEABLE[pull.mergeable],
    isAutoMergeArmed: pull.autoMergeRequest !== null,
    isQueued: pull.isInMergeQueue ?? null,
  };
}
