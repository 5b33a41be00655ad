import { mkdir, rm, stat } from 'node:fs/promises';
import { ProductError } from '../errors.ts';
import type { Revision } from '../history/decision-history.ts';
import type { FileChange, ProposedCommit, Publication } from '../reconcile/repository.ts';
import { BlobStore } from './blob-store.ts';
import { type CommitSettings, CommitWriter, type NewCommit } from './commit-writer.ts';
import { type CredentialSource, gitEnvironment } from './environment.ts';
import type { WrittenCommit } from './fast-import.ts';
import { type Git, gitIn } from './git.ts';
import { takeMirrorDirectory } from './mirror-directory.ts';
import { removeKeyrings } from './openpgp-keyring.ts';
import { Past } from './past.ts';
import { isRefused, Remote, type RemoteSettings, STATE_BRANCH } from './remote.ts';
import { SavedStates, type StateCommit } from './saved-states.ts';
import { shortHash } from './short-hash.ts';
import { Tree, type TreeEntry } from './tree.ts';
import { isWorn } from './worn.ts';

/** One repository and branch. */
export interface MirrorSettings extends RemoteSettings, CommitSettings {
  /** Directories that our files are below; each has a state of its own. */
  readonly roots: readonly string[];
  readonly credentials: CredentialSource;
  /** Where mirrors are kept; a cache. */
  readonly cacheDirectory: string;
  readonly parentEnvironment: NodeJS.ProcessEnv;
  /** How long each Git process may take, in milliseconds; 10 minutes where it is not given. */
  readonly deadlineMs?: number;
}

/** States that were written, and where they go. */
type WrittenState = StateCommit & WrittenCommit;

/**
 * A bare mirror of one branch and of the states beside it, without a worktree. It is a cache: everything in it can be
 * fetched again.
 */
export class Mirror {
  readonly #settings: MirrorSettings;
  readonly #directory: string;
  readonly #commits: CommitWriter;
  readonly #remote: Remote;
  readonly #tree: Tree;
  readonly #past: Past;
  readonly #blobs: BlobStore;
  readonly #saved: SavedStates;
  #proposed = new Map<string, string>();

  private constructor(settings: MirrorSettings, directory: string, git: Git, signal: AbortSignal) {
    const { branch, roots } = settings;
    this.#settings = settings;
    this.#directory = directory;
    const place = { directory, parentEnvironment: settings.parentEnvironment, signal };
    this.#commits = new CommitWriter(git, settings, place);
    this.#remote = new Remote(git, settings);
    this.#tree = new Tree(git, roots, (ids) => this.#remote.fetchContents(ids));
    this.#past = new Past(git, this.#remote, this.#tree, directory);
    this.#blobs = new BlobStore(git);
    this.#saved = new SavedStates(git, branch, roots, (ids) => this.#tree.contents(ids));
  }

  /** Opens or makes the mirror; nothing is fetched yet. */
  static async open(settings: MirrorSettings, signal: AbortSignal): Promise<Mirror> {
    const directory = await takeDirectory(settings);
    const isNew = !(await exists(`${directory}/HEAD`));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { url, credentials, parentEnvironment, deadlineMs } = settings;
    const environmentOf = () => gitEnvironment(url, credentials, directory, parentEnvironment);
    const git = gitIn(directory, environmentOf, signal, url, deadlineMs);
    await removeKeyrings(directory, parentEnvironment);
    if (isNew) await git.run(['init', '--quiet', '--bare', '.'], 'making the mirror');
    const mirror = new Mirror(settings, directory, git, signal);
    // What an earlier process has fetched is gone on from.
    if (!isNew) await mirror.#tree.moveTo(await mirror.#remote.known());
    return mirror;
  }

  /** Throws a damaged mirror of this process away; those of others stay. */
  static async discard(settings: MirrorSettings): Promise<void> {
    await rm(await takeDirectory(settings), { recursive: true, force: true });
  }

  /** Commit at the tip; null: the repository is empty. */
  get tip(): string | null {
    return this.#tree.tip;
  }

