import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

/** A process, told from every other one that has or had its number. */
export interface ProcessIdentity {
  /** Where numbers of processes mean the same: one start of one machine, and in it one container. */
  readonly realm: string;
  readonly pid: number;
  /** In the words of the system. */
  readonly startedAt: string;
}

const run = promisify(execFile);
const TIMEOUT_MS = 10_000;

/** The process that runs with a number; null: none does, or it cannot be told. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | null> {
  const isLinux = process.platform === 'linux';
  const startedAt = isLinux ? await startFromProc(pid) : await startFromPs(pid);
  return startedAt === null ? null : { realm: isLinux ? await linuxRealm() : hostname(), pid, startedAt };
}

/** In clock ticks since the machine has started. */
async function startFromProc(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program comes before, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  return isEnded(state) ? null : (fields[19] ?? null);
}

async function linuxRealm(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const container = await readlink('/proc/self/ns/pid').catch(() => '');
  return [hostname(), boot.trim(), container].join(' ');
}

async function startFromPs(pid: number): Promise<string | null> {
  const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, timeout: TIMEOUT_MS };
  const output = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], options).catch(() => null);
  const [state = '', ...startedAt] = output?.stdout.trim().split(/\s+/) ?? [];
  return isEnded(state) ? null : startedAt.join(' ');
}

/** What ended stays in the list until its parent has noticed. */
function isEnded(state: string): boolean {
  return state === '' || /^[ZX]/.test(state);
}
