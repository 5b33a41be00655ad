import type { Problem } from '../api/problem.ts';
import { isSsh } from '../repository/environment.ts';
import { hasToken, isForgeForGit } from './given-access.ts';
import { isLoopback } from './paths.ts';
import type { DestinationFile } from './schema.ts';

/** Whether credentials, certificates, proxy and signing fit the URL and each other. */
export function checkAccess(destination: DestinationFile): readonly Problem[] {
  const { repository: url, credentials, signing, proxy } = destination;
  const problems: Problem[] = [];
  if ((hasToken(destination) || isForgeForGit(destination)) && url.startsWith('http://') && !isLoopback(url)) {
    problems.push({ path: ['repository'], message: 'expected https: a token is not sent over plain http' });
  }
  if (hasToken(destination) && !/^https?:\/\//.test(url)) {
    problems.push({ path: ['credentials'], message: 'a token is used with https only; use sshKeyFile with ssh' });
  }
  if (credentials?.tokenEnvironment && credentials.tokenFile) {
    problems.push({ path: ['credentials'], message: 'expected tokenEnvironment or tokenFile; found both' });
  }
  if (isSsh(url) && !credentials?.knownHostsFile) {
    problems.push({
      path: ['credentials', 'knownHostsFile'],
      message: 'is required with ssh; found nothing; write it with ssh-keyscan and compare the keys',
    });
  }
  if (credentials?.caFile && !url.startsWith('https://')) {
    problems.push({ path: ['credentials', 'caFile'], message: 'certificates are used with https only; remove it' });
  }
  if (signing?.passphraseEnvironment && signing.passphraseFile) {
    problems.push({ path: ['signing'], message: 'expected passphraseEnvironment or passphraseFile; found both' });
  }
  return proxy === undefined ? problems : [...problems, ...checkProxy(proxy, url)];
}

/** The text of a proxy is not repeated: a password may be in it. */
function checkProxy(proxy: string, url: string): readonly Problem[] {
  const path = ['proxy'];
  if (!/^https?:\/\//.test(url)) return [{ path, message: 'a proxy is used with https only; remove it' }];
  if (proxy.includes('@')) {
    const message =
      'expected a URL without user name and password; a proxy that needs them goes into HTTPS_PROXY of the environment';
    return [{ path, message }];
  }
  if (/^(https?|socks5h?):\/\/[A-Za-z0-9_.:[\]-]+\/?$/.test(proxy)) return [];
  return [{ path, message: 'expected the URL of a proxy, such as http://proxy.example.com:3128' }];
}
