import * as z from 'zod';
import type { Bodies } from './bodies.ts';
import { timeText } from './bodies.ts';
import type { Asked } from './description.ts';
import { failed, invalid, type Reply } from './reply.ts';
import type { Token } from './tokens.ts';
import type { HeldPull, HeldRepository } from './world.ts';

/** A call that has found its repository. */
export interface RepositoryCall {
  readonly asked: Asked;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly token: Token;
  readonly held: HeldRepository;
  readonly bodies: Bodies;
  /** Of the page, without query. */
  readonly url: string;
}

interface Route {
  /** Permission that it needs, as `x-accepted-github-permissions` tells it; null: to read the repository. */
  readonly permission: string | null;
  readonly answer: (call: RepositoryCall) => Reply;
}

const NewPull = z.object({
  title: z.string(),
  head: z.string(),
  base: z.string(),
  body: z.string().default(''),
  draft: z.boolean().default(false),
});
const Changes = z.object({
  title: z.string().optional(),
  body: z.string().optional(),
  base: z.string().optional(),
  state: z.enum(['open', 'closed']).optional(),
});
const Reviewers = z.object({
  reviewers: z.array(z.string()).default([]),
  team_reviewers: z.array(z.string()).default([]),
});
const MAX_BODY = 65_536;

/** Calls about a repository, by the name of their description. */
export const ROUTES: Readonly<Record<string, Route>> = {
  'GET /repos/{owner}/{repo}': {
    permission: null,
    answer: ({ bodies, held, token }) => ok(bodies.fullRepository(held, token.permissions.has('contents'))),
  },
  'GET /repos/{owner}/{repo}/pulls': { permission: null, answer: listPulls },
  'POST /repos/{owner}/{repo}/pulls': { permission: 'pull_requests', answer: createPull },
  'PATCH /repos/{owner}/{repo}/pulls/{pull_number}': { permission: 'pull_requests', answer: changePull },
  'POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers': {
    permission: 'pull_requests',
    answer: askReviewers,
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': { permission: 'pull_requests', answer: addLabels },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': { permission: 'pull_requests', answer: comment },
  'POST /repos/{owner}/{repo}/statuses/{sha}': { permission: 'statuses', answer: setStatus },
  'GET /repos/{owner}/{repo}/git/ref/{ref}': { permission: null, answer: readRef },
  'DELETE /repos/{owner}/{repo}/git/refs/{ref}': { permission: 'contents', answer: deleteRef },
};

function ok(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body, headers };
}

function listPulls({ held, query, bodies, url }: RepositoryCall): Reply {
  held.sync();
  const state = query.get('state') ?? 'open';
  const head = query.get('head');
  const base = query.get('base');
  const found = held.pulls.filter(
    (pull) =>
      (state === 'all' || (pull.state === 'open') === (state === 'open')) &&
      (head === null || head === `${pull.headOwner}:${pull.head}`) &&
      (base === null || base === pull.base),
  );
  const isByUpdate = query.get('sort') === 'updated';
  const time = (pull: HeldPull): number => (isByUpdate ? pull.updatedAt : pull.createdAt);
  const sign = query.get('direction') === 'asc' ? -1 : 1;
  found.sort((one, other) => sign * (time(other) - time(one) || other.number - one.number));
  const perPage = Number(query.get('per_page') ?? 30);
  const page = Number(query.get('page') ?? 1);
  const shown = found.slice((page - 1) * perPage, page * perPage);
  const isLast = page * perPage >= found.length;
  const link: Readonly<Record<string, string>> = isLast ? {} : { link: `<${url}?page=${page + 1}>; rel="next"` };
  return ok(
    shown.map((pull) => bodies.pull(held, pull, 'pull-request-simple')),
    200,
    link,
  );
}

function createPull({ held, body, token, bodies }: RepositoryCall): Reply {
  const { title, head, base, body: text, draft } = NewPull.parse(body);
  held.sync();
  const headOid = held.bare.tip(head);
  const baseOid = held.bare.tip(base);
  const resource = 'PullRequest';
  if (headOid === null) return invalid({ resource, field: 'head', code: 'invalid' });
  if (baseOid === null) return invalid({ resource, field: 'base', code: 'invalid' });
  if (text.length > MAX_BODY)
    return invalid({
      resource,
      field: 'body',
      code: 'custom',
      message: 'body is too long (maximum is 65536 characters)',
    });
  if (draft && !held.flags.allowsDrafts)
    return invalid({ resource, code: 'custom', message: 'Draft pull requests are not supported in this repository.' });
  if (
    held.pulls.some(
      (pull) => pull.state === 'open' && pull.head === head && pull.base === base && pull.headOwner === held.owner,
    )
  )
    return invalid({ resource, code: 'custom', message: `A pull request already exists for ${held.owner}:${head}.` });
  if (held.bare.git('rev-list', '--count', headOid, `^${baseOid}`).trim() === '0')
    return invalid({ resource, code: 'custom', message: `No commits between ${base} and ${head}` });
  const pull = held.open({ head, base, title, body: text, isDraft: draft, author: token.login });
  return ok(bodies.pull(held, pull, 'pull-request'), 201);
}

