import { pathToFileURL } from 'node:url';
import { mustAct, ProductError } from '../errors.ts';
import type { Git } from './git.ts';

/** The branch that serves where a host takes no refs outside heads. */
export const STATE_BRANCH = 'refs/heads/dso-gitops-state';

/** Refs of the mirror that hold what was fetched last. */
const TIP = 'refs/dso-gitops/tip';
const KNOWN_STATE = 'refs/dso-gitops/known-state';

/** What the remote has now. */
export interface RemoteTips {
  /** Ref that the branch comes from: itself, or HEAD where it must be created. */
  readonly source: string;
  /** null: the repository is empty. */
  readonly tip: string | null;
  /** null: no state was saved yet. */
  readonly state: string | null;
}

/** A state on its way to the remote. */
interface PushedState {
  readonly commit: string;
  /** What is there, which it replaces; null: nothing. */
  readonly before: string | null;
}

/** Where a mirror is fetched from, and how. */
export interface RemoteSettings {
  /** Path or URL, without credentials. */
  readonly url: string;
  readonly branch: string;
  /** Create the branch from the default branch where it is absent. */
  readonly isBranchCreated: boolean;
  /** Contents of files are fetched only when they are read. */
  readonly isPartial: boolean;
}

/** The remote of a mirror: one branch, and the ref beside it that holds the state. */
export class Remote {
  readonly #git: Git;
  readonly #url: string;
  readonly #branchRef: string;
  readonly #primaryStateRef: string;
  readonly #isBranchCreated: boolean;
  readonly #isPartial: boolean;
  #stateRef: string;
  /** What the listing said of the branch that may serve instead; null: it is not there. */
  #stateBranchTip: string | null = null;
  /** The host took a state ref outside heads before: a refusal is about something else. */
  #hasPrimaryState = false;
  /** Else it is to be created. */
  #isBranchThere = false;
  #isAtomic = true;
  /** Ref that the branch comes from. */
  #source: string;

  constructor(git: Git, { url, branch, isBranchCreated, isPartial }: RemoteSettings, stateName: string) {
    this.#git = git;
    // The name under which Git remembers where contents come from cannot be a path.
    this.#url = isPartial && url.startsWith('/') ? pathToFileURL(url).href : url;
    this.#branchRef = `refs/heads/${branch}`;
    this.#primaryStateRef = `refs/dso-gitops/state/${stateName}`;
    this.#isBranchCreated = isBranchCreated;
    this.#isPartial = isPartial;
    this.#stateRef = this.#primaryStateRef;
    this.#source = this.#branchRef;
  }

