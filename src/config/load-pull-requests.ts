import { parseDuration } from '../api/duration.ts';
import type { Problem } from '../api/problem.ts';
import type { MergeMethod } from '../forge/forge.ts';
import type { GitHubSettings, RepositoryName } from '../forge/github/settings.ts';
import type { GroupBy } from '../proposal/head.ts';
import type { RebuildSettings } from '../proposal/next-step.ts';
import { absolute, isLoopback } from './paths.ts';
import { type PullRequestsFile, PullRequests as PullRequestsSchema } from './pull-request-schema.ts';
import type { DestinationFile } from './schema.ts';

/** How what is proposed becomes pull requests. */
export interface PullRequestSettings {
  readonly github: GitHubSettings;
  readonly repository: RepositoryName;
  readonly groupBy: GroupBy;
  readonly labels: readonly string[];
  /** Logins, and teams as `organisation/team`. */
  readonly reviewers: readonly string[];
  /** null: a person merges. */
  readonly autoMerge: MergeMethod | null;
  readonly validForMs: number;
  readonly rebuild: RebuildSettings;
}

/** Settings of pull requests, and what is wrong with them. */
export interface LoadedPullRequests {
  /** null: nothing is proposed, or something is wrong. */
  readonly settings: PullRequestSettings | null;
  /** Paths from `pullRequests` on. */
  readonly problems: readonly Problem[];
}

/**
 * Settings of a destination; what is not said is taken from its URL and its credentials.
 *
 * @param isProposed a rule of it proposes changes
 * @param base directory of the configuration
 */
export function loadPullRequests(destination: DestinationFile, isProposed: boolean, base: string): LoadedPullRequests {
  if (!destination.pullRequests && !isProposed) return { settings: null, problems: [] };
  const file = destination.pullRequests ?? PullRequestsSchema.parse({});
  const problems: Problem[] = [];
  const place = placeOf(destination.repository);
  const [owner, name] = file.github.repository?.split('/') ?? [place?.owner, place?.name];
  if (!owner || !name)
    problems.push({
      path: ['github', 'repository'],
      message: `is required where the URL does not tell it; expected owner/name, found ${JSON.stringify(destination.repository)}`,
    });
  const apiUrl = file.github.apiUrl ?? (place ? apiUrlOf(place.host) : null);
  if (apiUrl === null)
    problems.push({ path: ['github', 'apiUrl'], message: 'is required where the URL does not name a host' });
  if (apiUrl?.startsWith('http://') && !isLoopback(`${apiUrl}/`))
    problems.push({ path: ['github', 'apiUrl'], message: 'expected https: a token is not sent over plain http' });
  const access = accessOf(file, destination, base);
  if (typeof access === 'string') problems.push({ path: ['github'], message: access });
  if (!owner || !name || apiUrl === null || typeof access === 'string') return { settings: null, problems };
  const { credentials, proxy = null } = destination;
  const caFile = credentials?.caFile === undefined ? null : absolute(credentials.caFile, base);
  return {
    settings: {
      // Nobody counts the requests to a host on this machine.
      github: {
        apiUrl,
        access,
        route: { caFile, proxy },
        isPaced: !isLoopback(`${apiUrl}/`),
      },
      repository: { owner, name },
      groupBy: file.groupBy,
      labels: file.labels,
      reviewers: file.reviewers,
      autoMerge: file.autoMerge ?? null,
      validForMs: parseDuration(file.validFor) ?? 0,
      rebuild: {
        thresholdPercent: file.rebuild.threshold,
        minIntervalMs: parseDuration(file.rebuild.minInterval) ?? 0,
      },
    },
    problems,
  };
}

/** Who acts; a text: what is wrong. */
function accessOf(
  { github: { app, tokenEnvironment, tokenFile } }: PullRequestsFile,
  { credentials }: DestinationFile,
  base: string,
): GitHubSettings['access'] | string {
  const path = (file: string | undefined): string | null => (file === undefined ? null : absolute(file, base));
  const given = [app, tokenEnvironment, tokenFile].filter((one) => one !== undefined);
  if (given.length > 1) return 'expected one of app, tokenEnvironment and tokenFile; found several';
  if (app) {
    const privateKey = { environment: app.privateKeyEnvironment ?? null, file: path(app.privateKeyFile) };
    if ((privateKey.environment === null) === (privateKey.file === null))
      return 'expected privateKeyEnvironment or privateKeyFile with app, one of them';
    return { app: { appId: app.id, privateKey, installationId: app.installationId ?? null } };
  }
  const own = { environment: tokenEnvironment ?? null, file: path(tokenFile) };
  const shared = { environment: credentials?.tokenEnvironment ?? null, file: path(credentials?.tokenFile) };
  const token = given.length > 0 ? own : shared;
  if (token.environment === null && token.file === null)
    return 'expected tokenEnvironment, tokenFile or app here, or a token in credentials; pull requests are made by the API';
  return { token };
}

/** What a URL says of host, owner and name; null: it does not. */
function placeOf(url: string): { readonly host: string; readonly owner: string; readonly name: string } | null {
  const found =
    /^(?:https?|ssh):\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(url) ??
    /^[^@/]+@([^:/]+):([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(url);
  const [, host, owner, name] = found ?? [];
  return host && owner && name ? { host, owner, name } : null;
}

function apiUrlOf(host: string): string {
  return /^(www\.|ssh\.)?github\.com$/i.test(host) ? 'https://api.github.com' : `https://${host}/api/v3`;
}
