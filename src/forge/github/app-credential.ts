import { createPrivateKey } from 'node:crypto';
import { App, Octokit } from 'octokit';
import * as z from 'zod';
import { mustAct, ProductError } from '../../errors.ts';
import { readSecret } from '../../repository/read-secret.ts';
import { refusalOf, theirNow, withoutSecrets } from './answer.ts';
import { type Answer, ask, SILENT_LOG } from './ask.ts';
import type { Credential } from './credential.ts';
import { explainRefusal } from './explain.ts';
import { explainNoAnswer } from './no-answer.ts';
import { read } from './read.ts';
import type { Send } from './route.ts';
import { type AppAccess, type RepositoryName, webUrlOf, withoutSlash } from './settings.ts';

/** A token is made anew when this little is left of its hour, so that no Git push outlives it. */
const RENEW_BEFORE_MS = 10 * 60_000;
/** With this much left it still serves where a new one cannot be had. */
const SERVES_UNTIL_MS = 60_000;

const InstallationBody = z.object({ id: z.number() });
const TokenBody = z.object({ token: z.string().min(1), expires_at: z.string() });
const AppBody = z.object({ slug: z.string() });

/** What an App is reached with. */
export interface AppContext {
  readonly apiUrl: string;
  readonly access: AppAccess['app'];
  readonly send: Send;
  readonly environment: NodeJS.ProcessEnv;
  readonly now: () => number;
}

/** A GitHub App in one installation: its key signs for tokens that live an hour. */
export class AppCredential implements Credential {
  readonly #context: AppContext;
  #installation: number | null;
  /** By which the installation is found: the App need not be given every repository of the owner. */
  readonly #repositories: RepositoryName[] = [];
  /** `endsAt` is by this clock, in milliseconds since 1970. */
  #held: { readonly token: string; readonly endsAt: number } | null = null;
  #renewing: Promise<string> | null = null;
  #bot: string | null = null;
  #secrets: readonly string[] = [];

  constructor(context: AppContext) {
    this.#context = context;
    this.#installation = context.access.installationId;
  }

  async token(): Promise<string> {
    const held = this.#held;
    const left = held === null ? 0 : held.endsAt - this.#context.now();
    if (held !== null && left > RENEW_BEFORE_MS) return held.token;
    try {
      return await this.#renew();
    } catch (error) {
      const isOver = error instanceof ProductError && error.kind === 'act';
      if (held === null || isOver || left < SERVES_UNTIL_MS) throw error;
      return held.token;
    }
  }

  serve(repository: RepositoryName): void {
    this.#repositories.push(repository);
  }

  forget(): void {
    this.#held = null;
  }

  kind(): 'app' {
    return 'app';
  }

  secrets(): readonly string[] {
    return this.#secrets;
  }

  async bot(): Promise<string> {
    if (this.#bot !== null) return this.#bot;
    const doing = 'read the App';
    const { slug } = read(AppBody, (await this.#ask('GET /app', {}, doing)).data, doing);
    this.#bot = `${slug}[bot]`;
    return this.#bot;
  }

  /** All that ask at once get the same. */
  #renew(): Promise<string> {
    this.#renewing ??= this.#make().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #make(): Promise<string> {
    const doing = 'make a token of the App';
    this.#installation ??= await this.#findInstallation();
    const parameters = { installation_id: this.#installation };
    const answer = await this.#ask('POST /app/installations/{installation_id}/access_tokens', parameters, doing);
    if (answer.status === 404) {
      // It may have been installed anew meanwhile.
      this.#installation = this.#context.access.installationId;
      throw this.#notInstalled(doing);
    }
    const { token, expires_at: end } = read(TokenBody, answer.data, doing);
    const now = this.#context.now();
    this.#held = { token, endsAt: now + Date.parse(end) - theirNow(answer.headers, now) };
    // The ones before may still be in a message on its way.
    this.#secrets = [token, ...this.#secrets.slice(0, 3)];
    return token;
  }

  async #findInstallation(): Promise<number> {
    const doing = 'find the installation of the App';
    for (const { owner, name } of this.#repositories) {
      const parameters = { owner, repo: name };
      const answer = await this.#ask('GET /repos/{owner}/{repo}/installation', parameters, doing);
      if (answer.status !== 404) return read(InstallationBody, answer.data, doing).id;
    }
    throw this.#notInstalled(doing);
  }

  /** A call as the App itself: a success, or 404. */
  async #ask(route: string, parameters: Readonly<Record<string, unknown>>, doing: string): Promise<Answer> {
    const { apiUrl, access, send, now } = this.#context;
    const key = await this.#key();
    const secrets = [key];
    const observed: Send = (url, options) => {
      // What the key has signed serves for ten minutes.
      secrets.push(new Headers(options.headers ?? {}).get('authorization')?.replace(/^bearer /i, '') ?? '');
      return send(url, options);
    };
    const forApp = Octokit.defaults({
      baseUrl: withoutSlash(apiUrl),
      userAgent: 'dso-gitops',
      request: { fetch: observed },
      throttle: { enabled: false },
      retry: { enabled: false },
    });
    const { octokit } = new App({ appId: access.appId, privateKey: key, Octokit: forApp, log: SILENT_LOG });
    const answer = await ask(octokit, route, parameters).catch((error: unknown) => {
      throw explainNoAnswer(error, doing, new URL(apiUrl).host, secrets);
    });
    if (answer.status < 300 || answer.status === 404) return answer;
    const refusal = withoutSecrets(refusalOf(answer.status, answer.headers, answer.data), secrets);
    throw explainRefusal(
      refusal,
      doing,
      { target: this.#target(), webUrl: webUrlOf(apiUrl), credential: 'app' },
      now(),
    );
  }

  async #key(): Promise<string> {
    const { access, environment } = this.#context;
    const { file, environment: variable } = access.privateKey;
    const given = (await readSecret(access.privateKey, 'private key of the App', environment)) ?? '';
    const key = given.replaceAll(String.raw`\n`, '\n');
    try {
      createPrivateKey(key);
    } catch {
      // What Node says of it could repeat a part.
      throw mustAct(
        'CredentialMissing',
        `expected a private key in PEM form in ${file ?? `environment variable ${variable}`}; found something else; put the key of the App there, as it was downloaded from its settings`,
      );
    }
    return key;
  }

  #notInstalled(doing: string): ProductError {
    const target = this.#target();
    return mustAct(
      'AppNotInstalled',
      `cannot ${doing} for ${target}: there is no such installation; install the App there (Install App in its settings, ${webUrlOf(this.#context.apiUrl)}/settings/apps), or correct installationId`,
    );
  }

  #target(): string {
    return this.#repositories.map(({ owner, name }) => `${owner}/${name}`).join(', ');
  }
}
