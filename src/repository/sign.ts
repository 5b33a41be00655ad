import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { messageOf, mustAct, ProductError } from '../errors.ts';
import { classifyGitError } from './classify.ts';
import { type GitEnvironment, gitEnvironment, NO_CREDENTIALS } from './environment.ts';
import type { ImportCommit, WrittenCommit } from './fast-import.ts';
import { gitIn } from './git.ts';
import { withKeyring } from './openpgp-keyring.ts';
import { readSecret } from './read-secret.ts';

/** How the commits of a destination are signed, and where the key is. */
export interface SigningSource {
  readonly format: 'ssh' | 'openpgp';
  /** A private key of OpenSSH, or an OpenPGP secret key in ASCII armor; read again for every push. */
  readonly keyFile: string;
  readonly passphraseEnvironment: string | null;
  readonly passphraseFile: string | null;
}

/** Where signing takes place. */
export interface SigningPlace {
  /** Bare repository that holds the commits. */
  readonly directory: string;
  readonly parentEnvironment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** What one `commit-tree -S` needs. */
interface SigningKey {
  readonly id: string;
  readonly variables: Readonly<Record<string, string>>;
}

const ASKPASS = fileURLToPath(new URL('../../templates/signing/askpass', import.meta.url));

const KEYS = {
  ssh: { begin: /^-----BEGIN (?!PGP)[A-Z ]*PRIVATE KEY-----/m, name: 'a private key of OpenSSH' },
  openpgp: { begin: /^-----BEGIN PGP PRIVATE KEY BLOCK-----/m, name: 'an OpenPGP secret key in ASCII armor' },
} as const;

/**
 * Writes commits again with a signature, since fast-import has none: the same trees, parents, messages, names and times.
 *
 * @throws ProductError kind `act`, `SigningKeyMissing` or `SigningFailed`: nothing is given back unsigned
 */
export async function signCommits(
  signing: SigningSource,
  place: SigningPlace,
  commits: readonly ImportCommit[],
  written: readonly WrittenCommit[],
): Promise<readonly WrittenCommit[]> {
  const text = await readKey(signing);
  const { passphraseEnvironment, passphraseFile } = signing;
  const source = { environment: passphraseEnvironment, file: passphraseFile };
  const passphrase = await readSecret(source, 'passphrase of the signing key', place.parentEnvironment);
  const base = await gitEnvironment('', NO_CREDENTIALS, place.directory, place.parentEnvironment);
  const environment = { ...base, secrets: [...base.secrets, ...(passphrase === null ? [] : [passphrase])] };
  const signAll = async (key: SigningKey): Promise<readonly WrittenCommit[]> => {
    const signed: WrittenCommit[] = [];
    for (const [index, { tree }] of written.entries()) {
      const commit = commits[index];
      if (!commit) throw new Error(`${written.length} commits were written; expected ${commits.length}`);
      signed.push({ tree, commit: await signOne(signing, key, place, environment, commit, tree) });
    }
    return signed;
  };
  try {
    if (signing.format === 'ssh') return await signAll(sshKey(signing, passphrase));
    const keyring = { ...place, environment: environment.variables, text, passphrase };
    return await withKeyring(keyring, (fingerprint, home) =>
      signAll({ id: fingerprint, variables: { GNUPGHOME: home } }),
    );
  } catch (error) {
    throw place.signal.aborted
      ? classifyGitError(error, 'signing', { url: '', isLocal: true })
      : asSigningError(error, signing);
  }
}

async function readKey({ format, keyFile }: SigningSource): Promise<string> {
  const { begin, name } = KEYS[format];
  const text = await readFile(keyFile, 'utf8').catch((error: unknown) => {
    const message = `cannot read the signing key: expected ${name} in ${keyFile}; found ${messageOf(error)}; nothing was pushed; correct signing.keyFile, or make the file readable for this user`;
    throw mustAct('SigningKeyMissing', message, error);
  });
  if (begin.test(text)) return text;
  const label = /^-----BEGIN ([A-Z ]+)-----/m.exec(text)?.[1];
  const found = label ? `"${label}"` : /^(ssh|ecdsa|sk)-/.test(text) ? 'a public key' : 'no key';
  throw mustAct(
    'SigningKeyMissing',
    `cannot sign: expected ${name} in ${keyFile}; found ${found}; nothing was pushed; correct signing.keyFile or signing.format`,
  );
}

/** The agent stays out: the file that is named signs. Nobody is asked at a terminal. */
function sshKey({ keyFile }: SigningSource, passphrase: string | null): SigningKey {
  const asked = passphrase === null ? {} : { SSH_ASKPASS: ASKPASS, DSO_GITOPS_PASSPHRASE: passphrase };
  return {
    id: keyFile,
    variables: { SSH_AUTH_SOCK: '', SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force', ...asked },
  };
}

async function signOne(
  { format }: SigningSource,
  { id, variables }: SigningKey,
  { directory, signal }: SigningPlace,
  environment: GitEnvironment,
  { author, time, parent, message }: ImportCommit,
  tree: string,
): Promise<string> {
  const date = `@${Math.floor(time / 1000)} +0000`;
  const identity = {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
    GIT_COMMITTER_DATE: date,
  };
  const own = { ...environment.variables, ...variables, ...identity };
  const git = gitIn(directory, async () => ({ ...environment, variables: own }), signal);
  const parents = parent === null ? [] : ['-p', parent];
  const options = ['-c', `gpg.format=${format}`, 'commit-tree', `-S${id}`, ...parents, tree];
  return (await git.feed(options, message, 'signing the commit')).toString().trim();
}

/** What Git says first about anything but the signature. */
const NOT_THE_SIGNATURE = /^fatal: (?!cannot run)/m;

function asSigningError(error: unknown, signing: SigningSource): unknown {
  if (error instanceof ProductError && error.reason === 'DiskFull') return error;
  const said = messageOf(error instanceof ProductError ? error.cause : error);
  if (NOT_THE_SIGNATURE.test(said)) return error;
  // Git shows the line ends of ssh-keygen as question marks.
  const shown = said
    .replaceAll(/@{3,}|\?$|^error: /gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const message = `signing with ${signing.keyFile} failed: ${shown}; nothing was pushed; ${adviceOf(said, signing)}`;
  return mustAct('SigningFailed', message, error);
}

function adviceOf(said: string, { format, keyFile, passphraseEnvironment, passphraseFile }: SigningSource): string {
  const place = passphraseEnvironment ?? passphraseFile;
  if (/incorrect passphrase|Bad passphrase|No passphrase given/.test(said)) {
    if (place === null)
      return 'the key has a passphrase: set signing.passphraseFile or signing.passphraseEnvironment, or take one without';
    return `the passphrase in ${place} does not open the key: correct it`;
  }
  if (/ENOENT|cannot run|cannot exec/.test(said)) {
    if (format === 'ssh') return 'install ssh-keygen (openssh-client)';
    return 'install gpg and gpg-agent, or sign with format: ssh';
  }
  if (/are too open/.test(said)) return `expected a file that only its owner reads: chmod 600 ${keyFile}`;
  if (/No user exists for uid/.test(said))
    return 'ssh-keygen runs only as a user that has a name: add the id to /etc/passwd of the image';
  if (/doesn't match private/.test(said))
    return `${keyFile}.pub belongs to another key: replace it together with the private one, or remove it`;
  if (/Couldn't load public key/.test(said))
    return 'expected the form that ssh-keygen writes today: convert the key with ssh-keygen -p -f, or put its public key beside it as .pub';
  return 'check the key, and that it has not expired';
}
