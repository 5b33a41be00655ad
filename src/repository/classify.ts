import { type ErrorKind, messageOf, ProductError } from '../errors.ts';
import { redact } from './environment.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly kind: ErrorKind;
  readonly reason: string;
  readonly advice: string;
}

/** Another writer was faster, as Git and hosts say it of a ref. */
export const LOST_RACE =
  /\[rejected\].{0,400}\((non-fast-forward|fetch first|stale info)\)|cannot lock ref|failed to lock|incorrect old value|reference already exists|failed to update ref|atomic push failed|remote ref updated since|fetch first/i;

/** In order: the first that matches. Patterns are of Git's English messages and of the hosts' refusals. */
const RULES: readonly Rule[] = [
  // Before what else is said: a ref cannot be locked then.
  rule(
    /remote: (fatal|error): (?:(?!fatal:).){0,200}(No space left on device|Out of diskspace|Disk quota exceeded|File too large)/i,
    'later',
    'HostDiskFull',
    'make room on the disk of the host',
  ),
  // A host on this machine speaks for itself; ours does not hang up on itself.
  rule(
    /(No space left on device|Out of diskspace|Disk quota exceeded|File too large).{0,400}the remote end hung up/is,
    'later',
    'HostDiskFull',
    'make room on the disk of the host',
  ),
  rule(
    /No space left on device|Out of diskspace|Disk quota exceeded|File too large/i,
    'later',
    'DiskFull',
    'make room on the disk that holds the mirrors',
  ),
  rule(
    /cannot lock ref 'refs\/dso-gitops\/(tip|known-state|work)/i,
    'later',
    'MirrorDamaged',
    'the mirror is damaged or locked; it is made again',
  ),
  rule(
    /dubious ownership/i,
    'act',
    'DubiousOwnership',
    'the repository belongs to another user: run as its owner, or reach it over ssh or http',
  ),
  rule(/error: 30[1278]\b/i, 'act', 'Redirected', 'redirects are not followed: put the final URL into the destination'),
  // Limits come with a status of their own or as 403, and TF400733 is that of Azure DevOps.
  rule(
    /error: 429|HTTP 429|\brate limit|TF400733/i,
    'later',
    'RateLimited',
    'the host takes no more requests for now; try again later, run does so by itself',
  ),
  // In the words of GitHub, GitLab, then Gitea and Forgejo, before what also says that the branch is protected.
  rule(
    /must have verified signatures|commits? must be signed|protected from unverified commit|unsigned commit/i,
    'act',
    'SignatureRequired',
    'the host takes only commits whose signature it can verify: set signing in the destination and make the key known to the host (docs/sign-commits.md), or allow this writer to push without',
  ),
  rule(
    /push cannot contain secrets|GITHUB PUSH PROTECTION/i,
    'act',
    'SecretFound',
    'the host takes something in the commit for a secret: see what it names, and correct the object or allow it on the host',
  ),
  // "Pushes to this branch are not permitted; you must use a pull request", as Azure DevOps says it.
  rule(
    /GH006|GH013|TF402455|protected branch|push rule|ruleset/i,
    'act',
    'ProtectedBranch',
    'the branch is protected: allow this writer to push, or review by pull request',
  ),
  rule(
    /pre-receive hook declined|hook declined/i,
    'act',
    'HookDeclined',
    'a hook of the host refused the push: read its message above',
  ),
  rule(LOST_RACE, 'retry', 'LostRace', 'another writer was faster; it is computed again from the new tip'),
  rule(
    /TF401027|marked as read only|(?:is|so it is) read-only|does not have write access|permission denied for writing|HTTP 403|error: 403|not allowed to push|Permission to .{0,400} denied|insufficient permission/i,
    'act',
    'PermissionDenied',
    'give the credentials the right to push',
  ),
  rule(
    /dst refspec .{0,400} matches more than one/i,
    'act',
    'AmbiguousRef',
    'the repository has another branch or tag whose name ends like the full name of this branch; delete it there',
  ),
  rule(/shallow update not allowed/i, 'act', 'ShallowRefused', 'the host takes no pushes from a shallow clone'),
  rule(
    /deny(ing)? (updating|creating|non-fast)|remote rejected/i,
    'act',
    'PushRefused',
    'the host refused the push: read its message above',
  ),
  rule(
    /HTTP code 4\d\d from proxy|CONNECT tunnel failed, response 4\d\d|error: 407|proxy authentication/i,
    'act',
    'ProxyRefused',
    'the proxy does not let this through: allow the host there, or correct HTTPS_PROXY, with user and password where it wants them, or proxy of the destination',
  ),
  rule(
    /Authentication failed|could not read Username|HTTP 401|error: 401|invalid credentials|Permission denied \(publickey/i,
    'act',
    'AuthenticationFailed',
    'check the credentials of the destination',
  ),
  rule(
    /No user exists for uid/i,
    'act',
    'UserMissing',
    'ssh runs only as a user that has a name: add the id to /etc/passwd of the image',
  ),
  rule(
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i,
    'act',
    'HostKeyUnknown',
    'put the host key into knownHostsFile after you checked it',
  ),
  rule(
    /Repository not found|does not appear to be a git repository|HTTP 404|error: 404|repository .{0,400} not found|is this a git repository|does not exist/i,
    'act',
    'RepositoryNotFound',
    'check the URL of the destination and the rights of its credentials',
  ),
  rule(
    /server certificate|SSL certificate|certificate (?:verify|subject name)|setting certificate|SSL CA cert/i,
    'act',
    'CertificateRefused',
    'check the name in the URL; make the CA known with credentials.caFile of the destination',
  ),
  rule(
    /Could not resolve host|Connection (refused|timed out|reset)|unable to access|early EOF|hung up|RPC failed|protocol error|expected flush|timed out|timeout|error: 5\d\d|Could not read from remote/i,
    'later',
    'RemoteUnavailable',
    'the host cannot be reached now; try again later, run does so by itself',
  ),
  rule(/aborted|abort/i, 'later', 'Aborted', 'it was ended'),
];

function rule(pattern: RegExp, kind: ErrorKind, reason: string, advice: string): Rule {
  return { pattern, kind, reason, advice };
}

/** What the failure came from. */
export interface GitCall {
  /** Left out of what is looked at: the name of a repository decides nothing. */
  readonly url: string;
  /** The command works on the mirror alone: what is not known otherwise is its damage. */
  readonly isLocal: boolean;
}

/** A banner of a host may come first: what is shown is the end. */
const SHOWN = 600;

/** What is looked at, from both ends: a host can send any amount. */
const LOOKED_AT = 20_000;

/** `Receiving objects:  50% (1/2)`, `Enumerating objects: 5, done.` and the like. */
const PROGRESS =
  /\d% \(\d+\/\d+\)|^(?:remote: )?(?:Enumerating|Counting|Compressing|Writing|Receiving|Unpacking|Resolving) (?:objects|deltas)|^Delta compression using|^(?:remote: )?Total \d+ \(delta/;

/** Objects, refs, locks or the configuration of the mirror that cannot be used. */
const DAMAGE = [
  /(?:bad|corrupt|missing|unable to (?:read|parse|find)) (?:\w+ ){0,4}(?:object|tree|blob|commit|pack|ref|config)/i,
  /loose object|not a git repository: '|did not send all necessary objects|\.lock': File exists/i,
];

/** A failure of Git as one of three: a person acts, try again now, try again later. */
export function classifyGitError(error: unknown, doing: string, { url, isLocal }: GitCall): ProductError {
  const what = redact(doing, []);
  if (error instanceof ProductError) return error;
  const text = textOf(messageOf(error));
  const names = [url, pathOf(url)].filter((name) => name.length > 1);
  // What people call things says nothing about what went wrong.
  const said = names
    .reduce((rest, name) => rest.replaceAll(name, ''), text)
    .replaceAll(/refs\/heads\/[^\s'":]+/g, 'refs/heads/');
  const shown = text.length > SHOWN ? `...${text.slice(-SHOWN)}` : text;
  const found = RULES.find(({ pattern }) => pattern.test(said));
  if (found) return new ProductError(found.kind, found.reason, `${what} failed: ${shown}; ${found.advice}`, error);
  if (isLocal || DAMAGE.some((pattern) => pattern.test(said)))
    return new ProductError('later', 'MirrorDamaged', `${what} failed: ${shown}`, error);
  return new ProductError('later', 'GitFailed', `${what} failed: ${shown}`, error);
}

/** The path that hosts repeat instead of the URL. */
function pathOf(url: string): string {
  const [, path = ''] = /^(?:\w+:\/\/[^/]*|[^/:]+@[^/:]+:)(.*)$/.exec(url) ?? [];
  return path;
}

/** On one line, without the reports of progress and without what a terminal would act on. */
function textOf(output: string): string {
  const isLong = output.length > 2 * LOOKED_AT;
  const shortened = isLong ? `${output.slice(0, LOOKED_AT)}\n${output.slice(-LOOKED_AT)}` : output;
  const lines = shortened
    .split(/[\r\n]/)
    .filter((line, index, all) => index === all.length - 1 || !PROGRESS.test(line));
  return lines
    .join(' ')
    .replaceAll(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}
