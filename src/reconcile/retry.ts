import type { ProductError } from '../errors.ts';

/** What is cached cannot be used, and has to be made again. */
export const DAMAGED = 'MirrorDamaged';
/** A lost race is tried again this often. */
export const MAX_ATTEMPTS = 10;
const FIRST_MS = 1000;
const LONGEST_RACE_MS = 30_000;
const LONGEST_MS = 60_000;
const FIRST_LIMITED_MS = 60_000;
const LONGEST_LIMITED_MS = 900_000;

/**
 * How long to wait before the next try, in milliseconds. A lost race: 1 s x 1.5 with jitter, so that two writers do not meet
 * again; a damaged mirror is made again at once, the first time; a host that limits us is left alone for a minute and more;
 * all else is tried ever more rarely.
 *
 * @param failures in a row, at least one
 */
export function retryDelay({ kind, reason }: ProductError, failures: number): number {
  if (kind === 'retry')
    return Math.min(LONGEST_RACE_MS, FIRST_MS * 1.5 ** (failures - 1)) * (0.5 + Math.random() * 0.5);
  if (reason === DAMAGED && failures === 1) return 0;
  if (reason === 'RateLimited') return Math.min(LONGEST_LIMITED_MS, FIRST_LIMITED_MS * 2 ** Math.min(failures - 1, 6));
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 6));
}
