import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Address of the author that a key is for. */
export const EMAIL = 'bot@example.com';

/** A key that signs, and what verifies it. */
export interface TestKey {
  readonly format: 'ssh' | 'openpgp';
  /** The private key. */
  readonly keyFile: string;
  /** The public key in the same form. */
  readonly publicFile: string;
  /** Shell words for Git that trust this key alone, and the environment they need. */
  readonly git: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A new key; a passphrase of '' is none.
 *
 * @param madeAt for OpenPGP: when it was made, to expire a day later
 */
export function makeSigningKey(
  format: TestKey['format'],
  directory: string,
  passphrase: string,
  madeAt: string | null = null,
): TestKey {
  mkdirSync(directory, { recursive: true });
  return format === 'ssh' ? makeSsh(directory, passphrase) : makeOpenPgp(directory, passphrase, madeAt);
}

function makeSsh(directory: string, passphrase: string): TestKey {
  const keyFile = join(directory, 'id');
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'test', '-f', keyFile], {});
  const publicFile = join(directory, 'public');
  writeFileSync(publicFile, readFileSync(`${keyFile}.pub`, 'utf8'));
  const allowed = join(directory, 'allowed_signers');
  writeFileSync(allowed, `${EMAIL} ${readFileSync(publicFile, 'utf8')}`);
  return { format: 'ssh', keyFile, publicFile, git: `git -c gpg.ssh.allowedSignersFile=${allowed}`, environment: {} };
}

/** The key is made in one keyring; the one that verifies holds the public key alone. */
function makeOpenPgp(directory: string, passphrase: string, madeAt: string | null): TestKey {
  const keyFile = join(directory, 'secret.asc');
  const publicFile = join(directory, 'public.asc');
  const maker = keyring();
  const unlock = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', passphrase];
  const time = madeAt === null ? [] : ['--faked-system-time', madeAt];
  const expiry = madeAt === null ? 'never' : '1d';
  run('gpg', [...unlock, ...time, '--quick-generate-key', `Bot <${EMAIL}>`, 'ed25519', 'sign', expiry], maker);
  writeFileSync(keyFile, run('gpg', [...unlock, '--armor', '--export-secret-keys'], maker));
  writeFileSync(publicFile, run('gpg', ['--batch', '--armor', '--export'], maker));
  const environment = keyring();
  run('gpg', ['--batch', '--quiet', '--import', publicFile], environment);
  return { format: 'openpgp', keyFile, publicFile, git: 'git', environment };
}

/** A directory for gpg, whose sockets need a short path. */
function keyring(): { readonly GNUPGHOME: string } {
  const home = mkdtempSync('/tmp/dso-gitops-gpg-');
  // Without it a passphrase takes seconds.
  writeFileSync(join(home, 'gpg-agent.conf'), 's2k-count 65536\n');
  onTestFinished(() => {
    run('gpgconf', ['--kill', 'all'], { GNUPGHOME: home });
    execFileSync('rm', ['-rf', home]);
  });
  return { GNUPGHOME: home };
}

function run(program: string, args: readonly string[], environment: Readonly<Record<string, string>>): string {
  try {
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment };
    return execFileSync(program, [...args], { stdio: 'pipe', env }).toString();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    const message = `${program} is not installed; this suite signs with it: apt-get install openssh-client gpg gpg-agent`;
    throw new Error(message, { cause: error });
  }
}
