import * as z from 'zod';
import type { PullRequest } from '../forge.ts';

const Person = z.object({ login: z.string() }).nullable();
const Time = z
  .string()
  .transform((text) => Date.parse(text))
  .pipe(z.number());

/** A pull request as REST answers it, in lists and alone. */
export const PullBody = z.object({
  number: z.number(),
  node_id: z.string(),
  html_url: z.string(),
  state: z.enum(['open', 'closed']),
  title: z.string(),
  body: z.string().nullable(),
  labels: z.array(z.object({ name: z.string() })),
  draft: z.boolean().optional(),
  user: Person,
  auto_merge: z.object({}).nullish(),
  head: z.object({ ref: z.string(), sha: z.string(), repo: z.object({ full_name: z.string() }).nullable() }),
  base: z.object({ ref: z.string(), repo: z.object({ full_name: z.string() }) }),
  merge_commit_sha: z.string().nullish(),
  created_at: Time,
  updated_at: Time,
  closed_at: Time.nullable(),
  merged_at: Time.nullable(),
});

/** Whether its branch is in the same repository: anybody can name a branch of a fork. */
export function isFromHere({ head, base }: z.output<typeof PullBody>): boolean {
  return head.repo?.full_name === base.repo.full_name;
}

export function pullOf(body: z.output<typeof PullBody>): PullRequest {
  const isMerged = body.merged_at !== null;
  return {
    number: body.number,
    nodeId: body.node_id,
    url: body.html_url,
    state: isMerged ? 'merged' : body.state,
    title: body.title,
    body: body.body ?? '',
    labels: body.labels.map(({ name }) => name),
    isDraft: body.draft ?? false,
    author: body.user?.login ?? null,
    isAutoMergeArmed: body.state === 'open' && (body.auto_merge ?? null) !== null,
    head: body.head.ref,
    headOid: body.head.sha,
    base: body.base.ref,
    // Of an open one it is a trial merge.
    mergeOid: isMerged ? (body.merge_commit_sha ?? null) : null,
    createdAt: body.created_at,
    updatedAt: body.updated_at,
    closedAt: body.closed_at,
    mergedAt: body.merged_at,
  };
}
