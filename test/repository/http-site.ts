import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { ProductError } from '../../src/errors.ts';
import type { CredentialSource } from '../../src/repository/environment.ts';
import type { MirrorSettings } from '../../src/repository/mirror.ts';
import { BareRepository } from './bare-repository.ts';
import { type GitWrapper, wrapGit } from './git-wrapper.ts';
import { type HttpBehavior, type HttpHost, serveHttp } from './http-server.ts';
import { errorOf, NO_CREDENTIALS, settingsOf } from './open-mirror.ts';
import { findSecrets, textsOfError } from './secrets.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const TOKEN = 'ghp_v3rySecretT0ken/+=';
export const ACCOUNT = `x-access-token:${TOKEN}`;

/** A repository behind a host, and a mirror of it; when the test is over, no secret may be left anywhere. */
export interface HttpSite {
  readonly directory: string;
  readonly remote: BareRepository;
  readonly host: HttpHost;
  readonly wrapper: GitWrapper;
  /** null: without a token. */
  readonly settings: (token: string | null, given?: Partial<MirrorSettings>) => MirrorSettings;
  /** With these credentials and this environment beside PATH. */
  readonly settingsWith: (given: Partial<CredentialSource>, environment?: NodeJS.ProcessEnv) => MirrorSettings;
  /** The error that a promise ends with; what it says is searched for secrets. */
  readonly failure: (promise: Promise<unknown>) => Promise<ProductError>;
  /** Where a secret is. */
  readonly leaks: () => readonly string[];
}

/**
 * Serves a repository over http until the test is over.
 *
 * @param more secrets beside the token
 */
export async function httpSite(behavior: HttpBehavior, more: readonly string[] = []): Promise<HttpSite> {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, 'host', 'fleet.git'), { 'base/app.yaml': 'x\n' });
  const host = await serveHttp(join(directory, 'host'), behavior);
  const wrapper = wrapGit(directory);
  const said: string[] = [];
  const secrets = new Set([TOKEN, ...more]);
  const leaks: HttpSite['leaks'] = () =>
    findSecrets([...secrets], {
      directories: [join(directory, 'host'), join(directory, 'cache')],
      texts: { errors: said, arguments: wrapper.processes(), URLs: host.requests },
    });
  onTestFinished(() => expect(leaks()).toEqual([]));
  const settingsWith: HttpSite['settingsWith'] = (given, environment = {}) =>
    settingsOf(`${host.url}/fleet.git`, join(directory, 'cache'), {
      credentials: { ...NO_CREDENTIALS, ...given },
      parentEnvironment: { PATH: wrapper.path, ...environment },
    });
  return {
    directory,
    remote,
    host,
    wrapper,
    settings: (token, given = {}) => {
      if (token !== null) secrets.add(token);
      const tokenEnvironment = token === null ? null : 'FLEET_TOKEN';
      return { ...settingsWith({ tokenEnvironment }, { FLEET_TOKEN: token ?? undefined }), ...given };
    },
    settingsWith,
    failure: async (promise) => {
      const error = await errorOf(promise);
      said.push(...textsOfError(error));
      return error;
    },
    leaks,
  };
}
