import { ProductError } from '../errors.ts';
import type { CommitWriter } from './commit-writer.ts';
import { isRefused, type PushedState, type Remote } from './remote.ts';
import { shortHash } from './short-hash.ts';

/**
 * A ref beside the branch that moves with every push of the one that may write. Who takes over moves it first: whatever the
 * one before has still under way, however late it wakes up, is refused by the host together with its push.
 */
export class Fence {
  readonly ref: string;
  readonly #identity: string;
  readonly #commits: CommitWriter;
  readonly #remote: Remote;
  /** Where it was put last; null: it was not taken yet, or the host takes no such ref. */
  #at: string | null = null;
  /** Where it was at the remote before it was taken. */
  #there: string | null = null;
  #isDecided = false;

  /** @param identity nobody else has it */
  constructor(branch: string, roots: readonly string[], identity: string, commits: CommitWriter, remote: Remote) {
    this.ref = `refs/dso-gitops/fence/${shortHash([branch, ...roots].join('\0'))}`;
    this.#identity = identity;
    this.#commits = commits;
    this.#remote = remote;
  }

  /** Notes where it is at the remote; null: nowhere. */
  see(there: string | null): void {
    this.#there = there;
  }

  /** Takes it, once; who has taken it since keeps it. @param time epoch milliseconds. @throws ProductError */
  async take(time: number): Promise<void> {
    if (this.#isDecided) return;
    const files = new Map([['writer', `${this.#identity}\n`]]);
    const [written] = await this.#commits.write(
      [{ parent: null, tree: null, time, message: 'writer of dso-gitops\n', files }],
      'publish',
    );
    if (!written) throw new Error('nothing was written');
    try {
      await this.#remote.push(null, [{ ref: this.ref, commit: written.commit, before: this.#there }]);
      this.#at = written.commit;
    } catch (error) {
      if (!this.noteRefusal(error)) throw error;
    }
    this.#isDecided = true;
  }

  /** What goes with the push of a commit: all of it, or nothing. */
  beside(commit: string): readonly PushedState[] {
    return this.#at === null ? [] : [{ ref: this.ref, commit, before: this.#at }];
  }

  /** Notes that such a push has landed. */
  moved(commit: string): void {
    if (this.#at !== null) this.#at = commit;
  }

  /** Does without from now on where the host takes no such ref, or takes none any more. @returns whether that is so */
  noteRefusal(error: unknown): boolean {
    const isRefusal = error instanceof ProductError && isRefused(error, this.ref);
    if (isRefusal) this.#at = null;
    return isRefusal;
  }
}
