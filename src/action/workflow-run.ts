import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import { messageOf, mustAct } from '../errors.ts';
import type { RepositoryName } from '../forge/github/settings.ts';

/** The run of a workflow, as the runner tells it. */
export interface WorkflowRun {
  /** Absolute path of the checkout. */
  readonly workspace: string;
  readonly repository: RepositoryName;
  /** Where people go, such as `https://github.com`. */
  readonly serverUrl: string;
  readonly apiUrl: string;
  /** null: it is of another event. */
  readonly pullRequest: PullRequestEvent | null;
}

/** The event of a pull request. */
export interface PullRequestEvent {
  readonly number: number;
  /** Its own tip. */
  readonly headSha: string;
  /** Tip of the branch that it would be merged into. */
  readonly baseSha: string;
  /** That branch. */
  readonly baseBranch: string;
  /** The token of the run may only read: the branch is in another repository, or Dependabot's. */
  readonly isReadOnly: boolean;
}

const Repository = z.object({ full_name: z.string() });
const commit = z.string().regex(/^[0-9a-f]{40,64}$/);
const Event = z.object({
  pull_request: z
    .object({
      number: z.number(),
      head: z.object({ sha: commit, repo: Repository.nullable() }),
      base: z.object({ ref: z.string(), sha: commit, repo: Repository }),
    })
    .optional(),
});

/** Reads what the runner tells. @throws ProductError kind `act`: it is no runner */
export async function readWorkflowRun(environment: NodeJS.ProcessEnv): Promise<WorkflowRun> {
  const given = (name: string): string => {
    const value = environment[name];
    if (value) return value;
    throw mustAct(
      'NotInAWorkflow',
      `environment variable ${name} is not set: this runs in a workflow of GitHub Actions`,
    );
  };
  const [owner = '', name = ''] = given('GITHUB_REPOSITORY').split('/');
  const { pull_request: pull } = await eventOf(environment['GITHUB_EVENT_PATH']);
  return {
    workspace: resolve(given('GITHUB_WORKSPACE')),
    repository: { owner, name },
    serverUrl: environment['GITHUB_SERVER_URL'] || 'https://github.com',
    apiUrl: environment['GITHUB_API_URL'] || 'https://api.github.com',
    pullRequest: pull
      ? {
          number: pull.number,
          headSha: pull.head.sha,
          baseSha: pull.base.sha,
          baseBranch: pull.base.ref,
          isReadOnly:
            pull.head.repo?.full_name !== pull.base.repo.full_name || environment['GITHUB_ACTOR'] === 'dependabot[bot]',
        }
      : null,
  };
}

async function eventOf(path: string | undefined): Promise<z.infer<typeof Event>> {
  if (!path) return {};
  try {
    return Event.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw mustAct(
      'EventUnreadable',
      `cannot read the event in ${path} (GITHUB_EVENT_PATH): ${messageOf(error)}`,
      error,
    );
  }
}
