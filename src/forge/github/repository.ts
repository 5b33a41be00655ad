import * as z from 'zod';
import type { MergeMethod, RepositoryFacts } from '../forge.ts';
import type { GitHubClient } from './client.ts';
import { read } from './read.ts';
import type { RepositoryName } from './settings.ts';

const Body = z.object({
  id: z.number(),
  node_id: z.string(),
  full_name: z.string(),
  default_branch: z.string(),
  archived: z.boolean(),
  permissions: z.object({ push: z.boolean() }).optional(),
  allow_auto_merge: z.boolean().optional(),
  allow_merge_commit: z.boolean().optional(),
  allow_squash_merge: z.boolean().optional(),
  allow_rebase_merge: z.boolean().optional(),
});

/** Facts of a repository, kept: an unchanged answer costs a request that does not count. */
export class RepositoryQuestion {
  readonly #client: GitHubClient;
  readonly #repository: RepositoryName;
  #facts: RepositoryFacts | null = null;
  #etag: string | null = null;

  constructor(client: GitHubClient, repository: RepositoryName) {
    this.#client = client;
    this.#repository = repository;
  }

  /** See ForgeReader.repository. */
  async ask(): Promise<RepositoryFacts> {
    const { owner, name } = this.#repository;
    const target = `${owner}/${name}`;
    const doing = 'read the repository';
    const headers = this.#etag === null ? {} : { 'if-none-match': this.#etag };
    const parameters = { owner, repo: name, headers };
    const answer = await this.#client.rest('GET /repos/{owner}/{repo}', parameters, target, doing, { expected: [304] });
    if (answer.status === 304 && this.#facts) return this.#facts;
    const facts = factsOf(read(Body, answer.data, doing), target);
    this.#etag = answer.headers['etag'] ?? null;
    this.#facts = facts;
    return facts;
  }

  /** What names the repository in GraphQL; asked once. */
  async nodeId(): Promise<string> {
    return (this.#facts ?? (await this.ask())).nodeId;
  }
}

function factsOf(body: z.output<typeof Body>, target: string): RepositoryFacts {
  const methods: readonly [MergeMethod, boolean | undefined][] = [
    ['merge', body.allow_merge_commit],
    ['squash', body.allow_squash_merge],
    ['rebase', body.allow_rebase_merge],
  ];
  return {
    id: body.id,
    nodeId: body.node_id,
    fullName: body.full_name,
    // Case is not of the name.
    isRenamed: body.full_name.toLowerCase() !== target.toLowerCase(),
    defaultBranch: body.default_branch,
    isArchived: body.archived,
    canPush: body.permissions?.push ?? null,
    allowsAutoMerge: body.allow_auto_merge ?? null,
    mergeMethods: methods.flatMap(([method, isAllowed]) => (isAllowed ? [method] : [])),
  };
}
