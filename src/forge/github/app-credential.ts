import { createPrivateKey } from 'node:crypto';
import { App, Octokit } from 'octokit';
import * as z from 'zod';
import { mustAct, ProductError } from '../../errors.ts';
import { redact } from '../../repository/environment.ts';
import { readSecret } from '../../repository/read-secret.ts';
import { refusalOf, theirNow } from './answer.ts';
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
  /** One that the App is installed for. */
  readonly repository: RepositoryName;
  readonly send: Send;
  readonly environment: NodeJS.ProcessEnv;
  readonly now: () => number;
}

/** A GitHub App in one installation: its key signs for tokens that live an hour. */
export class AppCredential implements Credential {
  readonly #context: AppContext;
  #installation: number | null;
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
    this.#installation ??= await this.#findInstallation();
    const route = 'POST /app/installations/{installation_id}/access_tokens';
    const doing = 'make a token of the App';
    const answer = await this.#ask(route, { installation_id: this.#installation }, doing);
    const { token, expires_at: end } = read(TokenBody, answer.data, doing);
    const now = this.#context.now();
    this.#held = { token, endsAt: now + Date.parse(end) - theirNow(answer.headers, now) };
    // The ones before may still be in a message on its way.
    this.#secrets = [token, ...this.#secrets.slice(0, 3)];
    return token;
  }

  async #findInstallation(): Promise<number> {
    const { owner, name } = this.#context.repository;
    const doing = 'find the installation of the App';
    const answer = await this.#ask('GET /repos/{owner}/{repo}/installation', { owner, repo: name }, doing);
    return read(InstallationBody, answer.data, doing).id;
  }

  /** A call as the App itself. */
  async #ask(route: string, parameters: Readonly<Record<string, unknown>>, doing: string): Promise<Answer> {
    const { apiUrl, access, repository, send, now } = this.#context;
    const target = `${repository.owner}/${repository.name}`;
    const key = await this.#key();
    const forApp = Octokit.defaults({
      baseUrl: withoutSlash(apiUrl),
      userAgent: 'dso-gitops',
      request: { fetch: send },
      throttle: { enabled: false },
      retry: { enabled: false },
    });
    const { octokit } = new App({ appId: access.appId, privateKey: key, Octokit: forApp, log: SILENT_LOG });
    const answer = await ask(octokit, route, parameters).catch((error: unknown) => {
      throw explainNoAnswer(error, doing, new URL(apiUrl).host, [key]);
    });
    if (answer.status < 300) return answer;
    const refusal = refusalOf(answer.status, answer.headers, answer.data);
    if (answer.status === 404) throw notInstalled(doing, target, webUrlOf(apiUrl));
    const said = { ...refusal, message: redact(refusal.message, [key]) };
    throw explainRefusal(said, doing, { target, webUrl: webUrlOf(apiUrl), credential: 'app' }, now());
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
}

function notInstalled(doing: string, target: string, webUrl: string): ProductError {
  return mustAct(
    'AppNotInstalled',
    `cannot ${doing} for ${target}: there is no such installation; install the App for ${target} (Install App in its settings, ${webUrl}/settings/apps), or correct installationId`,
  );
}
