import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { ProductError } from '../errors.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

/** More processes beside each other than this are a mistake. */
const MAX_SLOTS = 32;

/** How often a lock is touched, and how long one counts whose process cannot be looked for. */
const TOUCH_MS = 5000;
const FRESH_MS = 30_000;

const Holder = z.object({ realm: z.string(), pid: z.number(), startedAt: z.string() });

/**
 * The directory of a mirror that no other process uses, as long as this one lives: the first of `base.git`, `base-2.git` and
 * so on that is free. A process that has one gets the same again.
 *
 * @param base path whose parent is there
 * @throws ProductError kind `later`, `MirrorsTaken`
 */
export async function takeMirrorDirectory(base: string): Promise<string> {
  const own = await identifyProcess(process.pid);
  for (let slot = 1; slot <= MAX_SLOTS; slot += 1) {
    const directory = `${base}${slot === 1 ? '' : `-${slot}`}.git`;
    if (await take(`${directory}.lock`, own)) return directory;
  }
  const message = `${MAX_SLOTS} processes have a mirror of this repository in one cache; end some, or give them a cache of their own with DSO_GITOPS_CACHE`;
  throw new ProductError('later', 'MirrorsTaken', message);
}

async function take(lock: string, own: ProcessIdentity | null): Promise<boolean> {
  const text = `${JSON.stringify({ ...own, token: randomUUID() })}\n`;
  if (!(await create(lock, text))) {
    const before = await readLock(lock);
    if (before === null) return false;
    // Nothing is written for it: a disk that is full is made free by removing the mirror.
    if (own !== null && isDeepStrictEqual(holderIn(before), own)) return true;
    if ((await isHeld(lock, before, own)) || !(await replace(lock, before, text))) return false;
  }
  touch(lock, text);
  return true;
}

/** Replaces a lock that nobody holds. */
async function replace(lock: string, before: string, text: string): Promise<boolean> {
  // Only who holds this may replace this very lock, so that two that find it free do not both have it.
  const claim = `${lock}.${createHash('sha256').update(before).digest('hex').slice(0, 16)}`;
  if (!(await create(claim, text))) return false;
  if ((await readLock(lock)) === before) {
    await rename(claim, lock);
    return true;
  }
  await rm(claim, { force: true });
  return false;
}

/** Whether a process has it. */
async function isHeld(lock: string, text: string, own: ProcessIdentity | null): Promise<boolean> {
  const holder = holderIn(text);
  // In another container, or on another machine, it is seen only by what it touches.
  if (holder === null || own === null || holder.realm !== own.realm) return isFresh(lock);
  return (await identifyProcess(holder.pid))?.startedAt === holder.startedAt;
}

async function isFresh(lock: string): Promise<boolean> {
  const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs < FRESH_MS;
}

/** Until the process ends, or the lock is another one. */
function touch(lock: string, text: string): void {
  const timer = setInterval(async () => {
    if ((await readLock(lock)) !== text) clearInterval(timer);
    else await utimes(lock, new Date(), new Date()).catch(() => undefined);
  }, TOUCH_MS);
  timer.unref();
}

/** false: it is there already. */
async function create(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    await rm(file, { force: true });
    throw error;
  }
}

/** null: there is none. */
async function readLock(lock: string): Promise<string | null> {
  return readFile(lock, 'utf8').catch(() => null);
}

/** null: it is being written, or of another version. */
function holderIn(text: string): ProcessIdentity | null {
  try {
    return Holder.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
