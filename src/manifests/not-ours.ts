import { type ProductError, refusePath } from '../errors.ts';

/** Mode of a plain file in Git: the only kind that we write, and write over. */
export const FILE_MODE = '100644';

/** What a mode of Git is where nothing of ours may be. */
export const FOREIGN_KINDS: Readonly<Record<string, string>> = { '120000': 'a symbolic link', '160000': 'a submodule' };

/** Something else than a plain file stands where a file of ours belongs. */
export function refuseMode(path: string, mode: string): ProductError {
  const kind = FOREIGN_KINDS[mode];
  return refusePath(
    path,
    'PathNotOurs',
    kind === undefined
      ? `${path} has mode ${mode} in the repository; expected a plain file (${FILE_MODE}) or nothing`
      : `${path} is ${kind} in the repository; remove it there: a link is never followed or replaced`,
  );
}
