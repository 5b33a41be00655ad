import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a secret could have been left. */
export interface Places {
  /** Every file below is read; of bare repositories also every object, packed or not, and every ref. */
  readonly directories: readonly string[];
  /** What was said or run, by what it is. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
}

/** Shorter pieces of a secret than this are words that occur anyway. */
const MIN_LENGTH = 12;

/** Places that hold a secret, whole or in one of the forms it travels in; nothing is left out. */
export function findSecrets(secrets: readonly string[], { directories, texts }: Places): readonly string[] {
  const forms = [...new Set(secrets.flatMap(formsOf))];
  const holds = (text: string): boolean => forms.some((form) => text.includes(form));
  const said = Object.entries(texts).filter(([, parts]) => holds(parts.join('\n')));
  return [...said.map(([what]) => what), ...directories.flatMap((directory) => inDirectory(directory, holds))];
}

/** Everything that an error says, its causes and what hangs on them included. */
export function textsOfError(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [JSON.stringify(error)];
  const { message, stack = '', cause } = error;
  return [message, stack, JSON.stringify(Object.entries(error)), ...textsOfError(cause)];
}

/** As it is, in a URL, in base64 alone and after a user name, and each line of a key. */
function formsOf(secret: string): readonly string[] {
  const lines = secret.split('\n').filter((line) => line.length >= MIN_LENGTH && !line.startsWith('-----'));
  const whole = secret.trim();
  // Base64 keeps what stands at the same place modulo 3: one form for each, without the letters that neighbours change.
  const encoded = ['', 'x', 'xy'].map((before) => Buffer.from(`${before}${whole}`).toString('base64').slice(4, -4));
  const forms = [...lines, whole, encodeURIComponent(whole), ...encoded];
  const found = forms.filter((form) => form.length >= MIN_LENGTH);
  if (found.length === 0) throw new Error('this secret is too short to be searched for');
  return found;
}

function inDirectory(directory: string, holds: (text: string) => boolean): readonly string[] {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const names = entries.map((entry) => join(entry.parentPath, entry.name));
  const repositories = [directory, ...names].filter((path) => existsSync(join(path, 'objects')));
  return [
    ...names.filter((name) => holds(name.slice(directory.length))),
    ...files.filter((file) => holds(readFileSync(file, 'latin1'))),
    ...repositories.filter((repository) => holds(objectsOf(repository))).map((name) => `objects of ${name}`),
  ];
}

/** Text of all objects, reachable or not, with the names of all refs. */
function objectsOf(directory: string): string {
  const git = (...args: readonly string[]): string => {
    const environment = { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', HOME: directory };
    const options = { env: environment, maxBuffer: 2 ** 28 };
    return execFileSync('git', [`--git-dir=${directory}`, ...args], options).toString('latin1');
  };
  return [git('for-each-ref'), git('cat-file', '--batch-all-objects', '--batch', '--unordered')].join('\n');
}
