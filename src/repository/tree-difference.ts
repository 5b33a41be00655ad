import { refusePath } from '../errors.ts';
import { FILE_MODE, FOREIGN_KINDS, refuseMode } from '../manifests/not-ours.ts';

/** One changed path of `git diff-tree --raw -z`. */
interface Change {
  readonly oldMode: string;
  readonly newMode: string;
  readonly path: string;
}

/** Letters and segments that mean nothing to a shell, a file system or Git itself. */
const PLAIN = /^[A-Za-z0-9._/-]+$/;
const SPECIAL = /^(|\.|\.\.|\.git)$/i;
const MAX_SEGMENT = 255;

const ABSENT = '000000';

/**
 * Refuses a commit that would touch anything but the given files: the last check before every push. Catches what
 * fast-import does silently, too: replacing a symlink, a submodule or a directory by a file, and a file by a directory.
 *
 * @throws ProductError kind `act`
 */
export function checkDifference(raw: Buffer, allowed: ReadonlyMap<string, unknown>): void {
  for (const { oldMode, newMode, path } of parseRaw(raw)) {
    if (oldMode in FOREIGN_KINDS) throw refuseMode(path, oldMode);
    if (!allowed.has(path)) {
      throw refusePath(
        path,
        'PathNotOurs',
        `${path} stands where a directory of ours belongs, or would be changed as well; move it, nothing was written`,
      );
    }
    if (!isPlain(path)) {
      throw refusePath(
        path,
        'PathNotOurs',
        `${JSON.stringify(path)} cannot be checked out everywhere: a member, a namespace or a DSO has a name that is none`,
      );
    }
    const expected = allowed.get(path) === null ? ABSENT : FILE_MODE;
    if (newMode !== expected || (oldMode !== FILE_MODE && oldMode !== ABSENT)) throw refuseMode(path, oldMode);
  }
}

function isPlain(path: string): boolean {
  return PLAIN.test(path) && path.split('/').every((one) => !SPECIAL.test(one) && one.length <= MAX_SEGMENT);
}

function* parseRaw(raw: Buffer): Generator<Change> {
  let start = 0;
  for (let end = raw.indexOf('\0'); end >= 0; end = raw.indexOf('\0', start)) {
    const [oldMode = '', newMode = ''] = raw.toString('latin1', start + 1, end).split(' ', 2);
    const next = raw.indexOf('\0', end + 1);
    yield { oldMode, newMode, path: raw.toString('utf8', end + 1, next) };
    start = next + 1;
  }
}
