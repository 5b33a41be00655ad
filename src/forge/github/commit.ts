import * as z from 'zod';
import { mustAct } from '../../errors.ts';
import type { HostCommit } from '../../repository/host.ts';
import type { GitHubClient } from './client.ts';
import { read } from './read.ts';
import type { RepositoryName } from './settings.ts';

const MAX_FILES = 1000;
const MAX_BYTES = 40_000_000;

const QUERY = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}`;

const Body = z.object({
  createCommitOnBranch: z.object({ commit: z.object({ oid: z.string() }) }),
});

/** See BranchWriter.commit: one mutation, signed by GitHub, only onto the expected tip. */
export async function commitOnBranch(
  client: GitHubClient,
  { owner, name }: RepositoryName,
  { branch, expectedOid, message, files }: HostCommit,
): Promise<string> {
  const target = `${owner}/${name}`;
  const entries = [...files];
  const additions = entries.flatMap(([path, content]) => (content === null ? [] : [{ path, contents: content }]));
  const deletions = entries.flatMap(([path, content]) => (content === null ? [{ path }] : []));
  const bytes = additions.reduce((sum, { contents }) => sum + Buffer.byteLength(contents), 0);
  if (entries.length > MAX_FILES || bytes > MAX_BYTES) throw tooLarge(target, entries.length, bytes);
  const [headline = '', ...rest] = message.split('\n');
  const input = {
    branch: { repositoryNameWithOwner: target, branchName: branch },
    expectedHeadOid: expectedOid,
    message: { headline, body: rest.join('\n').trim() },
    fileChanges: {
      additions: additions.map(({ path, contents }) => ({ path, contents: Buffer.from(contents).toString('base64') })),
      deletions,
    },
  };
  const doing = `commit to branch ${branch}`;
  const data = await client.graphql(QUERY, { input }, target, doing, true);
  return read(Body, data, doing).createCommitOnBranch.commit.oid;
}

function tooLarge(target: string, files: number, bytes: number): Error {
  const found = `${files} files with ${(bytes / 1e6).toFixed(1)} MB`;
  return mustAct(
    'TooLargeForApi',
    `cannot commit to ${target} by its API: expected at most ${MAX_FILES} files and ${MAX_BYTES / 1e6} MB; found ${found}; it is pushed with Git instead, which on a branch that demands signatures needs a signing key`,
  );
}
