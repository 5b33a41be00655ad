import { type ProductError, refusePath } from '../errors.ts';
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
const NOTHING = Buffer.alloc(0);

/**
 * Refuses a commit that would touch anything but the given files: the last check before every push. Catches what
 * fast-import does silently, too: replacing a symlink, a submodule or a directory by a file, and a file by a directory.
 * That of a whole fleet is long: it is looked at as it comes.
 */
export class DifferenceCheck {
  readonly #allowed: ReadonlyMap<string, unknown>;
  /** Beginning of a change of which the rest has not come yet. */
  #rest: Buffer = NOTHING;
  #refusal: ProductError | null = null;

  /** @param allowed path -> content; null: the file is removed */
  constructor(allowed: ReadonlyMap<string, unknown>) {
    this.#allowed = allowed;
  }

  /** @param chunk of what `git diff-tree -r -z --raw` prints */
  take(chunk: Buffer): void {
    const raw = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (;;) {
      const end = raw.indexOf('\0', start);
      const next = end < 0 ? -1 : raw.indexOf('\0', end + 1);
      if (next < 0) break;
      const [oldMode = '', newMode = ''] = raw.toString('latin1', start + 1, end).split(' ', 2);
      this.#refusal ??= refusalOf({ oldMode, newMode, path: raw.toString('utf8', end + 1, next) }, this.#allowed);
      start = next + 1;
    }
    // Copied: it would keep all of the chunk.
    this.#rest = Buffer.from(raw.subarray(start));
  }

  /** All has come. @throws ProductError kind `act` */
  end(): void {
    if (this.#refusal) throw this.#refusal;
    if (this.#rest.length > 0) throw new Error('the difference of the commit ends in the midst of a change');
  }
}

/** null: it is one of ours. */
function refusalOf({ oldMode, newMode, path }: Change, allowed: ReadonlyMap<string, unknown>): ProductError | null {
  if (oldMode in FOREIGN_KINDS) return refuseMode(path, oldMode);
  if (!allowed.has(path)) {
    const message = `${path} stands where a directory of ours belongs, or would be changed as well; move it, nothing was written`;
    return refusePath(path, 'PathNotOurs', message);
  }
  if (!isPlain(path)) {
    const message = `${JSON.stringify(path)} cannot be checked out everywhere: a member, a namespace or a DSO has a name that is none`;
    return refusePath(path, 'PathNotOurs', message);
  }
  const expected = allowed.get(path) === null ? ABSENT : FILE_MODE;
  return newMode === expected && (oldMode === FILE_MODE || oldMode === ABSENT) ? null : refuseMode(path, oldMode);
}

function isPlain(path: string): boolean {
  return PLAIN.test(path) && path.split('/').every((one) => !SPECIAL.test(one) && one.length <= MAX_SEGMENT);
}
