import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { ProductError } from '../../../src/errors.ts';
import type { MirrorSettings } from '../../../src/repository/mirror.ts';
import { BareRepository } from '../../repository/bare-repository.ts';
import { type GitWrapper, wrapGit } from '../../repository/git-wrapper.ts';
import { errorOf, NO_CREDENTIALS, settingsOf } from '../../repository/open-mirror.ts';
import { findSecrets, textsOfError } from '../../repository/secrets.ts';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';
import { makeKey, type Sshd, startSshd } from './sshd.ts';

/** A repository behind sshd, and a mirror of it; when the test is over, the private key may be left nowhere. */
export interface SshSite {
  readonly directory: string;
  readonly remote: BareRepository;
  readonly host: Sshd;
  readonly wrapper: GitWrapper;
  /** File of the private key. */
  readonly key: string;
  readonly publicKey: string;
  /** Writes the file of known hosts, too. */
  readonly settings: (given?: SshGiven) => MirrorSettings;
  /** The error that a promise ends with; what it says is searched for the key. */
  readonly failure: (promise: Promise<unknown>) => Promise<ProductError>;
}

/** What differs from a site where everything is right. */
export interface SshGiven {
  readonly key?: string;
  /** null: no file. */
  readonly knownHosts?: string | null;
  readonly directory?: string;
  readonly deadlineMs?: number;
}

/** Serves a repository over ssh until the test is over. */
export async function sshSite(): Promise<SshSite> {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  const remote = BareRepository.make(join(directory, 'fleet.git'), { 'base/app.yaml': 'x\n' });
  const key = makeKey(join(directory, 'key'));
  const host = await startSshd(join(directory, 'sshd'), [key.publicKey]);
  host.share(remote.directory);
  const wrapper = wrapGit(directory);
  const said: string[] = [];
  onTestFinished(() => {
    const texts = { errors: said, arguments: wrapper.processes() };
    const directories = [join(directory, 'cache'), remote.directory];
    expect(findSecrets([readFileSync(key.file, 'utf8')], { directories, texts })).toEqual([]);
  });
  return {
    directory,
    remote,
    host,
    wrapper,
    key: key.file,
    publicKey: key.publicKey,
    settings: (given = {}) => {
      const knownHostsFile = join(given.directory ?? directory, 'known_hosts');
      if (given.knownHosts !== null) writeFileSync(knownHostsFile, given.knownHosts ?? host.knownHost());
      return settingsOf(`${host.url}${remote.directory}`, join(directory, 'cache'), {
        credentials: { ...NO_CREDENTIALS, sshKeyFile: given.key ?? key.file, knownHostsFile },
        parentEnvironment: { PATH: wrapper.path },
        ...(given.deadlineMs === undefined ? {} : { deadlineMs: given.deadlineMs }),
      });
    },
    failure: async (promise) => {
      const error = await errorOf(promise);
      said.push(...textsOfError(error));
      return error;
    },
  };
}
