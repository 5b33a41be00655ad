import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../errors.ts';

/** What a keyring is made of. */
export interface KeyringGiven {
  /** The mirror that it is made for; no other process uses it. */
  readonly directory: string;
  readonly parentEnvironment: NodeJS.ProcessEnv;
  readonly environment: Readonly<Record<string, string>>;
  /** The secret key in ASCII armor. */
  readonly text: string;
  readonly passphrase: string | null;
  readonly signal: AbortSignal;
}

const run = promisify(execFile);

const TIMEOUT_MS = 60_000;

/** A socket of the agent in a longer directory would not fit into its address: 104 bytes on macOS, 108 on Linux. */
const MAX_HOME_BYTES = 80;

/** What makes the name of a directory unique. */
const RANDOM_LETTERS = 6;

/** Nobody is asked at a terminal. */
const SETTINGS = 'batch\nno-tty\npinentry-mode loopback\n';

/** The agent would take seconds to find out how slow it can be with a passphrase, for a key that it keeps that long. */
const AGENT_SETTINGS = 's2k-count 65536\n';

/**
 * Does something with a keyring that holds one secret key, unlocked, and no key of the user's. It is made for this once
 * and removed afterwards together with its agent, so that a key that was rotated is used at once and none stays behind but
 * where the process is killed: until `removeKeyrings`.
 *
 * @param use is given the key's fingerprint and the keyring's directory
 */
export async function withKeyring<T>(
  given: KeyringGiven,
  use: (fingerprint: string, home: string) => Promise<T>,
): Promise<T> {
  const home = await makeHome(given.directory, given.parentEnvironment);
  const { signal } = given;
  const variables = { ...given.environment, GNUPGHOME: home };
  const gpg = async (args: readonly string[], input: string): Promise<string> => {
    const running = run('gpg', [...args], { env: variables, signal, timeout: TIMEOUT_MS });
    // One that ended early closes its input: its exit code says why.
    running.child.stdin?.on('error', () => undefined);
    running.child.stdin?.end(input);
    return (await running.catch((error: unknown) => Promise.reject(new Error(saidBy(error))))).stdout;
  };
  try {
    await writeFile(`${home}/gpg.conf`, SETTINGS);
    await writeFile(`${home}/gpg-agent.conf`, AGENT_SETTINGS);
    const listed = await gpg(['--with-colons', '--import-options', 'import-show', '--import'], given.text);
    const fingerprint = /^sec:.*\nfpr:+([0-9A-F]+):/m.exec(listed)?.[1];
    if (!fingerprint) throw new Error('the file holds no secret key');
    // The agent keeps the passphrase for Git, whose own messages say nothing of why a signature failed.
    const probe = ['--passphrase-fd', '0', '--local-user', fingerprint, '--output', '-', '--detach-sign', '/dev/null'];
    await gpg(['--armor', ...probe], `${given.passphrase ?? ''}\n`);
    return await use(fingerprint, home);
  } finally {
    await removeHome(home, variables);
  }
}

/**
 * Removes the keyrings that processes which were killed have left, together with their agents.
 *
 * @param directory the mirror that they were made for; no other process uses it
 */
export async function removeKeyrings(directory: string, parentEnvironment: NodeJS.ProcessEnv): Promise<void> {
  for (const start of startsOf(directory, parentEnvironment)) {
    const names = await readdir(dirname(start)).catch(() => []);
    for (const name of names.filter((one) => one.startsWith(basename(start)))) {
      const home = join(dirname(start), name);
      if (!(await isOurs(home))) continue;
      await removeHome(home, { PATH: parentEnvironment['PATH'] ?? '/usr/bin:/bin', GNUPGHOME: home });
    }
  }
}

/** In a place where everybody writes, another user may have made one whose settings are not to be read. */
async function isOurs(home: string): Promise<boolean> {
  const found = await lstat(home).catch(() => null);
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

async function removeHome(home: string, variables: Readonly<Record<string, string>>): Promise<void> {
  await run('gpgconf', ['--kill', 'gpg-agent'], { env: variables, timeout: TIMEOUT_MS }).catch(() => undefined);
  await rm(home, { recursive: true, force: true });
}

/** In the first place that takes it. */
async function makeHome(directory: string, parentEnvironment: NodeJS.ProcessEnv): Promise<string> {
  let failure: unknown = null;
  for (const start of startsOf(directory, parentEnvironment)) {
    if (Buffer.byteLength(start) + RANDOM_LETTERS > MAX_HOME_BYTES) continue;
    try {
      return await mkdtemp(start);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** How the paths of a mirror's keyrings begin, the best place first: what is in memory is on no disk. */
function startsOf(directory: string, { XDG_RUNTIME_DIR: own }: NodeJS.ProcessEnv): readonly string[] {
  const name = `dso-gitops-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}-`;
  const places = [...(own ? [own] : []), '/dev/shm', dirname(directory), '/tmp'];
  return places.map((place) => join(place, name));
}

/** What gpg said, without the command line. */
function saidBy(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('stderr' in error)) return messageOf(error);
  return String(error.stderr).trim() || messageOf(error);
}
