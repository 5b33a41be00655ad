import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A real sshd for the current user on a free loopback port, until the test is over. */
export interface Sshd {
  /** `ssh://user@127.0.0.1:port` */
  readonly url: string;
  /** Line of a known_hosts file. */
  readonly knownHost: string;
}

/** Starts sshd with its own host key; only the given public keys may log in. */
export async function startSshd(directory: string, publicKeys: readonly string[]): Promise<Sshd> {
  const sshd = findProgram('sshd');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // sshd that is started as root separates privileges there.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const hostKey = makeKey(join(directory, 'host_key'));
  const authorized = join(directory, 'authorized_keys');
  writeFileSync(authorized, publicKeys.join(''), { mode: 0o600 });
  const port = await freePort();
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey.file}`,
    `AuthorizedKeysFile ${authorized}`,
    `PidFile ${join(directory, 'pid')}`,
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'AcceptEnv GIT_PROTOCOL',
  ];
  const config = join(directory, 'sshd_config');
  writeFileSync(config, `${settings.join('\n')}\n`);
  const child = spawn(sshd, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => stop(child));
  await listening(child);
  const [kind, key] = hostKey.publicKey.split(' ');
  return { url: `ssh://${userInfo().username}@127.0.0.1:${port}`, knownHost: `[127.0.0.1]:${port} ${kind} ${key}\n` };
}

/** A new key pair. */
export function makeKey(file: string): { readonly file: string; readonly publicKey: string } {
  execFileSync(findProgram('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file]);
  return { file, publicKey: readFileSync(`${file}.pub`, 'utf8') };
}

function findProgram(name: string): string {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  for (const directory of directories) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {}
  }
  throw new Error(
    `${name} is not installed; this suite needs the OpenSSH client and server: apt-get install openssh-client openssh-server`,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

async function listening(child: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Server listening')) resolve();
    });
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`sshd ended with exit code ${code}: ${said}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.kill();
  await ended;
}