  /**
   * Learns the tip and the states as they are now at the remote.
   *
   * @param gate called when the remote has answered; readers see what it brought only after it has resolved
   */
  async refresh(gate: () => Promise<void> = open): Promise<void> {
    const tips = await this.#remote.tips(this.#saved.names, this.tip !== null);
    const known = this.#saved.commits;
    const states = [...tips.states].flatMap(([ref, commit]) => (known.get(ref) === commit ? [] : ref));
    // A state never speaks of a commit that is not here: both are fetched as they are at one moment.
    const wanted = { tip: tips.tip !== null && (tips.tip !== this.tip || states.length > 0), states };
    const fetched = await this.#remote.fetch(tips, wanted, this.tip === null);
    await gate();
    await this.#tree.moveTo(fetched.tip);
    await this.#saved.moveTo(fetched.states);
    this.#proposed = new Map(tips.proposed);
  }

  /** Whether the cache has grown so much that making it again is cheaper than going on; asks no Git process. */
  isWorn(): Promise<boolean> {
    return isWorn(this.#directory);
  }

  /** Files at the tip by path; null: there is none. */
  entries(paths: readonly string[]): Promise<ReadonlyMap<string, TreeEntry | null>> {
    return this.#tree.entries(paths);
  }

  /** Names of the directories directly below a path at the tip. */
  directories(path: string): Promise<readonly string[]> {
    return this.#tree.directories(path);
  }

  /** Paths of all files below a directory at the tip. */
  files(directory: string): Promise<readonly string[]> {
    return this.#tree.files(directory);
  }

  /** Texts of blobs by id. */
  contents(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#tree.contents(ids);
  }

  /** The commit that made each file what it is, by path; left out: it cannot be known. @param isFetched older commits are fetched */
  async lastChanges(paths: readonly string[], isFetched: boolean): Promise<ReadonlyMap<string, FileChange>> {
    return this.tip === null ? new Map() : this.#past.lastChanges(this.tip, paths, isFetched);
  }

  /** Where the branch was at an instant, in epoch milliseconds; fetches the whole history. null: it had no commit yet. */
  async commitAt(instant: number, now: number): Promise<string | null> {
    return this.tip === null ? null : this.#past.commitAt(this.tip, instant, now);
  }

  /** Files at or below paths as they were at a commit that `commitAt` gave. */
  filesAt(commit: string, paths: readonly string[]): Promise<readonly Revision[]> {
    return this.#past.filesAt(commit, paths);
  }

  /** Every version of the files at or below a path, the newest first; fetches the whole history. */
  async revisions(path: string): Promise<readonly Revision[]> {
    return this.tip === null ? [] : this.#past.revisions(this.tip, path);
  }

  /** Commits that are not in the history of an earlier one; null: that one is not in the history of the branch. */
  async commitsAfter(earlier: string): Promise<ReadonlySet<string> | null> {
    return this.tip === null ? null : this.#past.commitsAfter(this.tip, earlier);
  }

  /** The highest `seq` that records had before what they are now, by path; fetches the whole history. */
  async highestSequences(paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.tip === null ? new Map() : this.#past.highestSequences(this.tip, paths);
  }

  /** The `seq` of what records replaced when they became what they are, by path; fetches what that takes. */
  async previousSequences(paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.tip === null ? new Map() : this.#past.previousSequences(this.tip, paths);
  }

  /** The highest `seq` of records that others replaced after our last decision, by path. */
  async replacedSequences(directory: string): Promise<ReadonlyMap<string, number>> {
    return this.tip === null ? new Map() : this.#past.replacedSequences(this.tip, directory);
  }

  /** Saved states of one of the roots, by key of their DSO. */
  states(root: string): ReadonlyMap<string, string> {
    return this.#saved.of(root);
  }

  /** Tips of the branches of ours that are proposed, by name, as they were learnt last. */
  get proposed(): ReadonlyMap<string, string> {
    return this.#proposed;
  }

  /** Writes contents that the next commit will name, while others are still made; `publish` says where it failed. */
  store(texts: Iterable<string>): Promise<void> {
    return this.#blobs.take(texts);
  }

  /** Ends what `store` began. */
  endStore(): Promise<void> {
    return this.#blobs.end();
  }

  /**
   * One commit of all files on the tip that was learnt last, the states beside it, and one push of all of it. A host that
   * cannot take all or none may take the commit and not the states: `states` says then what it has, and their failure
   * comes again when they are pushed alone.
   *
   * @param gate called when the remote has taken it; readers see it only after that has resolved
   * @returns the new commit; null: only states were pushed
   * @throws ProductError kind `retry` when another writer was faster: refresh and decide again
   */
  async publish(publication: Publication, gate: () => Promise<void> = open): Promise<string | null> {
    const { files, message, time } = publication;
    const parent = this.tip;
    const branch = files.size > 0 ? [{ parent, tree: null, time, message, files }] : [];
    const states = this.#saved.commitsOf(publication.states);
    if (branch.length + states.length === 0) return null;
    this.#blobs.check();
    const written = await this.#commits.write([...branch, ...states.map((one) => newState(one, time))], 'publish');
    const commit = branch.length > 0 ? (written[0]?.commit ?? null) : null;
    if (commit) await this.#commits.check(commit, parent, files);
    const saved = await this.#push(commit, beside(states, written.slice(branch.length)), publication);
    await gate();
    if (commit) this.#tree.advanceTo(commit, files);
    for (const state of saved) this.#saved.advance(state, state);
    return commit;
  }

  /** One commit in a branch of ours. See Repository. */
  async propose({ branch, before, parent, files, message, time }: ProposedCommit): Promise<string> {
    const [written] = await this.#commits.write([{ parent, tree: null, time, message, files }], 'propose');
    if (!written) throw new Error(`nothing was written for ${branch}`);
    await this.#commits.check(written.commit, parent, files);
    await this.#remote.pushProposed(written.commit, branch, before);
    this.#proposed.set(branch, written.commit);
    return written.commit;
  }

  /** A branch that is proposed was deleted by other means. */
  forgetProposed(branch: string): void {
    this.#proposed.delete(branch);
  }

  /** Whether the last commit of a branch that is proposed is ours. See Repository. */
  async isOwn(branch: string): Promise<boolean> {
    const commit = this.#proposed.get(branch);
    return commit !== undefined && this.#remote.isBy(branch, commit, this.#settings.author.email);
  }

  /** A host that takes no refs outside heads, or takes none any more, may take a branch. */
  async #push(
    commit: string | null,
    states: readonly WrittenState[],
    { states: texts, time }: Publication,
  ): Promise<readonly WrittenState[]> {
    try {
      return await this.#remote.push(commit, states);
    } catch (error) {
      const isOfRefs = error instanceof ProductError && states.some(({ ref }) => isRefused(error, ref));
      if (!isOfRefs || !this.#saved.useBranch()) throw error;
      try {
        const otherwise = this.#saved.commitsOf(texts);
        const written = await this.#commits.write(
          otherwise.map((one) => newState(one, time)),
          'publish',
        );
        return await this.#remote.push(commit, beside(otherwise, written));
      } catch (second) {
        if (!(second instanceof ProductError) || !isRefused(second, STATE_BRANCH)) throw second;
        // It was not the kind of ref: what was said first is what matters.
        this.#saved.useRefs();
        throw error;
      }
    }
  }
}

/** Without a parent: states have no history. */
function newState({ tree, files }: StateCommit, time: number): NewCommit {
  return { parent: null, tree, files, time, message: 'state of dso-gitops\n' };
}

/** Each with its ids. */
function beside(states: readonly StateCommit[], written: readonly WrittenCommit[]): readonly WrittenState[] {
  return states.flatMap((state, index) => {
    const ids = written[index];
    return ids ? [{ ...state, ...ids }] : [];
  });
}

/** Nobody reads beside. */
async function open(): Promise<void> {}

/** Two processes in one mirror would remove each other's locks as if they were left behind. */
async function takeDirectory({ cacheDirectory, url, branch, isPartial }: MirrorSettings): Promise<string> {
  await mkdir(cacheDirectory, { recursive: true, mode: 0o700 });
  return takeMirrorDirectory(`${cacheDirectory}/${shortHash(`${url}\0${branch}`)}${isPartial ? '-partial' : ''}`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
