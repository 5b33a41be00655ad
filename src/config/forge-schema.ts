import * as z from 'zod';
import { environmentName, file } from './fields.ts';

const App = z
  .strictObject({
    id: z
      .union([z.int().min(1), z.string().regex(/^Iv[\w.]+$/, 'expected a number, or a client id such as Iv23liABC')])
      .describe('Id of the App, or its client id.'),
    privateKeyEnvironment: environmentName.optional().describe('Environment variable that holds its private key.'),
    privateKeyFile: file.optional().describe('File that holds its private key, in PEM form.'),
    installationId: z.int().min(1).optional().describe('Default: the one that the repository has.'),
  })
  .describe('A GitHub App that acts.');

/** Where the API of a repository's host is, and who acts there. */
export const GitHub = z
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
    commitStatus: z
      .boolean()
      .default(false)
      .describe('Set the status dso-gitops on each commit, with what it changes.'),
  })
  .describe(
    'Where the API of GitHub is, and who acts there. Default: with the token of credentials; Git over https uses what is given here.',
  );

export type GitHubFile = z.infer<typeof GitHub>;
