import { pathToFileURL } from 'node:url';
import { mustAct, ProductError } from '../errors.ts';
import { LOST_RACE } from './classify.ts';
import { Fetches } from './fetches.ts';
import type { Git } from './git.ts';
import { ProposedRefs } from './proposed-refs.ts';
import { HEADS, PUSH } from './push.ts';

/** The branch that serves where a host takes no refs outside heads. */
export const STATE_BRANCH = 'refs/heads/dso-gitops-state';

/** Refs of the mirror that hold what was fetched last. */
const TIP = 'refs/dso-gitops/tip';
const KNOWN_STATES = 'refs/dso-gitops/known-states';

/** What the remote has now. */
export interface RemoteTips {
  /** Ref that the branch comes from: itself, or HEAD where it must be created. */
  readonly source: string;
  /** null: the repository is empty. */
  readonly tip: string | null;
  /** Saved states by ref; left out: there are none. */
  readonly states: ReadonlyMap<string, string>;
  /** Branches of ours that are proposed, by name. */
  readonly proposed: ReadonlyMap<string, string>;
  /** Where the ref is that tells who may write; null: it is not there. */
  readonly fence: string | null;
}

/** What of it is not here. */
interface Wanted {
  readonly tip: boolean;
  /** Refs of states. */
  readonly states: readonly string[];
}

/** A state on its way to the remote. */
export interface PushedState {
  readonly ref: string;
  readonly commit: string;
  /** What is there, which it replaces; null: nothing. */
  readonly before: string | null;
  /** Where the host does not take all or none it goes before the branch; without it nothing else goes. */
  readonly isFirst?: boolean;
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
  /** What branches of ours begin with that are proposed; null: none are. */
  readonly proposedPrefix: string | null;
}

/** The remote of a mirror: one branch, and the refs beside it that hold the states. */
export class Remote {
  readonly #git: Git;
  readonly #url: string;
  readonly #branchRef: string;
  readonly #isBranchCreated: boolean;
  readonly #isPartial: boolean;
  /** What refs of ours begin with that are proposed; null: none are. */
  readonly #proposedRefs: string | null;
  #isBranchThere = false;
  #isAtomic = true;
  readonly #fetches: Fetches;
  /** Branches of ours that are proposed. */
  readonly proposed: ProposedRefs;
  /** Ref that the branch comes from. */
  #source: string;

