import { readFile } from 'node:fs/promises';
import { mustAct } from '../errors.ts';

/** Where the credentials of a repository are; all optional. */
export interface CredentialSource {
  readonly username: string;
  readonly tokenEnvironment: string | null;
  readonly tokenFile: string | null;
  readonly sshKeyFile: string | null;
  readonly knownHostsFile: string | null;
}

/** A child's environment, and the secrets in it that no message may repeat. */
export interface GitEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** Passed on because a site needs them to reach its hosts; everything else of the parent stays out. */
const PASSED_ON = [
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'ALL_PROXY',
  'NO_PROXY',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'SSH_AUTH_SOCK',
  'TMPDIR',
];

/**
 * The environment of every Git process, built from nothing: no user or system configuration, no prompt, English
 * messages. A token travels as a header in an environment variable, so that it is in no argument, URL or file.
 *
 * @param home the bare repository; nothing in it is taken as a user's configuration
 * @throws ProductError kind `act` when a credential is named and not there
 */
export async function gitEnvironment(
  url: string,
  credentials: CredentialSource,
  home: string,
  parent: NodeJS.ProcessEnv,
): Promise<GitEnvironment> {
  const variables: Record<string, string> = {
    PATH: parent['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    // Never a repository around it, whatever happened to this one.
    GIT_DIR: home,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_ALLOW_PROTOCOL: 'file:http:https:ssh',
    GIT_HTTP_LOW_SPEED_LIMIT: '1000',
    GIT_HTTP_LOW_SPEED_TIME: '30',
  };
  for (const name of PASSED_ON) {
    const value = parent[name];
    if (value !== undefined) variables[name] = value;
  }
  if (isSsh(url)) variables['GIT_SSH_COMMAND'] = sshCommand(credentials, home);
  const token = await readToken(credentials, parent);
  if (token === null) return { variables, secrets: [] };
  const basic = Buffer.from(`${credentials.username}:${token}`).toString('base64');
  variables['GIT_CONFIG_COUNT'] = '1';
  variables['GIT_CONFIG_KEY_0'] = `http.${originOf(url)}.extraHeader`;
  variables['GIT_CONFIG_VALUE_0'] = `Authorization: Basic ${basic}`;
  return { variables, secrets: [token, basic] };
}

/** Replaces every secret in a text. */
export function redact(text: string, secrets: readonly string[]): string {
  let redacted = text;
  for (const secret of secrets) if (secret !== '') redacted = redacted.replaceAll(secret, '***');
  return redacted.replaceAll(/(https?:\/\/)[^\s/@]+@/g, '$1***@');
}

/** Whether Git reaches the URL over ssh. */
export function isSsh(url: string): boolean {
  return url.startsWith('ssh://') || /^[^/:]+@[^/:]+:/.test(url);
}

function originOf(url: string): string {
  return /^https?:\/\//.test(url) ? `${new URL(url).origin}/` : url;
}

function sshCommand({ sshKeyFile, knownHostsFile }: CredentialSource, home: string): string {
  const options = ['-F /dev/null', '-o BatchMode=yes', '-o StrictHostKeyChecking=yes', '-o ConnectTimeout=20'];
  // A connection that is dead or stalled ends by itself, even when Git is not there any more.
  options.push('-o ServerAliveInterval=15', '-o ServerAliveCountMax=3');
  // In double quotes for ssh, which takes a list of files here.
  options.push(`-o UserKnownHostsFile=${quote(`"${knownHostsFile ?? `${home}/no-known-hosts`}"`)}`);
  if (sshKeyFile) options.push('-o IdentitiesOnly=yes', `-i ${quote(sshKeyFile)}`);
  return `ssh ${options.join(' ')}`;
}

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

async function readToken(credentials: CredentialSource, parent: NodeJS.ProcessEnv): Promise<string | null> {
  const { tokenEnvironment, tokenFile } = credentials;
  if (tokenEnvironment !== null) {
    const token = parent[tokenEnvironment]?.trim();
    if (token) return token;
    throw mustAct(
      'CredentialMissing',
      `environment variable ${tokenEnvironment} is not set; it should hold the token of the repository`,
    );
  }
  if (tokenFile === null) return null;
  const token = await readFile(tokenFile, 'utf8').catch((error: unknown) => {
    throw mustAct('CredentialMissing', `cannot read the token file ${tokenFile}`, error);
  });
  if (token.trim() === '') throw mustAct('CredentialMissing', `the token file ${tokenFile} is empty`);
  return token.trim();
}
