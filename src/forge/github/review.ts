import * as z from 'zod';
import type { Opinion, Review } from '../forge.ts';
import type { GitHubClient } from './client.ts';
import type { FeatureQuestion } from './features.ts';
import { read } from './read.ts';
import type { RepositoryName } from './settings.ts';

/** Fields that not every server has, by the name that decides. */
const OPTIONAL = {
  isInMergeQueue: 'isInMergeQueue',
  mergeStateStatus: 'mergeStateStatus',
  statusCheckRollup: 'statusCheckRollup { state }',
} as const;

/** One query for all that may freeze a pull request or end it. */
function queryOf(optional: string): string {
  return `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      id number state isDraft headRefOid mergeable reviewDecision updatedAt
      autoMergeRequest { enabledAt }
      mergedBy { login }
      latestOpinionatedReviews(first: 100, writersOnly: true) {
        nodes { state author { login } commit { oid } submittedAt }
      }
      timelineItems(last: 1, itemTypes: [CLOSED_EVENT]) {
        nodes { ... on ClosedEvent { actor { login } } }
      }
      ${optional}
    }
  }
}`;
}

const Person = z.object({ login: z.string() }).nullable();
const Time = z
  .string()
  .transform((text) => Date.parse(text))
  .pipe(z.number());
const ReviewNode = z
  .object({
    state: z.string(),
    author: Person,
    commit: z.object({ oid: z.string() }).nullable(),
    submittedAt: Time.nullable(),
  })
  .nullable();
const PullNode = z.object({
  id: z.string(),
  number: z.number(),
  state: z.enum(['OPEN', 'CLOSED', 'MERGED']),
  isDraft: z.boolean(),
  headRefOid: z.string(),
  mergeable: z.enum(['MERGEABLE', 'CONFLICTING', 'UNKNOWN']),
  reviewDecision: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'REVIEW_REQUIRED']).nullable(),
  updatedAt: Time,
  autoMergeRequest: z.object({}).nullable(),
  mergedBy: Person,
  latestOpinionatedReviews: z.object({ nodes: z.array(ReviewNode).nullable() }).nullable(),
  timelineItems: z.object({ nodes: z.array(z.object({ actor: Person.optional() }).nullable()).nullable() }),
  isInMergeQueue: z.boolean().optional(),
  mergeStateStatus: z.string().optional(),
  statusCheckRollup: z.object({ state: z.enum(['ERROR', 'EXPECTED', 'FAILURE', 'PENDING', 'SUCCESS']) }).nullish(),
});
const Body = z.object({ repository: z.object({ pullRequest: PullNode }) });
type Pull = z.output<typeof PullNode>;

const STATES = { OPEN: 'open', CLOSED: 'closed', MERGED: 'merged' } as const;
const MERGEABLE = { MERGEABLE: 'yes', CONFLICTING: 'conflicting', UNKNOWN: 'unknown' } as const;
const DECISIONS = { APPROVED: 'approved', CHANGES_REQUESTED: 'changesRequested', REVIEW_REQUIRED: 'required' } as const;
const CHECKS = {
  ERROR: 'failure',
  FAILURE: 'failure',
  EXPECTED: 'pending',
  PENDING: 'pending',
  SUCCESS: 'success',
} as const;

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
  const optional = Object.entries(OPTIONAL).flatMap(([field, text]) => (hasPullField(field) ? [text] : []));
  const data = await client.graphql(queryOf(optional.join('\n      ')), { owner, name, number }, target, doing);
  return reviewOf(read(Body, data, doing).repository.pullRequest);
}

function reviewOf(pull: Pull): Review {
  return {
    number: pull.number,
    nodeId: pull.id,
    state: STATES[pull.state],
    isDraft: pull.isDraft,
    headOid: pull.headRefOid,
    decision: pull.reviewDecision && DECISIONS[pull.reviewDecision],
    approvals: opinions(pull, 'APPROVED'),
    changeRequests: opinions(pull, 'CHANGES_REQUESTED'),
    mergeable: MERGEABLE[pull.mergeable],
    mergeState: pull.mergeStateStatus?.toLowerCase() ?? null,
    checks: pull.statusCheckRollup ? CHECKS[pull.statusCheckRollup.state] : null,
    isAutoMergeArmed: pull.autoMergeRequest !== null,
    isQueued: pull.isInMergeQueue ?? null,
    closedBy:
      pull.state === 'OPEN' ? null : (pull.mergedBy?.login ?? pull.timelineItems.nodes?.[0]?.actor?.login ?? null),
    updatedAt: pull.updatedAt,
  };
}

function opinions({ latestOpinionatedReviews }: Pull, wanted: string): readonly Opinion[] {
  const nodes = latestOpinionatedReviews?.nodes ?? [];
  return nodes.flatMap((node) =>
    node?.state === wanted
      ? [{ by: node.author?.login ?? null, oid: node.commit?.oid ?? null, at: node.submittedAt ?? 0 }]
      : [],
  );
}
