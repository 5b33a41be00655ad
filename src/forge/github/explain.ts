import { notBefore, ProductError } from '../../errors.ts';
import { limitedUntil, type Refusal, saidBy } from './answer.ts';

/** Whose refusal it is. */
export interface Place {
  /** `owner/name`, or what else was asked. */
  readonly target: string;
  /** Of people's pages, such as `https://github.com`. */
  readonly webUrl: string;
  readonly credential: CredentialKind;
}

/** `actions`: the token of a workflow run. `unknown`: a token in no form of GitHub's. */
export type CredentialKind = 'app' | 'actions' | 'fineGrained' | 'classic' | 'unknown';

/**
 * A failed answer as an error: what failed, why, and what to do where.
 *
 * @param doing what failed, for instance `create the pull request`
 * @param now in milliseconds since 1970
 */
export function explainRefusal(refusal: Refusal, doing: string, place: Place, now: number): ProductError {
  const { status, message, headers } = refusal;
  const failed = `cannot ${doing} at ${place.target}: ${saidBy(refusal)}`;
  const until = limitedUntil(refusal, now);
  if (until !== null) return limited(failed, until, now);
  if (status === 401) return new ProductError('act', 'AuthenticationFailed', `${failed}; ${renewal(place)}`);
  if (/archived/i.test(message) && status === 403)
    return new ProductError(
      'act',
      'RepositoryArchived',
      `${failed}; unarchive it at ${place.webUrl}/${place.target}/settings, or take it out of the destinations`,
    );
  if (/GitHub Actions is not permitted to create/i.test(message))
    return new ProductError(
      'act',
      'PullRequestsByActionsOff',
      `${failed}; allow it at ${place.webUrl}/${place.target}/settings/actions ("Allow GitHub Actions to create and approve pull requests"), there or for the whole organisation, or give the token of an App`,
    );
  if (headers['x-github-sso'] !== undefined && status === 403)
    return new ProductError(
      'act',
      'SingleSignOnNeeded',
      `${failed}; the organisation takes only tokens that were authorised for its single sign-on: at ${place.webUrl}/settings/tokens choose "Configure SSO" beside the token${ssoPage(headers['x-github-sso'])}`,
    );
  if (status === 403) return new ProductError('act', 'PermissionDenied', `${failed}; ${permission(refusal, place)}`);
  if (status === 404 || status === 410)
    return new ProductError(
      'act',
      'RepositoryNotFound',
      `${failed}; it is not there, was renamed, or this credential may not see it: check the name, and that the credential ${reach(place)}`,
    );
  if (status === 451) return new ProductError('act', 'ForgeRefused', `${failed}; the repository was taken down`);
  if (status === 422) return unprocessable(refusal, failed, place);
  if (status === 409) return new ProductError('later', 'ForgeConflict', `${failed}; it is tried again`);
  if (status >= 500 || status === 408)
    return new ProductError('later', 'RemoteUnavailable', `${failed}; try again later, run does so by itself`);
  return new ProductError('act', 'ForgeRefused', `${failed}; see what it says`);
}

/** GitHub wants to be left alone until a time. */
export function limited(failed: string, until: number, now: number): ProductError {
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  const advice = `GitHub takes no more requests of this credential for ${seconds} s; it goes on by itself then; if it comes back, see who else uses the credential`;
  return notBefore(until, new ProductError('later', 'RateLimited', `${failed}; ${advice}`));
}

/** What the repository's new name is told with. */
export function moved(doing: string, place: Place, newName: string | null): ProductError {
  const to = newName === null ? 'somewhere else' : `to ${newName}`;
  return new ProductError(
    'act',
    'RepositoryRenamed',
    `cannot ${doing} at ${place.target}: the repository has moved ${to}; put its new URL into the destination`,
  );
}