function changePull(call: RepositoryCall): Reply {
  const { held, body, token, bodies } = call;
  const pull = pullOf(call, 'pull_number');
  if (!pull) return failed(404, 'Not Found');
  const { state, ...changes } = Changes.parse(body);
  if (changes.base !== undefined && held.bare.tip(changes.base) === null)
    return invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  if ((changes.body ?? '').length > MAX_BODY)
    return invalid({
      resource: 'Issue',
      field: 'body',
      code: 'custom',
      message: 'body is too long (maximum is 65536 characters)',
    });
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  held.touch(pull, given);
  if (state === 'closed' && pull.state === 'open') held.end(pull, 'closed', token.login);
  return ok(bodies.pull(held, pull, 'pull-request'));
}

function askReviewers(call: RepositoryCall): Reply {
  const { held, body, bodies } = call;
  const pull = pullOf(call, 'pull_number');
  if (!pull) return failed(404, 'Not Found');
  const { reviewers, team_reviewers: teams } = Reviewers.parse(body);
  if (reviewers.includes(pull.author)) return failed(422, 'Review cannot be requested from pull request author.');
  if (reviewers.some((one) => !held.collaborators.has(one)) || teams.some((team) => !held.teams.has(team)))
    return failed(
      422,
      `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${held.fullName} repository.`,
    );
  held.touch(pull, { reviewers: [...new Set([...pull.reviewers, ...reviewers, ...teams])] });
  return ok(bodies.pull(held, pull, 'pull-request-simple'), 201);
}

function addLabels(call: RepositoryCall): Reply {
  const { held, body, bodies } = call;
  const pull = pullOf(call, 'issue_number');
  if (!pull) return failed(404, 'Not Found');
  const { labels } = z.object({ labels: z.array(z.string().max(50)) }).parse(body);
  for (const label of labels) held.labels.add(label);
  held.touch(pull, { labels: [...new Set([...pull.labels, ...labels])] });
  return ok(pull.labels.map((label) => bodies.label(label)));
}

function comment(call: RepositoryCall): Reply {
  const { held, body, token, bodies } = call;
  const pull = pullOf(call, 'issue_number');
  if (!pull) return failed(404, 'Not Found');
  const { body: text } = z.object({ body: z.string() }).parse(body);
  pull.comments.push({ by: token.login, body: text });
  held.touch(pull);
  return ok(bodies.comment(token.login, text, timeText(pull.updatedAt)), 201);
}

function setStatus({ held, asked, body, token, bodies }: RepositoryCall): Reply {
  const sha = asked.parameters['sha'] ?? '';
  const status = z
    .object({
      state: z.string(),
      context: z.string(),
      description: z.string().max(140),
      target_url: z.string().optional(),
    })
    .parse(body);
  try {
    held.bare.git('cat-file', '-e', `${sha}^{commit}`);
  } catch {
    return failed(422, `No commit found for SHA: ${sha}`);
  }
  held.setStatus(sha, status);
  return ok(bodies.status(token.login, status), 201);
}

function readRef({ held, asked, bodies }: RepositoryCall): Reply {
  const name = `refs/${asked.parameters['ref']}`;
  const oid = held.bare.refs().get(name);
  return oid === undefined ? failed(404, 'Not Found') : ok(bodies.ref(name, oid));
}

function deleteRef({ held, asked }: RepositoryCall): Reply {
  const name = `refs/${asked.parameters['ref']}`;
  if (!held.bare.refs().has(name)) return failed(422, 'Reference does not exist');
  held.bare.git('update-ref', '-d', name);
  held.sync();
  return { status: 204, body: undefined };
}

function pullOf({ held, asked }: RepositoryCall, name: string): HeldPull | undefined {
  held.sync();
  return held.pulls.find(({ number }) => number === Number(asked.parameters[name]));
}
