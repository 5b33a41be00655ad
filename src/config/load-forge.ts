import type { Problem } from '../api/problem.ts';
import type { GitHubSettings, RepositoryName } from '../forge/github/settings.ts';
import { GitHub, type GitHubFile } from './forge-schema.ts';
import { accessGiven, isForgeForGit } from './given-access.ts';
import { absolute, isLoopback } from './paths.ts';
import type { DestinationFile } from './schema.ts';

/** The API of a repository's host. */
export interface ForgeSettings {
  readonly github: GitHubSettings;
  readonly repository: RepositoryName;
  /** Git is reached with what acts there. */
  readonly isForGit: boolean;
  /** Each commit gets a status. */
  readonly setsStatus: boolean;
}

/** Settings of the API, and what is wrong with them. */
export interface LoadedForge {
  /** null: it is not used, or something is wrong. */
  readonly settings: ForgeSettings | null;
  /** Paths from the destination on. */
  readonly problems: readonly Problem[];
}

/**
 * Settings of a destination; what is not said is taken from its URL and its credentials.
 *
 * @param isProposing a rule of it proposes changes
 * @param base directory of the configuration
 */
export function loadForge(destination: DestinationFile, isProposing: boolean, base: string): LoadedForge {
  const isNeeded = isProposing || destination.pullRequests || destination.write === 'api';
  if (!destination.github && !isNeeded) return { settings: null, problems: [] };
  const file = destination.github ?? GitHub.parse({});
  const problems: Problem[] = [];
  const place = placeOf(destination.repository);
  const [owner, name] = file.repository?.split('/') ?? [place?.owner, place?.name];
  if (!owner || !name)
    problems.push({
      path: ['github', 'repository'],
      message: `is required where the URL does not tell it; expected owner/name, found ${JSON.stringify(destination.repository)}`,
    });
  const apiUrl = file.apiUrl ?? (place ? apiUrlOf(place.host) : null);
  if (apiUrl === null)
    problems.push({ path: ['github', 'apiUrl'], message: 'is required where the URL does not name a host' });
  if (apiUrl?.startsWith('http://') && !isLoopback(`${apiUrl}/`))
    problems.push({ path: ['github', 'apiUrl'], message: 'expected https: a token is not sent over plain http' });
  const access = accessOf(file, destination, base);
  if (typeof access === 'string') problems.push({ path: ['github'], message: access });
  if (!owner || !name || apiUrl === null || typeof access === 'string') return { settings: null, problems };
  const { credentials, proxy = null } = destination;
  const caFile = credentials?.caFile === undefined ? null : absolute(credentials.caFile, base);
  const isForGit = isForgeForGit(destination);
  return {
    settings: {
      // Nobody counts the requests to a host on this machine.
      github: { apiUrl, access, route: { caFile, proxy }, isPaced: !isLoopback(`${apiUrl}/`) },
      repository: { owner, name },
      isForGit,
      setsStatus: file.commitStatus,
    },
    problems,
  };
}

/** Who acts; a text: what is wrong. */
function accessOf(
  github: GitHubFile,
  { credentials }: DestinationFile,
  base: string,
): GitHubSettings['access'] | string {
  const { app, tokenEnvironment, tokenFile } = github;
  const path = (file: string | undefined): string | null => (file === undefined ? null : absolute(file, base));
  const given = accessGiven(github);
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
    return 'expected tokenEnvironment, tokenFile or app here, or a token in credentials: the API is not used without';
  return { token };
}

/** What a URL says of host, owner and name; null: it does not. */
export function placeOf(url: string): { readonly host: string; readonly owner: string; readonly name: string } | null {
  const [, scheme, host, port = '', owner, name] =
    /^(https?|ssh):\/\/(?:[^@/]*@)?([^/:]+)(:\d+)?\/([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(url) ??
    /^()[^@/]+@([^:/]+)()?:([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(url) ??
    [];
  // The port of ssh is that of ssh alone.
  return host && owner && name ? { host: scheme?.startsWith('http') ? `${host}${port}` : host, owner, name } : null;
}

/** github.com, a host of its data residency, or an Enterprise Server. */
function apiUrlOf(host: string): string {
  if (/^(www\.|ssh\.)?github\.com$/i.test(host)) return 'https://api.github.com';
  return /^[^.]+\.ghe\.com$/i.test(host) ? `https://api.${host}` : `https://${host}/api/v3`;
}
