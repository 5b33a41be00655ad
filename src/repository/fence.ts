import { ProductError } from '../errors.ts';
import type { CommitWriter } from './commit-writer.ts';
import { isRefused, type PushedState, type Remote } from './remote.ts';
import { shortHash } from './short-hash.ts';

/**
 * A ref beside the branch that moves with every commit that the one who may write pushes. Who takes over moves it first: what
 * the one before has still under way, however late it wakes up, is refused by the host. What the host itself commits for us,
 * and states that go alone, are not held back by it.
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
  /** The commit that a push was to move it to last; null: none was. */
  #tried: string | null = null;

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
    if (this.#at === null) return;
    // A push whose answer was lost, or of which only this ref was taken.
    if (there === this.#tried && there !== null) this.#at = there;
    // Somebody has removed it, or the repository is a restored one: nobody else has it.
    if (there === null) this.#isDecided = false;
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
    if (this.#at === null) return [];
    this.#tried = commit;
    return [{ ref: this.ref, commit, before: this.#at, isFirst: true }];
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