  /** Fetches the contents that are not here, all in one call; with a whole clone there is nothing to do. */
  async fetchContents(ids: readonly string[]): Promise<void> {
    if (!this.#isPartial) return;
    // As Git itself does for a single one: nothing that is here tells the host what is missing.
    const negotiation = ['-c', 'fetch.negotiationAlgorithm=noop'];
    const options = ['fetch', '--no-tags', '--no-write-fetch-head', '--filter=blob:none', '--stdin', this.#url];
    await this.#git.feed([...negotiation, ...options], `${ids.join('\n')}\n`, `fetching contents of ${this.#url}`);
  }

  /** The tip that was fetched last, also by an earlier process; null: none. */
  async known(): Promise<string | null> {
    const id = await this.#git.run(['for-each-ref', '--format=%(objectname)', TIP], 'reading the mirror');
    return id.trim() || null;
  }

  /**
   * Learns the tips in one call.
   *
   * @param hadTip a commit of the branch was seen before
   * @throws ProductError kind `later` when nothing at all is there any more
   */
  async tips(hadTip: boolean): Promise<RemoteTips> {
    const refs = await this.#list([this.#branchRef, this.#primaryStateRef, STATE_BRANCH, 'HEAD']);
    if (refs.size === 0) await this.#checkEmpty(hadTip);
    this.#stateBranchTip = refs.get(STATE_BRANCH) ?? null;
    this.#hasPrimaryState = refs.has(this.#primaryStateRef);
    this.#stateRef = this.#hasPrimaryState || !refs.has(STATE_BRANCH) ? this.#primaryStateRef : STATE_BRANCH;
    const source = await this.#sourceOf(refs);
    this.#source = source;
    return { source, tip: refs.get(source) ?? null, state: refs.get(this.#stateRef) ?? null };
  }

  /** Fetches the branch, the state, or both into refs of the mirror, and gives the tips that were fetched. */
  async fetch(
    tips: RemoteTips,
    wanted: { readonly tip: boolean; readonly state: boolean },
    isShallow: boolean,
  ): Promise<Pick<RemoteTips, 'tip' | 'state'>> {
    const refspecs: string[] = [];
    if (wanted.tip) refspecs.push(`+${tips.source}:${TIP}`);
    if (wanted.state) refspecs.push(`+${this.#stateRef}:${KNOWN_STATE}`);
    const fetched = refspecs.length === 0 ? tips : await this.#fetch(refspecs, tips, wanted, isShallow);
    this.#isBranchThere = fetched.tip !== null && tips.source === this.#branchRef;
    return fetched;
  }

  async #fetch(
    refspecs: readonly string[],
    tips: RemoteTips,
    wanted: { readonly tip: boolean; readonly state: boolean },
    isShallow: boolean,
  ): Promise<Pick<RemoteTips, 'tip' | 'state'>> {
    // Only the tip at first; later fetches keep every commit since, so that a change can be named.
    const how = [...(isShallow ? ['--depth=1'] : []), ...(this.#isPartial ? ['--filter=blob:none'] : [])];
    const options = ['fetch', '--progress', '--no-tags', '--no-write-fetch-head', '--force', ...how];
    await this.#git.run([...options, this.#url, ...refspecs], `fetching ${this.#url}`);
    // A ref may have moved since it was listed: what was fetched counts.
    const names = [...(wanted.tip ? [TIP] : []), ...(wanted.state ? [KNOWN_STATE] : [])];
    const ids = (await this.#git.run(['rev-parse', ...names], 'reading the mirror')).trim().split('\n');
    return {
      tip: wanted.tip ? (ids[0] ?? null) : tips.tip,
      state: wanted.state ? (ids.at(-1) ?? null) : tips.state,
    };
  }

  /** Fetches older commits of the branch. */
  async deepen(depth: number): Promise<void> {
    const how = [`--deepen=${depth}`, ...(this.#isPartial ? ['--filter=blob:none'] : [])];
    const options = ['fetch', '--progress', '--no-tags', '--no-write-fetch-head', ...how];
    await this.#git.run([...options, this.#url, this.#source], `fetching the history of ${this.#url}`);
  }

  /**
   * Pushes a commit to the branch and a state beside it: both or none where the host can, else the branch first, so that
   * a state never speaks of a commit that is not there. A shared branch is never forced, and one that was set back is not
   * pushed over, though that would be a fast-forward.
   */
  async push(commit: string | null, state: PushedState | null): Promise<{ readonly isStateSaved: boolean }> {
    if (commit && state && !this.#isAtomic) {
      await this.push(commit, null);
      // The commit is there, whatever became of the state: it is pushed again, alone, and fails for itself.
      return this.push(null, state).catch(() => ({ isStateSaved: false }));
    }
    const refs: string[] = [];
    if (commit) refs.push(`${commit}:${this.#branchRef}`);
    // No plus sign: it would override the lease, which already allows a state without the old one as its parent.
    if (state) refs.push(`${state.commit}:${this.#stateRef}`);
    const options = ['push', '--porcelain', '--progress', '--no-verify'];
    if (refs.length > 1) options.push('--atomic');
    if (commit) options.push(`--force-with-lease=${this.#branchRef}:${await this.#standsOn(commit)}`);
    if (state) options.push(`--force-with-lease=${this.#stateRef}:${state.before ?? ''}`);
    try {
      await this.#git.run([...options, this.#url, ...refs], `pushing to ${this.#url}`);
    } catch (error) {
      const before = this.#stateRef;
      if (!this.#canPushOtherwise(error, state !== null)) throw error;
      const isMoved = this.#stateRef !== before;
      try {
        return await this.push(commit, state && isMoved ? { ...state, before: this.#stateBranchTip } : state);
      } catch (second) {
        // It was not the kind of ref: what was said first is what matters.
        this.#stateRef = before;
        const isRace = second instanceof ProductError && second.kind === 'retry';
        throw isMoved && !isRace ? error : second;
      }
    }
    if (commit) this.#isBranchThere = true;
    if (state && this.#stateRef === this.#primaryStateRef) this.#hasPrimaryState = true;
    return { isStateSaved: state !== null };
  }

  /**
   * What the branch must be for this commit: its own parent, taken from the commit itself, so that nothing but a
   * fast-forward of one step can ever meet the lease. Empty: the branch must not be there.
   */
  async #standsOn(commit: string): Promise<string> {
    if (!this.#isBranchThere) return '';
    const parents = await this.#git.run(['rev-parse', `${commit}^@`], 'reading the mirror');
    return parents.split('\n', 1)[0] ?? '';
  }

  /** Not every host offers atomic pushes, or takes refs outside heads; both are found out once. */
  #canPushOtherwise(error: unknown, hasState: boolean): boolean {
    if (!(error instanceof ProductError)) return false;
    if (this.#isAtomic && /does not support --atomic/.test(error.message)) {
      this.#isAtomic = false;
      return true;
    }
    if (!hasState || this.#stateRef === STATE_BRANCH || !isRefused(error, this.#stateRef)) return false;
    if (this.#hasPrimaryState) return false;
    this.#stateRef = STATE_BRANCH;
    return true;
  }

  /** An empty page of a proxy or a host that is being restored reads as an empty repository: what was there is not forgotten for it. */
  async #checkEmpty(hadTip: boolean): Promise<void> {
    if (!hadTip || (await this.#list(['refs/heads/*'])).size > 0) return;
    throw new ProductError(
      'later',
      'RepositoryEmptied',
      `${this.#url} had commits and now has none; try again later, run does so by itself; if it was emptied on purpose, remove the cache directory`,
    );
  }

  async #sourceOf(refs: ReadonlyMap<string, string>): Promise<string> {
    if (refs.has(this.#branchRef) || !(await this.#hasOtherBranches(refs))) return this.#branchRef;
    if (this.#isBranchCreated && refs.has('HEAD')) return 'HEAD';
    const branch = this.#branchRef.slice('refs/heads/'.length);
    throw mustAct(
      'BranchMissing',
      `${this.#url} has no branch ${branch}; create it, or set createBranch: true in the destination to start it from the default branch`,
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

/** The host refused this very ref, not only because another one of the same push was refused. */
function isRefused(error: ProductError, ref: string): boolean {
  const output = error.cause instanceof Error ? error.cause.message : error.message;
  const line = output.split('\n').find((candidate) => candidate.startsWith('!') && candidate.includes(`:${ref}\t`));
  return line !== undefined && /\[remote rejected\]/.test(line) && !/atomic|failed to update|cannot lock/.test(line);
}
