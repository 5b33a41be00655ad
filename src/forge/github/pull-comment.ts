import * as z from 'zod';
import type { GitHubClient } from './client.ts';
import { read } from './read.ts';
import type { RepositoryName } from './settings.ts';

/** A hundred of them each: who comments more often has our comment twice. */
const MAX_PAGES = 20;

const COMMENTS = `query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      id
      comments(first: 100, after: $after) {
        nodes { id body viewerDidAuthor }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}`;
const ADD = `mutation ($input: AddCommentInput!) { addComment(input: $input) { clientMutationId } }`;
const UPDATE = `mutation ($input: UpdateIssueCommentInput!) { updateIssueComment(input: $input) { clientMutationId } }`;

const Body = z.object({
  repository: z.object({
    pullRequest: z.object({
      id: z.string(),
      comments: z.object({
        nodes: z.array(z.object({ id: z.string(), body: z.string(), viewerDidAuthor: z.boolean() }).nullable()),
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      }),
    }),
  }),
});

/** See PullRequestWriter.say: what others write, also with the mark in it, is never ours. */
export async function sayOnce(
  client: GitHubClient,
  { owner, name }: RepositoryName,
  number: number,
  mark: string,
  text: string,
): Promise<void> {
  const target = `${owner}/${name}`;
  const doing = `comment on pull request ${number}`;
  const body = `${text}\n\n${mark}\n`;
  let after: string | null = null;
  for (let page = 1; ; page += 1) {
    const answer: unknown = await client.graphql(COMMENTS, { owner, name, number, after }, target, doing);
    const { id: subjectId, comments } = read(Body, answer, doing).repository.pullRequest;
    const own = comments.nodes.find((node) => node?.viewerDidAuthor === true && node.body.includes(mark));
    if (own) {
      if (own.body.trim() !== body.trim())
        await client.graphql(UPDATE, { input: { id: own.id, body } }, target, doing, true);
      return;
    }
    after = comments.pageInfo.endCursor;
    if (!comments.pageInfo.hasNextPage || page === MAX_PAGES) {
      await client.graphql(ADD, { input: { subjectId, body } }, target, doing, true);
      return;
    }
  }
}
