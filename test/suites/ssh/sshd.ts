import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hostUser } from './host-user.ts';

/** A real sshd of an ordinary user on a free loopback port, until the test is over. */
export interface Sshd {
  /** `ssh://user@127.0.0.1:port` */
  readonly url: string;
  /** Line of a known_hosts file. */
  knownHost(): string;
  /** Only these public keys may log in from now on. */
  authorize(publicKeys: readonly string[]): void;
  /** Shell script that runs instead of what is asked for, which is in `$SSH_ORIGINAL_COMMAND`; null: what is asked for. */
  force(script: string | null): void;
  /** Starts again on the same port with another host key. */
  changeHostKey(): Promise<void>;
  /** Gives a repository to the user that serves it; others may go on writing to it. */
  share(directory: string): void;
}

/** What is asked for. */
const SERVE = 'exec sh -c "$SSH_ORIGINAL_COMMAND"';

/** Starts sshd with its own host key; only the given public keys may log in. */
export async function startSshd(directory: string, publicKeys: readonly string[]): Promise<Sshd> {
  const sshd = findProgram('sshd');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const user = hostUser(directory);
  const authorized = join(directory, 'authorized_keys');
  const forced = join(directory, 'forced');
  const pids = join(directory, 'pids');
  const hostKeyFile = join(directory, 'host_key');
  const port = await freePort();
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKeyFile}`,
    `AuthorizedKeysFile ${authorized}`,
    `ForceCommand ${forced}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'AcceptEnv GIT_PROTOCOL',
  ];
  const config = join(directory, 'sshd_config');
  writeFileSync(config, `${settings.join('\n')}\n`);
  let hostKey = '';
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    for (const file of [hostKeyFile, `${hostKeyFile}.pub`]) rmSync(file, { force: true });
    hostKey = makeKey(hostKeyFile).publicKey;
    user.own(directory);
    const [program, args] = user.command(sshd, ['-D', '-e', '-f', config]);
    child = spawn(program, [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    await listening(child);
  };
  onTestFinished(async () => {
    for (const pid of existsSync(pids) ? readFileSync(pids, 'utf8').split('\n').filter(Boolean) : []) end(Number(pid));
    if (child) await stop(child);
  });
  const host: Sshd = {
    url: `ssh://${user.name}@127.0.0.1:${port}`,
    knownHost: () => `[127.0.0.1]:${port} ${hostKey.split(' ').slice(0, 2).join(' ')}\n`,
    authorize: (keys) => writeFileSync(authorized, keys.join('')),
    force: (script) => {
      // Renamed into place: a session that is running goes on with the old one.
      writeFileSync(`${forced}.new`, `#!/bin/sh\necho $$ >> '${pids}'\n${script ?? SERVE}\n`);
      chmodSync(`${forced}.new`, 0o755);
      renameSync(`${forced}.new`, forced);
    },
    changeHostKey: async () => {
      if (child) await stop(child);
      await start();
    },
    share: (repository) => {
      execFileSync('git', [`--git-dir=${repository}`, 'config', 'core.sharedRepository', '0666']);
      execFileSync('chmod', ['-R', 'a+rwX', repository]);
      user.own(repository);
    },
  };
  host.authorize(publicKeys);
  host.force(null);
  await start();
  return host;
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

/** Ends what a forced command left running. */
function end(pid: number): void {
  try {
    process.kill(pid);
  } catch {
    // It ended by itself.
  }
}
