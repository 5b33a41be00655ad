import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { gitAfter } from './git-wrapper.ts';

/** Where a little can be written. */
export interface SmallDisk {
  readonly directory: string;
  /** PATH whose `git` writes no file larger than the disk; of a real file system, the PATH as it is. */
  readonly path: string;
}

const SIZE_KB = 512;

/** A way to make a disk that is soon full in a new directory. */
export type MakeDisk = readonly [string, (directory: string) => SmallDisk];

/** A file system in memory, which only root can mount. */
export const SMALL_FILE_SYSTEMS: readonly MakeDisk[] =
  process.getuid?.() === 0 ? [['a file system', withFileSystem]] : [];

/** That, and a limit that anyone can set. */
export const SMALL_DISKS: readonly MakeDisk[] = [['a limit on the size of files', withLimit], ...SMALL_FILE_SYSTEMS];

function withFileSystem(directory: string): SmallDisk {
  mkdirSync(directory);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_KB}k`, 'small-disk', directory]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', directory]));
  return { directory, path: process.env['PATH'] ?? '' };
}

/** A write that goes too far fails, as on a full disk, instead of ending Git by a signal. */
function withLimit(directory: string): SmallDisk {
  return { directory, path: gitAfter(`trap '' XFSZ\nulimit -f ${SIZE_KB * 2}`, join(directory, 'bin')) };
}
