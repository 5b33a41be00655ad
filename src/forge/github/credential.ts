import { mustAct } from '../../errors.ts';
import { readSecret, type SecretSource } from '../../repository/read-secret.ts';
import type { CredentialKind } from './explain.ts';
import type { RepositoryName } from './settings.ts';

/** What requests are made with; read anew each time, so that a changed file is used at once. */
export interface Credential {
  /** What holds now, without `Bearer`. */
  token(): Promise<string>;
  /** Tells of a repository that it is used for. */
  serve(repository: RepositoryName): void;
  /** What was refused: the next one is made anew. */
  forget(): void;
  kind(): CredentialKind;
  /** Every text that no message may repeat. */
  secrets(): readonly string[];
  /** Login of the bot it acts as; null: a person's, or a token that does not tell. */
  bot(): Promise<string | null>;
}

/** In the order of their prefixes, which GitHub documents. */
const KINDS: readonly (readonly [prefix: string, kind: CredentialKind])[] = [
  ['github_pat_', 'fineGrained'],
  ['ghp_', 'classic'],
  ['gho_', 'classic'],
  ['ghs_', 'actions'],
];

/** A token of a person or of a workflow run. */
export class TokenCredential implements Credential {
  readonly #source: SecretSource;
  readonly #environment: NodeJS.ProcessEnv;
  #last = '';

  constructor(source: SecretSource, environment: NodeJS.ProcessEnv) {
    this.#source = source;
    this.#environment = environment;
  }

  async token(): Promise<string> {
    const token = (await readSecret(this.#source, 'token of the forge', this.#environment))?.trim() ?? '';
    if (!/^[\x21-\x7e]+$/.test(token)) {
      const where = this.#source.file ?? `environment variable ${this.#source.environment}`;
      throw mustAct('CredentialMissing', `expected a token on one line in ${where}; found something else; correct it`);
    }
    this.#last = token;
    return token;
  }

  serve(): void {
    // A token is the same everywhere.
  }

  forget(): void {
    // It is read anew each time.
  }

  kind(): CredentialKind {
    return KINDS.find(([prefix]) => this.#last.startsWith(prefix))?.[1] ?? 'unknown';
  }

  secrets(): readonly string[] {
    return this.#last === '' ? [] : [this.#last];
  }

  async bot(): Promise<null> {
    return null;
  }
}
