import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { isSsh } from '../repository/environment.ts';

/** A repository as Git takes it: a URL, or an absolute path. @param base directory of the configuration */
export function urlOf(repository: string, base: string): string {
  return /^[a-z]+:\/\//.test(repository) || isSsh(repository) ? repository : absolute(repository, base);
}

/** A path of the configuration, absolute. @param base directory of the configuration */
export function absolute(path: string, base: string): string {
  const expanded = path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
  return resolve(base, expanded);
}

/** Whether a URL leads to this machine. */
export function isLoopback(url: string): boolean {
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(url);
}
