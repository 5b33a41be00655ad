import * as z from 'zod';
import { mustAct, ProductError } from '../../errors.ts';
import { oneLine, type Refusal } from './answer.ts';
import { explainRefusal, type Place } from './explain.ts';

const text = z.string().catch('');

/** An answer of GraphQL, whose failures come with status 200. */
export const GraphqlBody = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ type: text, message: text, path: z.array(z.unknown()).catch([]) }))
    .optional()
    .transform((errors) => errors ?? []),
});

export interface GraphqlError {
  /** Such as NOT_FOUND; empty: none is given. */
  readonly type: string;
  readonly message: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly explain: (failed: string, place: Place) => ProductError;
}

const generalSettings = ({ webUrl, target }: Place): string => `${webUrl}/${target}/settings`;
const branchSettings = ({ webUrl, target }: Place): string => `${webUrl}/${target}/settings/branches`;

/** In GitHub's words, in order: the first that matches. */
const RULES: readonly Rule[] = [
  {
    pattern: /resolve to a PullRequest/i,
    explain: (failed) => mustAct('PullRequestMissing', `${failed}; there is none of this number: see which are open`),
  },
  {
    pattern: /auto.?merge is not allowed|can't enable auto-merge/i,
    explain: (failed, place) =>
      mustAct(
        'AutoMergeOff',
        `${failed}; switch on "Allow auto-merge" at ${generalSettings(place)}, under Pull Requests`,
      ),
  },
  {
    pattern: /protected branch rules not configured|no (?:branch )?protection/i,
    explain: (failed, place) =>
      mustAct(
        'AutoMergeUseless',
        `${failed}; there is nothing that a merge would wait for: demand reviews or checks for the branch at ${branchSettings(place)}, or deliver by push`,
      ),
  },
  {
    pattern: /in (?:clean|unstable|has_hooks) status/i,
    explain: (failed) =>
      mustAct('AutoMergeUseless', `${failed}; nothing is left that a merge would wait for: it can be merged now`),
  },
  {
    pattern: /merge method .{0,40}not allowed|(?:merge commits|squash merging|rebase merging) (?:are|is) not allowed/i,
    explain: (failed, place) =>
      mustAct(
        'MergeMethodOff',
        `${failed}; allow this way of merging at ${generalSettings(place)}, under Pull Requests, or configure one that is`,
      ),
  },
  {
    pattern: /expected branch to point to|base branch was modified|head (?:sha|branch) (?:was|has been) modified/i,
    explain: (failed) =>
      new ProductError(
        'retry',
        'LostRace',
        `${failed}; another writer was faster; it is computed again from the new tip`,
      ),
  },
  {
    pattern: /must have verified signatures/i,
    explain: (failed) =>
      mustAct('SignatureRequired', `${failed}; the branch takes only signed commits: see docs/sign-commits.md`),
  },
  {
    pattern: /protected branch|rule violations|changes must be made through a pull request|required status check/i,
    explain: (failed) =>
      mustAct(
        'ProtectedBranch',
        `${failed}; the branch is protected: allow this writer there, or review by pull request`,
      ),
  },
];

/** Errors of an answer of GraphQL as one; the most telling of them decides. */
export function explainGraphqlErrors(
  errors: readonly GraphqlError[],
  refusal: Refusal,
  doing: string,
  place: Place,
  now: number,
): ProductError {
  const said = oneLine(errors.map(({ message }) => message).join('; '));
  const failed = `cannot ${doing} at ${place.target}: ${said}`;
  const rule = RULES.find(({ pattern }) => errors.some(({ message }) => pattern.test(message)));
  if (rule) return rule.explain(failed, place);
  const types = new Set(errors.map(({ type }) => type));
  const as = (status: number): ProductError =>
    explainRefusal({ ...refusal, status, message: said, details: [] }, doing, place, now);
  if (types.has('STALE_DATA'))
    return new ProductError(
      'retry',
      'LostRace',
      `${failed}; another writer was faster; it is computed again from the new tip`,
    );
  if (types.has('FORBIDDEN') || types.has('INSUFFICIENT_SCOPES') || /not accessible by/i.test(said)) return as(403);
  if (types.has('NOT_FOUND')) return as(404);
  if (types.has('SERVICE_UNAVAILABLE') || types.has('INTERNAL') || /something went wrong/i.test(said)) return as(502);
  return mustAct('ForgeRefused', `${failed}; see what it says`);
}
