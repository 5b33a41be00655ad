import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { blobStream, FAST_IMPORT } from './fast-import.ts';
import type { Git } from './git.ts';

/** One process of Git that is at work. */
interface Work {
  readonly input: PassThrough;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

/** Writes blobs by one process of Git while the texts of others are still made. */
export class BlobStore {
  readonly #git: Git;
  #work: Work | null = null;
  #error: unknown = null;

  constructor(git: Git) {
    this.#git = git;
  }

  /** Resolves when there is room for more. */
  async take(texts: Iterable<string>): Promise<void> {
    this.#work ??= this.#begin();
    const { input, ended } = this.#work;
    for (const piece of blobStream(texts)) {
      // It has died: nobody reads any more.
      if (this.#error !== null) return;
      if (!input.write(piece)) await Promise.race([once(input, 'drain'), ended]);
    }
  }

  /** Ends the process: what was taken is in the repository, or `check` says why not. */
  async end(): Promise<void> {
    const work = this.#work;
    if (!work) return;
    this.#work = null;
    work.input.end('done\n');
    await work.ended;
  }

  /** @throws ProductError why what was taken last is not there; once */
  check(): void {
    const error = this.#error;
    this.#error = null;
    if (error !== null) throw error;
  }

  #begin(): Work {
    const input = new PassThrough();
    this.#error = null;
    const ended = this.#git.feed(FAST_IMPORT, input, 'writing the commit').then(
      () => undefined,
      (error: unknown) => {
        this.#error = error;
      },
    );
    return { input, ended };
  }
}
