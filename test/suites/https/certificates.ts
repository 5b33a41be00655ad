import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A CA of a site, and a certificate that it gave. */
export interface Site {
  /** Certificate of the CA. */
  readonly caFile: string;
  /** Directory that OpenSSL and GnuTLS find the CA in. */
  readonly caDirectory: string;
  /** Key and certificate of a server. */
  readonly tls: { readonly key: string; readonly cert: string };
}

/** A new CA and a certificate for one name, `IP:127.0.0.1` or `DNS:host`. */
export function makeSite(directory: string, name: string): Site {
  mkdirSync(directory);
  const run = (...args: readonly string[]): string => openssl(directory, args);
  const request = ['-newkey', 'rsa:2048', '-nodes'];
  run('req', '-x509', ...request, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test CA', '-days', '2');
  run('req', ...request, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/CN=leaf');
  writeFileSync(join(directory, 'names'), `subjectAltName=${name}\n`);
  const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  run('x509', '-req', '-in', 'leaf.csr', ...issuer, '-out', 'leaf.pem');
  const read = (file: string): string => readFileSync(join(directory, file), 'utf8');
  const caDirectory = join(directory, 'trusted');
  mkdirSync(caDirectory);
  writeFileSync(join(caDirectory, `${run('x509', '-hash', '-noout', '-in', 'ca.pem').trim()}.0`), read('ca.pem'));
  return { caFile: join(directory, 'ca.pem'), caDirectory, tls: { key: read('leaf.key'), cert: read('leaf.pem') } };
}

function openssl(cwd: string, args: readonly string[]): string {
  try {
    return execFileSync('openssl', [...args], { cwd, stdio: 'pipe' }).toString();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new Error('openssl is not installed; this suite makes certificates with it: apt-get install openssl', {
      cause: error,
    });
  }
}