  constructor(git: Git, { url, branch, isBranchCreated, isPartial, proposedPrefix }: RemoteSettings) {
    this.#git = git;
    // The name under which Git remembers where contents come from cannot be a path.
    this.#url = isPartial && url.startsWith('/') ? pathToFileURL(url).href : url;
    this.#branchRef = `${HEADS}${branch}`;
    this.#isBranchCreated = isBranchCreated;
    this.#isPartial = isPartial;
    this.#proposedRefs = proposedPrefix === null ? null : `${HEADS}${proposedPrefix}`;
    this.#source = this.#branchRef;
    this.#fetches = new Fetches(git, this.#url, isPartial);
    this.proposed = new ProposedRefs(git, this.#fetches, this.#url, proposedPrefix);
  }

  /** Else it is to be created. */
  get isBranchThere(): boolean {
    return this.#isBranchThere;
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
   * @param stateRefs refs that may hold states
   * @param hadTip a commit of the branch was seen before
   * @param fence ref that tells who may write; null: there is none
   * @throws ProductError kind `later` when nothing at all is there any more
   */
  async tips(stateRefs: readonly string[], hadTip: boolean, fence: string | null): Promise<RemoteTips> {
    const prefix = this.#proposedRefs;
    const beside = [fence, prefix === null ? null : `${prefix}*`].filter((one) => one !== null);
    const refs = await this.#list([this.#branchRef, ...stateRefs, 'HEAD', ...beside]);
    if (![...refs.keys()].some(isHead)) await this.#checkEmpty(hadTip);
    const source = await this.#sourceOf(refs);
    this.#source = source;
    const states = [...refs].filter(([ref]) => stateRefs.includes(ref));
    const proposed = [...refs].flatMap(([ref, id]): [string, string][] => {
      return prefix !== null && ref.startsWith(prefix) ? [[ref.slice(HEADS.length), id]] : [];
    });
    return {
      source,
      tip: refs.get(source) ?? null,
      states: new Map(states),
      proposed: new Map(proposed),
      fence: refs.get(fence ?? '') ?? null,
    };
  }

  /** Fetches the branch, states, or both into refs of the mirror, and gives the tips that were fetched. */
  async fetch(tips: RemoteTips, wanted: Wanted, isShallow: boolean): Promise<Pick<RemoteTips, 'tip' | 'states'>> {
    const sources = [...(wanted.tip ? [tips.source] : []), ...wanted.states];
    const fetched = sources.length === 0 ? tips : await this.#fetch(tips, wanted, isShallow);
    this.#isBranchThere = fetched.tip !== null && tips.source === this.#branchRef;
    return fetched;
  }

  async #fetch(tips: RemoteTips, wanted: Wanted, isShallow: boolean): Promise<Pick<RemoteTips, 'tip' | 'states'>> {
    const states = wanted.states.map((ref, index) => ({ ref, local: `${KNOWN_STATES}/${index}` }));
    const branch = wanted.tip ? [{ ref: tips.source, local: TIP }] : [];
    const refspecs = [...branch, ...states].map(({ ref, local }) => `+${ref}:${local}`);
    // Only the tip at first; later fetches keep every commit since, so that a change can be named.
    const how = ['--force', ...(isShallow ? ['--depth=1'] : [])];
    await this.#fetches.run(`fetching ${this.#url}`, refspecs, ...how);
    // A ref may have moved since it was listed: what was fetched counts.
    const names = [...branch, ...states].map(({ local }) => local);
    const ids = (await this.#git.run(['rev-parse', ...names], 'reading the mirror')).trim().split('\n');
    const tip = wanted.tip ? (ids.shift() ?? null) : tips.tip;
    const found = states.map(({ ref }, index) => [ref, ids[index] ?? ''] as const);
    return { tip, states: new Map([...tips.states, ...found]) };
  }

  /** Fetches older commits of the branch. */
  async deepen(depth: number): Promise<void> {
    await this.#fetches.run(`fetching the history of ${this.#url}`, [this.#source], `--deepen=${depth}`);
  }

  /**
   * Pushes a commit to the branch and states beside it: all or none where the host can, else the branch first, so that a
   * state never speaks of a commit that is not there. A shared branch is never forced, and one that was set back is not
   * pushed over, though that would be a fast-forward.
   *
   * @returns the states that are there now
   */
  async push<T extends PushedState>(commit: string | null, states: readonly T[]): Promise<readonly T[]> {
    if (!this.#isAtomic && (commit ? states.length > 0 : states.length > 1)) return this.#pushOneByOne(commit, states);
    const refs = states.map((state) => `${state.commit}:${state.ref}`);
    if (commit) refs.unshift(`${commit}:${this.#branchRef}`);
    const options = [...PUSH];
    if (refs.length > 1) options.push('--atomic');
    if (commit) options.push(`--force-with-lease=${this.#branchRef}:${await this.#standsOn(commit)}`);
    // No plus sign: it would override the lease, which already allows a state without the old one as its parent.
    for (const { ref, before } of states) options.push(`--force-with-lease=${ref}:${before ?? ''}`);
    try {
      await this.#git.run([...options, this.#url, ...refs], `pushing to ${this.#url}`);
    } catch (error) {
      // Not every host offers it; that is found out once.
      if (!this.#isAtomic || !(error instanceof ProductError) || !/does not support --atomic/.test(error.message))
        throw error;
      this.#isAtomic = false;
      return this.push(commit, states);
    }
    if (commit) this.#isBranchThere = true;
    return states;
  }

  /** Once something is there, what became of the rest is found out when it is pushed again, alone. */
  async #pushOneByOne<T extends PushedState>(commit: string | null, states: readonly T[]): Promise<readonly T[]> {
    const there: T[] = [];
    for (const state of states) if (state.isFirst) there.push(...(await this.push(null, [state])));
    if (commit) await this.push(commit, []);
    let failure: unknown = null;
    for (const state of states) {
      if (state.isFirst) continue;
      try {
        there.push(...(await this.push(null, [state])));
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== null && !commit && there.length === 0) throw failure;
    return there;
  }

  /** Fetches the branch after the host has made a commit on it. */
  async fetchTip(): Promise<void> {
    await this.#fetches.run(`fetching ${this.#url}`, [`+${this.#branchRef}:${TIP}`], '--force');
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

  /** An empty page of a proxy or a host that is being restored reads as an empty repository: what was there is not forgotten for it. */
  async #checkEmpty(hadTip: boolean): Promise<void> {
    if (!hadTip || [...(await this.#list([`${HEADS}*`])).keys()].some(isHead)) return;
    throw new ProductError(
      'later',
      'RepositoryEmptied',
      `${this.#url} had commits and now has none; try again later, run does so by itself; if it was emptied on purpose, remove the cache directory (DSO_GITOPS_CACHE, else dso-gitops in ~/.cache)`,
    );
  }

  async #sourceOf(refs: ReadonlyMap<string, string>): Promise<string> {
    if (refs.has(this.#branchRef) || !(await this.#hasOtherBranches(refs))) return this.#branchRef;
    if (this.#isBranchCreated && refs.has('HEAD')) return 'HEAD';
    const branch = this.#branchRef.slice(HEADS.length);
    throw mustAct(
      'BranchMissing',
      `${this.#url} has no branch ${branch}; create it, or set createBranch: true in the destination to start it from the default branch`,
    );
  }

  async #hasOtherBranches(refs: ReadonlyMap<string, string>): Promise<boolean> {
    if (refs.has('HEAD')) return true;
    return [...(await this.#list([`${HEADS}*`])).keys()].some(isHead);
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

/** Whether people's commits may be there: not what is kept beside their branches. */
function isHead(ref: string): boolean {
  return ref === 'HEAD' || (ref.startsWith(HEADS) && ref !== STATE_BRANCH);
}

/** The host refused this very ref, not only because another one of the same push was refused. */
export function isRefused(error: ProductError, ref: string): boolean {
  const output = error.cause instanceof Error ? error.cause.message : error.message;
  const line = output.split('\n').find((candidate) => candidate.startsWith('!') && candidate.includes(`:${ref}\t`));
  if (!line?.includes('[remote rejected]')) return false;
  // Who was faster has not refused the ref.
  return !/atomic/.test(line) && !LOST_RACE.test(line);
}
