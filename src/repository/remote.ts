import { mustAct, ProductError } from '../errors.ts';
import type { Git } from './git.ts';

/** The branch that serves where a host takes no refs outside heads. */
export const STATE_BRANCH = 'refs/heads/dso-gitops-state';

/** What the remote has now. */
export interface RemoteTips {
  /** Ref that the branch comes from: itself, or HEAD where it must be created. */
  readonly source: string;
  /** null: the repository is empty. */
  readonly tip: string | null;
  /** null: no state was saved yet. */
  readonly state: string | null;
}

/** The remote of a mirror: one branch, and the ref beside it that holds the state. */
export class Remote {
  readonly #git: Git;
  readonly #url: string;
  readonly #branchRef: string;
  readonly #primaryStateRef: string;
  readonly #isBranchCreated: boolean;
  #stateRef: string;
  #isAtomic = true;

  constructor(git: Git, url: string, branch: string, stateName: string, isBranchCreated: boolean) {
    this.#git = git;
    this.#url = url;
    this.#branchRef = `refs/heads/${branch}`;
    this.#primaryStateRef = `refs/dso-gitops/state/${stateName}`;
    this.#isBranchCreated = isBranchCreated;
    this.#stateRef = this.#primaryStateRef;
  }

  /** Learns the tips in one call. */
  async tips(): Promise<RemoteTips> {
    const refs = await this.#list([this.#branchRef, this.#primaryStateRef, STATE_BRANCH, 'HEAD']);
    this.#stateRef = refs.has(this.#primaryStateRef) || !refs.has(STATE_BRANCH) ? this.#primaryStateRef : STATE_BRANCH;
    const source = await this.#sourceOf(refs);
    return { source, tip: refs.get(source) ?? null, state: refs.get(this.#stateRef) ?? null };
  }

  /** Fetches the branch, the state, or both into refs of the mirror. */
  async fetch(
    tips: RemoteTips,
    wanted: { readonly tip: boolean; readonly state: boolean },
    isShallow: boolean,
  ): Promise<void> {
    const refspecs: string[] = [];
    if (wanted.tip) refspecs.push(`+${tips.source}:refs/dso-gitops/tip`);
    if (wanted.state) refspecs.push(`+${this.#stateRef}:refs/dso-gitops/known-state`);
    if (refspecs.length === 0) return;
    // Only the tip at first; later fetches keep every commit since, so that a change can be named.
    const depth = isShallow ? ['--depth=1'] : [];
    const options = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--force', ...depth];
    await this.#git.run([...options, this.#url, ...refspecs], `fetching ${this.#url}`);
  }

  /** Fetches older commits of the branch. */
  async deepen(depth: number): Promise<void> {
    const options = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', `--deepen=${depth}`];
    await this.#git.run([...options, this.#url, this.#branchRef], `fetching the history of ${this.#url}`);
  }

  /**
   * Pushes a commit to the branch and a state beside it: both or none where the host can, else the branch first, so that
   * a state never speaks of a commit that is not there. A shared branch is never forced.
   */
  async push(
    commit: string | null,
    state: { readonly commit: string; readonly before: string | null } | null,
  ): Promise<void> {
    if (commit && state && !this.#isAtomic) {
      await this.push(commit, null);
      await this.push(null, state);
      return;
    }
    const refs: string[] = [];
    if (commit) refs.push(`${commit}:${this.#branchRef}`);
    if (state) refs.push(`+${state.commit}:${this.#stateRef}`);
    const options = ['push', '--porcelain', '--no-verify'];
    if (refs.length > 1) options.push('--atomic');
    if (state) options.push(`--force-with-lease=${this.#stateRef}:${state.before ?? ''}`);
    try {
      await this.#git.run([...options, this.#url, ...refs], `pushing to ${this.#url}`);
    } catch (error) {
      if (!this.#canPushOtherwise(error, state !== null)) throw error;
      await this.push(commit, state);
    }
  }

  /** Not every host offers atomic pushes, or takes refs outside heads; both are found out once. */
  #canPushOtherwise(error: unknown, hasState: boolean): boolean {
    if (!(error instanceof ProductError)) return false;
    if (this.#isAtomic && /does not support --atomic/.test(error.message)) {
      this.#isAtomic = false;
      return true;
    }
    const refused = /refs\/dso-gitops\/state\S*.*(hidden ref|funny refname|not allowed|declined|denied|prohibited)/;
    if (!hasState || this.#stateRef === STATE_BRANCH || !refused.test(error.message)) return false;
    this.#stateRef = STATE_BRANCH;
    return true;
  }

  async #sourceOf(refs: ReadonlyMap<string, string>): Promise<string> {
    if (refs.has(this.#branchRef) || !(await this.#hasOtherBranches(refs))) return this.#branchRef;
    if (this.#isBranchCreated) return 'HEAD';
    const branch = this.#branchRef.slice('refs/heads/'.length);
    throw mustAct(
      'BranchMissing',
      `${this.#url} has no branch ${branch}; create it, or set createBranch: true in the destination`,
    );
  }

  async #hasOtherBranches(refs: ReadonlyMap<string, string>): Promise<boolean> {
    if (refs.has('HEAD')) return true;
    const heads = await this.#list(['refs/heads/*']);
    return [...heads.keys()].some((ref) => ref !== STATE_BRANCH);
  }

  async #list(refs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const output = await this.#git.run(['ls-remote', '--quiet', this.#url, ...refs], `reading ${this.#url}`);
    const found = new Map<string, string>();
    for (const line of output.split('\n')) {
      const [id, ref] = line.split('\t');
      if (id && ref) found.set(ref, id);
    }
    return found;
  }
}
