import { expect, onTestFinished } from 'vitest';
import { ProductError } from '../../src/errors.ts';
import type { Forge, NewPullRequest } from '../../src/forge/forge.ts';
import { GitHubAccounts } from '../../src/forge/github/accounts.ts';
import type { RequestSeen } from '../../src/forge/github/route.ts';
import type { GitHubSettings } from '../../src/forge/github/settings.ts';
import { findSecrets, textsOfError } from '../repository/secrets.ts';
import { GitHubStandIn, type StandInSettings } from './stand-in/stand-in.ts';

export const TOKEN = 'github_pat_11AAveryS3cretT0ken_x9';

/** A stand-in with a branch to review, and the product's way to it; no error may hold a secret. */
export interface ForgeSite {
  readonly standIn: GitHubStandIn;
  readonly forge: Forge;
  readonly accounts: GitHubAccounts;
  readonly environment: NodeJS.ProcessEnv;
  readonly settings: GitHubSettings;
  /** What the counter was called with. */
  readonly counted: RequestSeen[];
  readonly clock: { now: number };
  readonly stop: AbortController;
  /** The error that a promise ends with; what it says is searched for secrets. */
  readonly failure: (promise: Promise<unknown>) => Promise<ProductError>;
}

export interface SiteSettings extends StandInSettings {
  readonly isApp?: boolean;
  readonly given?: Partial<GitHubSettings>;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Where `dso-gitops/web` is one commit before `main`. */
export async function forgeSite(settings: SiteSettings = {}): Promise<ForgeSite> {
  const clock = { now: Date.UTC(2026, 5, 1, 12) };
  const branches = { 'dso-gitops/web': { 'scaling/web.yaml': 'replicas: 4\n' } };
  const prepared = { files: { 'base/app.yaml': 'x\n' }, branches };
  const standIn = await GitHubStandIn.start({ now: () => clock.now, prepared, ...settings });
  const environment: NodeJS.ProcessEnv = {
    FORGE_TOKEN: TOKEN,
    APP_KEY: standIn.app.privateKey,
    ...settings.environment,
  };
  const counted: RequestSeen[] = [];
  const stop = new AbortController();
  const accounts = new GitHubAccounts({
    environment,
    signal: stop.signal,
    now: () => clock.now,
    onRequest: (seen) => counted.push(seen),
  });
  const token = { token: { environment: 'FORGE_TOKEN', file: null } };
  const privateKey = { environment: 'APP_KEY', file: null };
  const app = { app: { appId: standIn.app.id, privateKey, installationId: null } };
  const made: GitHubSettings = {
    apiUrl: standIn.apiUrl,
    access: settings.isApp ? app : token,
    route: { caFile: null, proxy: null },
    isPaced: false,
    ...settings.given,
  };
  const said: string[] = [];
  onTestFinished(() => {
    const secrets = [...standIn.tokens.keys(), standIn.app.privateKey];
    expect(findSecrets(secrets, { directories: [], texts: { errors: said } })).toEqual([]);
  });
  return {
    standIn,
    accounts,
    environment,
    counted,
    clock,
    stop,
    settings: made,
    forge: await accounts.forge(made, { owner: 'acme', name: 'fleet' }),
    failure: async (promise) => {
      const ended: unknown = await promise.then(
        (value) => value,
        (error: unknown) => error,
      );
      said.push(...textsOfError(ended));
      if (ended instanceof ProductError) return ended;
      throw new Error(`expected a ProductError; found ${JSON.stringify(ended)} ${String(ended)}`, { cause: ended });
    },
  };
}

/** A branch one commit before `main`; its id. */
export function branch({ repository }: GitHubStandIn, name: string, files: Readonly<Record<string, string>>): string {
  const { bare } = repository;
  if (bare.tip(name) === null) bare.git('update-ref', `refs/heads/${name}`, bare.tip() ?? '');
  return bare.commit(files, name, `change ${name}`, 'dso-bot');
}

/** What is asked for, with a default for everything. */
export function newPull(given: Partial<NewPullRequest> = {}): NewPullRequest {
  return {
    head: 'dso-gitops/web',
    base: 'main',
    title: 'scale default/web 2 -> 4',
    body: 'why',
    labels: [],
    reviewers: [],
    ...given,
  };
}
