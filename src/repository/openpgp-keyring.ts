import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { messageOf } from '../errors.ts';

/** What a keyring is made of. */
export interface KeyringGiven {
  /** The keyring lies beside it. */
  readonly directory: string;
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

/** Nobody is asked at a terminal. */
const SETTINGS = 'batch\nno-tty\npinentry-mode loopback\n';

/** The agent would take seconds to find out how slow it can be with a passphrase, for a key that it keeps that long. */
const AGENT_SETTINGS = 's2k-count 65536\n';

/**
 * Does something with a keyring that holds one secret key, unlocked, and no key of the user's. It is made for this once
 * and removed afterwards together with its agent, so that a key that was rotated is used at once and none stays behind.
 *
 * @param use is given the key's fingerprint and the keyring's directory
 */
export async function withKeyring<T>(
  given: KeyringGiven,
  use: (fingerprint: string, home: string) => Promise<T>,
): Promise<T> {
  const home = await makeHome(given.directory);
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
    await run('gpgconf', ['--kill', 'gpg-agent'], { env: variables, timeout: TIMEOUT_MS }).catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  }
}

async function makeHome(directory: string): Promise<string> {
  // One that a process which was killed left behind is replaced.
  const home = `${directory.replace(/\.git$/, '')}.${process.pid}`;
  if (Buffer.byteLength(home) > MAX_HOME_BYTES) return mkdtemp('/tmp/dso-gitops-');
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { mode: 0o700 });
  return home;
}

/** What gpg said, without the command line. */
function saidBy(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('stderr' in error)) return messageOf(error);
  return String(error.stderr).trim() || messageOf(error);
}
