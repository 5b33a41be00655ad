import { posix } from 'node:path';
import { type ProductError, refusePath } from '../errors.ts';
import { layoutOf } from '../manifests/layout.ts';
import { FILE_MODE, FOREIGN_KINDS, refuseMode } from '../manifests/not-ours.ts';
import type { Repository } from './repository.ts';
import { slices } from './slices.ts';

/** Paths that are looked at together. */
const AT_ONCE = 5000;

/**
 * Paths among the given ones that are not ours to write as the tip is, all at once: something else than a plain file stands
 * there, or in the place of the directory that a new overlay belongs into. What stands further above concerns many, is
 * found by the check before the push, and is there once. Asks for nothing that is known already.
 *
 * @returns an error for each of them
 */
export async function findNotOurs(paths: readonly string[], repository: Repository): Promise<readonly ProductError[]> {
  const errors: ProductError[] = [];
  const directories = new Set<string>();
  for (const part of slices(paths, AT_ONCE)) {
    for (const [path, entry] of await repository.entries(part)) {
      if (!entry && layoutOf(path)) directories.add(posix.dirname(path));
      if (entry && entry.mode !== FILE_MODE) errors.push(refuseMode(path, entry.mode));
    }
  }
  if (directories.size === 0) return errors;
  for (const [path, entry] of await repository.entries([...directories])) {
    if (!entry) continue;
    const what = FOREIGN_KINDS[entry.mode] ?? 'a file';
    const message = `${path} is ${what} in the repository where a directory of ours belongs; move it, nothing was written`;
    errors.push(refusePath(path, 'PathNotOurs', message));
  }
  return errors;
}
