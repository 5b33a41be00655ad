import type { SecretSource } from '../../repository/read-secret.ts';

/** How one repository at GitHub is reached. */
export interface GitHubSettings {
  /** `https://api.github.com`, or `https://HOST/api/v3` of GitHub Enterprise Server. */
  readonly apiUrl: string;
  readonly access: TokenAccess | AppAccess;
  readonly route: RouteSettings;
  /** Writes are a second apart and what notifies people three, as GitHub asks for. */
  readonly isPaced: boolean;
}

/** Of a person, fine-grained or classic, or of a workflow run. */
export interface TokenAccess {
  readonly token: SecretSource;
}

export interface AppAccess {
  readonly app: {
    /** Its id, or its client id. */
    readonly appId: number | string;
    /** In PEM form; line breaks may be written as `\n`. */
    readonly privateKey: SecretSource;
    /** null: it is found from the repository. */
    readonly installationId: number | null;
  };
}

/** What the way there needs. */
export interface RouteSettings {
  /** Certificates in PEM form, trusted instead of the system's. */
  readonly caFile: string | null;
  /** Goes before the proxies of the environment; holds no password. */
  readonly proxy: string | null;
}

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

/** Whether it is GitHub Enterprise Server, which is known by its path. */
export function isEnterpriseServer(apiUrl: string): boolean {
  return new URL(apiUrl).pathname.startsWith('/api/v3');
}

/** Where people go with a browser, without a slash at its end. */
export function webUrlOf(apiUrl: string): string {
  const { protocol, host } = new URL(apiUrl);
  return `${protocol}//${isEnterpriseServer(apiUrl) ? host : host.replace(/^api\./, '')}`;
}

/** Where GraphQL is asked. */
export function graphqlUrlOf(apiUrl: string): string {
  return isEnterpriseServer(apiUrl) ? `${new URL(apiUrl).origin}/api/graphql` : `${withoutSlash(apiUrl)}/graphql`;
}

export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
