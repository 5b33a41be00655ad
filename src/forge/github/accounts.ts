import { ContentBudget } from '../content-budget.ts';
import type { Forge } from '../forge.ts';
import { AppCredential } from './app-credential.ts';
import { GitHubClient } from './client.ts';
import { type Credential, TokenCredential } from './credential.ts';
import { FeatureQuestion } from './features.ts';
import { GitHubForge } from './github-forge.ts';
import { openRoute, type RequestSeen, type Send } from './route.ts';
import { type GitHubSettings, type RepositoryName, withoutSlash } from './settings.ts';

/** What the process gives. */
export interface AccountsContext {
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** In milliseconds since 1970. */
  readonly now: () => number;
  /** Called for every HTTP request that was made, 304 included. */
  readonly onRequest?: (seen: RequestSeen) => void;
  /** Called before every request; it may end the signal. */
  readonly beforeCall?: () => void;
}

/** One credential at one host. */
interface Account {
  readonly client: GitHubClient;
  readonly features: FeatureQuestion;
}

/** All of GitHub that a process uses, one instance of it: what one credential may do is shared by its repositories. */
export class GitHubAccounts {
  readonly #context: AccountsContext;
  readonly #accounts = new Map<string, Promise<Account>>();
  readonly #forges = new Map<string, Promise<Forge>>();

  constructor(context: AccountsContext) {
    this.#context = context;
  }

  /**
   * A repository; nothing is asked yet. The same one for the same settings, which keeps what it has learnt.
   *
   * @throws ProductError kind `act` when the certificates cannot be read
   */
  forge(settings: GitHubSettings, repository: RepositoryName): Promise<Forge> {
    const id = JSON.stringify([idOf(settings, repository), repository.owner, repository.name]);
    return kept(this.#forges, id, async () => {
      const { client, features } = await this.#account(settings, repository);
      client.credential.serve(repository);
      return new GitHubForge(client, features, repository, this.#context.now);
    });
  }

  #account(settings: GitHubSettings, repository: RepositoryName): Promise<Account> {
    const id = idOf(settings, repository);
    return kept(this.#accounts, id, async () => {
      const { environment, signal, now, onRequest = () => undefined, beforeCall } = this.#context;
      const route = await openRoute(settings.route, environment, signal, onRequest);
      const send: Send = (url, options) => {
        beforeCall?.();
        return route(url, options);
      };
      const credential = this.#credential(settings, send);
      const { apiUrl, isPaced } = settings;
      const client = new GitHubClient({ apiUrl, credential, budget: new ContentBudget(), send, id, isPaced, now });
      return { client, features: new FeatureQuestion(client) };
    });
  }

  #credential({ apiUrl, access }: GitHubSettings, send: Send): Credential {
    const { environment, now } = this.#context;
    if ('token' in access) return new TokenCredential(access.token, environment);
    return new AppCredential({ apiUrl, access: access.app, send, environment, now });
  }
}

/** Host, way and credential; of an App its installation, which there is one of for each owner. */
function idOf({ apiUrl, access, route }: GitHubSettings, { owner }: RepositoryName): string {
  const way = [withoutSlash(apiUrl), route.caFile, route.proxy];
  if ('token' in access) return JSON.stringify([...way, access.token.file, access.token.environment]);
  const { appId, privateKey, installationId } = access.app;
  return JSON.stringify([
    ...way,
    appId,
    privateKey.file,
    privateKey.environment,
    installationId ?? owner.toLowerCase(),
  ]);
}

/** A failure is not kept: what it came from may be mended. */
function kept<Value>(map: Map<string, Promise<Value>>, id: string, make: () => Promise<Value>): Promise<Value> {
  const known = map.get(id);
  if (known) return known;
  const made = make();
  map.set(id, made);
  made.catch(() => map.delete(id));
  return made;
}
