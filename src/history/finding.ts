import type { Revision } from './decision-history.ts';

/** Something that does not follow. */
export interface Finding {
  /** Stable, CamelCase. */
  readonly reason: string;
  readonly path: string;
  /** Empty: it is about no commit. */
  readonly commit: string;
  readonly author: string;
  readonly message: string;
}

/** A finding in one version of a file. */
export function found(
  { path, commit, author }: Pick<Revision, 'path' | 'commit' | 'author'>,
  reason: string,
  message: string,
): Finding {
  return { reason, path, commit, author, message };
}
