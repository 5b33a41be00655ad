import * as z from 'zod';
import { duration } from './delivery-schema.ts';

/** How what a rule proposes becomes pull requests. */
export const PullRequests = z
  .strictObject({
    groupBy: z.enum(['all', 'namespace', 'dso']).default('all').describe('What shares a pull request.'),
    labels: z.array(z.string().min(1).max(50)).max(20).default([]).describe('Labels that it gets.'),
    reviewers: z
      .array(z.string().regex(/^[A-Za-z0-9-]+(\/[A-Za-z0-9_.-]+)?$/, 'expected a login, or organisation/team'))
      .max(15)
      .default([])
      .describe('Who is asked for a review: logins, and teams as organisation/team.'),
    autoMerge: z
      .enum(['merge', 'squash', 'rebase'])
      .optional()
      .describe('Let it merge itself by this method when its checks and reviews are done. Absent: a person merges it.'),
    validFor: duration.default('24h').describe('How long its text says that the numbers hold.'),
    rebuild: z
      .strictObject({
        minInterval: duration.default('10m').describe('Least time between two commits: each dismisses approvals.'),
        threshold: z
          .number()
          .min(0)
          .max(1000)
          .default(10)
          .describe('Percent by which a total must move away from what is proposed.'),
      })
      .prefault({})
      .describe('When an open one gets another commit.'),
  })
  .describe('How what is proposed becomes pull requests.');

export type PullRequestsFile = z.infer<typeof PullRequests>;
