import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { ChangeSet } from '../manifests/change-set.ts';
import { draftEnd, draftStream, FAST_IMPORT, parseDraft } from './fast-import.ts';
import type { Git } from './git.ts';

/** What is written already of a commit that is to come. */
export interface Drafted {
  readonly tree: string;
  /** What is not in it. */
  readonly left: ChangeSet;
}

/** What was taken. */
interface Taken {
  /** The tip that it was begun on; null: the branch was empty. */
  readonly parent: string | null;
  /** null: it could not be written. */
  readonly tree: string | null;
  /** Why. */
  readonly error: unknown;
  /** What in it differs from the tip. */
  readonly files: readonly ChangeSet[];
}

/** What is taken before anybody waits for Git: two parts of a fleet. */
const BUFFER_BYTES = 2 * 1_048_576;

/** One process of Git that is at work. */
interface Work {
  readonly parent: string | null;
  readonly files: ChangeSet[];
  readonly input: PassThrough;
  /** Never rejects. */
  readonly ended: Promise<Pick<Taken, 'tree' | 'error'>>;
  hasFailed: boolean;
}

/** Writes contents and trees of a commit by one process of Git, while what belongs into it is still decided. */
export class Draft {
  readonly #git: Git;
  readonly #ref: string;
  #work: Work | null = null;
  #taken: Taken | null = null;

  /** @param ref a ref of ours that nobody else writes at the same time */
  constructor(git: Git, ref: string) {
    this.#git = git;
    this.#ref = ref;
  }

  /**
   * Takes a part; resolves when there is room for more.
   *
   * @param texts contents that files of it name by id
   * @param parent the tip that it was decided on
   */
  async take(texts: Iterable<string>, files: readonly ChangeSet[], parent: string | null): Promise<void> {
    const isFirst = this.#work === null;
    const work = this.#work ?? this.#begin(parent);
    this.#work = work;
    work.files.push(...files);
    for (const piece of draftStream({ ref: this.#ref, parent, isFirst, texts, files })) {
      // It has died: nobody reads any more.
      if (work.hasFailed) return;
      if (!work.input.write(piece)) await Promise.race([once(work.input, 'drain'), work.ended]);
    }
  }

  /** Ends the process: what was taken is in the repository, or `use` says why not where it is needed. */
  async end(): Promise<void> {
    const work = this.#work;
    if (!work) return;
    this.#work = null;
    work.input.end(draftEnd());
    this.#taken = { parent: work.parent, files: work.files, ...(await work.ended) };
  }

  /**
   * What was taken last, where it is a part of these files on this tip; null: it is not, or there is none. It is given once.
   *
   * @throws ProductError why a part of these files is not there
   */
  use(parent: string | null, files: ChangeSet): Drafted | null {
    const taken = this.#taken;
    if (files.size === 0) return null;
    this.#taken = null;
    if (taken?.parent !== parent) return null;
    // Without what was taken nothing of it can be named.
    if (taken.tree === null && taken.files.some((part) => isPart(part, files))) throw taken.error;
    if (taken.tree === null || !taken.files.every((part) => isPart(part, files))) return null;
    // What was taken is named by id.
    const left = new Map<string, string>();
    for (const [path, content] of files) if (typeof content === 'string') left.set(path, content);
    const count = taken.files.reduce((sum, part) => sum + part.size, 0);
    return left.size + count === files.size ? { tree: taken.tree, left } : null;
  }

  #begin(parent: string | null): Work {
    const input = new PassThrough({ highWaterMark: BUFFER_BYTES });
    this.#taken = null;
    const output = this.#git.feed(FAST_IMPORT, input, 'writing the commit');
    const ended = output.then(
      (text) => ({ tree: parseDraft(text.toString()), error: null }),
      (error: unknown) => {
        work.hasFailed = true;
        return { tree: null, error };
      },
    );
    const work: Work = { parent, files: [], input, ended, hasFailed: false };
    return work;
  }
}

function isPart(part: ChangeSet, whole: ChangeSet): boolean {
  for (const [path, content] of part) if (whole.get(path) !== content) return false;
  return true;
}
