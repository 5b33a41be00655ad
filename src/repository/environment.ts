import { readFile } from 'node:fs/promises';
import { messageOf, mustAct } from '../errors.ts';
import { readSecret } from './read-secret.ts';

/** Where the credentials of a repository are and what the way to it needs; all optional. */
export interface CredentialSource {
  readonly username: string;
  readonly tokenEnvironment: string | null;
  readonly tokenFile: string | null;
  readonly sshKeyFile: string | null;
  readonly knownHostsFile: string | null;
  /** Certificates that are trusted instead of the system's. */
  readonly caFile: string | null;
  /** Goes before the proxies of the environment; holds no password. */
  readonly proxy: string | null;
}

/** Of a repository that takes none, and of Git that works on the mirror alone. */
export const NO_CREDENTIALS: CredentialSource = {
  username: 'x-access-token',
  tokenEnvironment: null,
  tokenFile: null,
  sshKeyFile: null,
  knownHostsFile: null,
  caFile: null,
  proxy: null,
};

/** A child's environment, and the secrets in it that no message may repeat. */
export interface GitEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** The proxies of a site; a password may be in them. */
const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
/** Passed on because a site needs them to reach its hosts; everything else of the parent stays out. */
const PASSED_ON = [...PROXIES, 'NO_PROXY', 'no_proxy', 'SSH_AUTH_SOCK', 'TMPDIR'];

/**
 * The environment of every Git process, built from nothing: no user or system configuration, no prompt, English
 * messages. A token travels as a header in an environment variable, so that it is in no argument, URL or file.
 *
 * @param home the bare repository; nothing in it is taken as a user's configuration
 * @param given a token that goes before the one that the credentials name
 * @throws ProductError kind `act` when a credential is named and not there
 */
export async function gitEnvironment(
  url: string,
  credentials: CredentialSource,
  home: string,
  parent: NodeJS.ProcessEnv,
  given: string | null = null,
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
  Object.assign(variables, await certificates(credentials, parent));
  const settings: [string, string][] = [];
  if (credentials.proxy !== null) {
    settings.push(['http.proxy', credentials.proxy]);
    // Exceptions of the environment are exceptions from the environment's proxy.
    for (const name of ['NO_PROXY', 'no_proxy']) delete variables[name];
  }
  const secrets = PROXIES.flatMap((name) => secretsOf(variables[name] ?? ''));
  const { username, tokenEnvironment, tokenFile } = credentials;
  const source = { environment: tokenEnvironment, file: tokenFile };
  const token = given ?? (await readSecret(source, 'token of the repository', parent))?.trim();
  if (token) {
    const basic = Buffer.from(`${username}:${token}`).toString('base64');
    settings.push([`http.${originOf(url)}.extraHeader`, `Authorization: Basic ${basic}`]);
    secrets.push(token, basic);
  }
  if (settings.length > 0) variables['GIT_CONFIG_COUNT'] = String(settings.length);
  for (const [index, [key, value]] of settings.entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = key;
    variables[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return { variables, secrets };
}

/** Replaces every secret in a text, also where two of them overlap. */
export function redact(text: string, secrets: readonly string[]): string {
  const spans = secrets.flatMap((secret) => placesOf(secret, text));
  spans.sort(([one], [other]) => one - other);
  let redacted = '';
  let end = 0;
  for (const [from, to] of spans) {
    // What touches the one before is the same piece of text.
    if (from > end || redacted === '') redacted += `${text.slice(end, from)}***`;
    end = Math.max(end, to);
  }
  return `${redacted}${text.slice(end)}`.replaceAll(/\b((?:https?|socks\w*):\/\/)[^\s/]*@/g, '$1***@');
}

function placesOf(secret: string, text: string): readonly (readonly [from: number, to: number])[] {
  const places: [number, number][] = [];
  if (secret === '') return places;
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) places.push([at, at + secret.length]);
  return places;
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

/** Git's own names: not every libcurl looks at SSL_CERT_FILE and SSL_CERT_DIR. */
async function certificates(
  { caFile }: CredentialSource,
  parent: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, string>>> {
  if (caFile === null) {
    const { SSL_CERT_FILE: file, SSL_CERT_DIR: directory } = parent;
    return { ...(file && { GIT_SSL_CAINFO: file }), ...(directory && { GIT_SSL_CAPATH: directory }) };
  }
  const text = await readFile(caFile, 'utf8').catch((error: unknown) => {
    const message = `cannot read the certificates in ${caFile}: ${messageOf(error)}; correct credentials.caFile`;
    throw mustAct('CredentialMissing', message, error);
  });
  if (/^-----BEGIN (?:TRUSTED )?CERTIFICATE-----/m.test(text)) return { GIT_SSL_CAINFO: caFile };
  const message = `expected certificates in PEM form in ${caFile}; found none; correct credentials.caFile`;
  throw mustAct('CredentialMissing', message);
}

/** What nobody may read of the URL of a proxy, in every form in which it could be repeated. */
function secretsOf(proxy: string): readonly string[] {
  const [, user = '', password = ''] = /^(?:\w+:\/\/)?([^:/@]*):([^@]*)@/.exec(proxy) ?? [];
  if (password === '') return [];
  const plain = decoded(password);
  return [password, plain, Buffer.from(`${decoded(user)}:${plain}`).toString('base64')];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
