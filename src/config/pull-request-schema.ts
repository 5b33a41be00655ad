import * as z from 'zod';
import { duration } from './delivery-schema.ts';
import { environmentName, file } from './fields.ts';

const App = z
  .strictObject({
    id: z.int().min(1).describe('Id of the App.'),
    privateKeyEnvironment: environmentName.optional().describe('Environment variable that holds its private key.'),
    privateKeyFile: file.optional().describe('File that holds its private key, in PEM form.'),
    installationId: z.int().min(1).optional().describe('Default: the one that the repository has.'),
  })
  .describe('A GitHub App that acts.');

const GitHub = z
  .strictObject({
    repository: z
      .string()
      .regex(/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/, 'expected owner/name')
      .optional()
      .describe('owner/name. Default: as the URL of the repository has it.'),
    apiUrl: z
      .string()
      .regex(/^https?:\/\/[^\s/@]+(\/[^\s@]*)?$/, 'expected a URL such as https://github.example.com/api/v3')
      .optional()
      .describe('Default: https://api.github.com, or https://HOST/api/v3 of the host in the URL.'),
    tokenEnvironment: environmentName.optional().describe('Environment variable that holds a token.'),
    tokenFile: file.optional().describe('File that holds a token; read again when it changes.'),
    app: App.optional(),
  })
  .describe('Where the API is, and who acts there. Default: with the token of credentials.');

/** How what a rule proposes becomes pull requests. */
export const PullRequests = z
  .strictObject({
    github: GitHub.prefault({}),
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