function unprocessable(refusal: Refusal, failed: string, { target, webUrl }: Place): ProductError {
  const faulty = new Set(refusal.details.filter(({ code }) => code === 'invalid').map(({ field }) => field));
  if (faulty.has('base'))
    return new ProductError(
      'act',
      'BaseBranchMissing',
      `${failed}; the branch that is to be merged into is not there: create it, or correct branch of the destination (${webUrl}/${target}/branches)`,
    );
  if (faulty.has('head'))
    return new ProductError(
      'retry',
      'HeadBranchMissing',
      `${failed}; the branch of the pull request is gone: it is pushed again`,
    );
  if (refusal.details.some(({ message }) => /^No commits between/i.test(message)))
    return new ProductError(
      'retry',
      'NoDifference',
      `${failed}; there is nothing left to review: it is computed again`,
    );
  return new ProductError('act', 'ForgeRefused', `${failed}; see what it says`);
}

function renewal({ credential, webUrl }: Place): string {
  switch (credential) {
    case 'app':
      return `the App or its key is not accepted: make a new private key in the settings of the App (${webUrl}/settings/apps) and check github.app.id`;
    case 'actions':
      return 'the token of a workflow run ends with its job: use it there only, or use an App';
    case 'fineGrained':
      return `the token was revoked or has ended: make a new one at ${webUrl}/settings/personal-access-tokens and put it where the old one was; no restart is needed for a file`;
    case 'classic':
    case 'unknown':
      return `the token was revoked or has ended: make a new one at ${webUrl}/settings/tokens and put it where the old one was; no restart is needed for a file`;
  }
}

/** `pull_requests=write`, of which each part separated by `;` is enough; `repo`, of which each by `,` is. */
function permission({ headers }: Refusal, { credential, webUrl, target }: Place): string {
  const permissions = (headers['x-accepted-github-permissions'] ?? '').split(';').map((one) => readable(one));
  const named = permissions.filter(Boolean).join(', or ');
  const needed = named === '' ? 'the permission this needs' : `the permission ${named}`;
  switch (credential) {
    case 'app':
      return `give the App ${needed} in its settings (Permissions & events, ${webUrl}/settings/apps), then accept it in its installation, which must include ${target}`;
    case 'actions':
      return `give the workflow ${needed} under permissions: in its file, and see ${webUrl}/${target}/settings/actions`;
    case 'fineGrained':
      return `give the token ${needed} for ${target} at ${webUrl}/settings/personal-access-tokens; its owner needs the same right there`;
    case 'classic':
    case 'unknown': {
      const accepted = (headers['x-accepted-oauth-scopes'] ?? '').split(',').map((scope) => scope.trim());
      const scopes = accepted.filter(Boolean);
      const held = new Set((headers['x-oauth-scopes'] ?? '').split(',').map((scope) => scope.trim()));
      if (scopes.length > 0 && !scopes.some((scope) => held.has(scope)))
        return `give the token the scope ${scopes.join(' or ')} at ${webUrl}/settings/tokens`;
      return `give the owner of the token ${named === '' ? 'write access' : needed} to ${target} (${webUrl}/${target}/settings/access)`;
    }
  }
}

/** ` Pull requests: write` and `Contents: write`. */
function readable(permissions: string): string {
  const parts = permissions.split(',').map((one) => /^\s*(\w+)=(\w+)\s*$/.exec(one));
  return parts.flatMap((part) => (part ? [`${title(part[1] ?? '')}: ${part[2]}`] : [])).join(' and ');
}

function title(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function reach({ credential, webUrl, target }: Place): string {
  switch (credential) {
    case 'app':
      return `of the App reaches it: its installation must include ${target} (${webUrl}/settings/installations)`;
    case 'actions':
      return 'of a workflow run is used for its own repository only';
    case 'fineGrained':
      return `includes it (${webUrl}/settings/personal-access-tokens)`;
    case 'classic':
    case 'unknown':
      return 'has the scope repo and its owner may read it';
  }
}

/** The page without what is after `?`: that part is of one person's session. */
function ssoPage(header: string): string {
  const [, page] = /url=([^?;\s]+)/.exec(header) ?? [];
  return page === undefined ? '' : ` (${page})`;
}
