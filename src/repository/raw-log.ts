/** A commit of `git log`, with the files that it changed. */
export interface LoggedCommit {
  readonly commit: string;
  /** ISO 8601. */
  readonly committedAt: string;
  /** Name of its author. */
  readonly author: string;
  readonly subject: string;
  /** It says of itself which DSOs it is about, as commits of ours do. */
  readonly isOurs: boolean;
  readonly changes: readonly LoggedChange[];
}

/** A file that a commit changed. */
export interface LoggedChange {
  readonly path: string;
  /** Blobs that it replaced: of every parent, without those that had no such file. */
  readonly before: readonly string[];
  /** Blob that it became; null: it was removed. */
  readonly id: string | null;
  /** What it became, such as 100644. */
  readonly mode: string;
}

/** `git log` as `parseRawLog` reads it. Of a merge only what none of its parents has. */
export const RAW_LOG = [
  'log',
  '-z',
  '-c',
  '--raw',
  '--no-abbrev',
  '--no-renames',
  '--format=%H%x00%cI%x00%an%x00%s%x00%(trailers:key=Dso,separator=%x2C)%x00',
];

const NO_BLOB = /^0+$/;
const COMMIT = /^[0-9a-f]{40,64}$/;
const CHANGE = /^:+(?:\d{6} )+(\d{6}) ((?:[0-9a-f]+ )+)[A-Z]+\d*$/;

/**
 * Commits of the log, the newest first. What a stranger may choose, names, subjects and paths, is taken by its place, and
 * never looked into.
 */
export function parseRawLog(log: string): readonly LoggedCommit[] {
  const commits: (LoggedCommit & { changes: LoggedChange[] })[] = [];
  const fields = log.split('\0');
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index]?.trim() ?? '';
    const [, mode, list] = CHANGE.exec(field) ?? [];
    if (mode !== undefined && list !== undefined) {
      index += 1;
      const blobs = list
        .trimEnd()
        .split(' ')
        .map((id) => (NO_BLOB.test(id) ? null : id));
      const before = blobs.slice(0, -1).flatMap((id) => id ?? []);
      commits.at(-1)?.changes.push({ path: fields[index] ?? '', before, id: blobs.at(-1) ?? null, mode });
    } else if (COMMIT.test(field)) {
      const [committedAt = '', author = '', subject = '', trailers = ''] = fields.slice(index + 1, index + 5);
      commits.push({ commit: field, committedAt, author, subject, isOurs: trailers !== '', changes: [] });
      index += 4;
    }
  }
  return commits;
}
