import { mkdir, rm, stat } from 'node:fs/promises';
import type { Revision } from '../history/decision-history.ts';
import type { ChangeSet } from '../manifests/change-set.ts';
import type { FileChange, ProposedCommit, Publication, Published } from '../reconcile/repository.ts';
import { type CommitSettings, CommitWriter, workRef } from './commit-writer.ts';
import { Draft } from './draft.ts';
import { type CredentialSource, gitEnvironment } from './environment.ts';
import { Fence } from './fence.ts';
import { type Git, gitIn } from './git.ts';
import type { Host } from './host.ts';
import { takeMirrorDirectory } from './mirror-directory.ts';
import { removeKeyrings } from './openpgp-keyring.ts';
import { Past } from './past.ts';
import { Publisher } from './publisher.ts';
import { Remote, type RemoteSettings } from './remote.ts';
import { SavedStates } from './saved-states.ts';
import { shortHash } from './short-hash.ts';
import { Tree, type TreeEntry } from './tree.ts';
import { isWorn } from './worn.ts';

/** One repository and branch. */
export interface MirrorSettings extends RemoteSettings, CommitSettings {
  /** Directories that our files are below; each has a state of its own. */
  readonly roots: readonly string[];
  readonly credentials: CredentialSource;
  readonly host: Host;
  /** Where mirrors are kept; a cache. */
  readonly cacheDirectory: string;
  readonly parentEnvironment: NodeJS.ProcessEnv;
  /** How long each Git process may take, in milliseconds; 10 minutes where it is not given. */
  readonly deadlineMs?: number;
  /** Called before every call to the remote; it may end the signal. */
  readonly beforeCall?: () => void;
  /** Who this is among several of which one may write; absent: nobody else writes. */
  readonly writer?: string;
}

/**
 * A bare mirror of one branch and of the states beside it, without a worktree. It is a cache: everything in it can be
 * fetched again.
 */
export class Mirror {
  readonly #settings: MirrorSettings;
  readonly #directory: string;
  readonly #publisher: Publisher;
  readonly #remote: Remote;
  readonly #tree: Tree;
  readonly #past: Past;
  readonly #draft: Draft;
  readonly #saved: SavedStates;
  readonly #fence: Fence | null;
  #proposed = new Map<string, string>();

  private constructor(settings: MirrorSettings, directory: string, git: Git, signal: AbortSignal) {
    const { branch, roots } = settings;
    this.#settings = settings;
    this.#directory = directory;
    const place = { directory, parentEnvironment: settings.parentEnvironment, signal };
    this.#remote = new Remote(git, settings);
    this.#tree = new Tree(git, roots, (ids) => this.#remote.fetchContents(ids));
    this.#past = new Past(git, this.#remote, this.#tree, directory);
    this.#draft = new Draft(git, workRef('draft', 0));
    const contents = (ids: readonly string[]) => this.#tree.contents(ids);
    this.#saved = new SavedStates(git, branch, roots, contents);
    const commits = new CommitWriter(git, settings, place);
    const { writer } = settings;
    this.#fence = writer === undefined ? null : new Fence(branch, roots, writer, commits, this.#remote);
    this.#publisher = new Publisher({
      branch,
      host: settings.host,
      commits,
      remote: this.#remote,
      saved: this.#saved,
      fence: this.#fence,
      contents,
      proposed: () => this.#proposed.keys(),
    });
  }

  /** Opens or makes the mirror; nothing is fetched yet. */
  static async open(settings: MirrorSettings, signal: AbortSignal): Promise<Mirror> {
    const directory = await takeDirectory(settings);
    const isNew = !(await exists(`${directory}/HEAD`));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { url, credentials, parentEnvironment, deadlineMs, host, isPartial, beforeCall } = settings;
    const environmentOf = async (isRemote: boolean) => {
      // What works on the mirror alone goes on while the host gives no token.
      const token = host.token && (isRemote || isPartial) ? await host.token() : null;
      const given = await gitEnvironment(url, credentials, directory, parentEnvironment, token);
      if (isRemote) beforeCall?.();
      return given;
    };
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
    const tips = await this.#remote.tips(this.#saved.names, this.tip !== null, this.#fence?.ref ?? null);
    this.#fence?.see(tips.fence);
    // Where that fails what can be read is read; the next push tries it again, and says why.
    await this.#fence?.take(Date.now()).catch(() => undefined);
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

  /** The commit that made each file what it is, by path; left out: it cannot be known. Older commits are fetched. */
  async lastChanges(paths: readonly string[]): Promise<ReadonlyMap<string, FileChange>> {
    return this.tip === null ? new Map() : this.#past.lastChanges(this.tip, paths);
  }

  /** Where the branch was at an instant, in epoch milliseconds; fetches the whole history. null: it had no commit yet. */
  async commitAt(instant: number, now: number): Promise<string | null> {
    return this.tip === null ? null : this.#past.commitAt(this.tip, instant, now);
  }

  /** Files at or below paths as they were at a commit that `commitAt` gave. */
  filesAt(commit: string, paths: readonly string[]): Promise<readonly Revision[]> {
    return this.#past.filesAt(commit, paths);
  }

  /** Paths of the files at or below a path that were removed until a commit that `commitAt` gave, and are not there. */
  removedAt(commit: string, directory: string): Promise<readonly string[]> {
    return this.#past.removedAt(commit, directory);
  }

  /** Every version of the files at or below paths, the newest first; fetches the whole history. */
  async revisions(paths: readonly string[], until = this.tip): Promise<readonly Revision[]> {
    return until === null ? [] : this.#past.revisions(until, paths);
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

  /** Drafts a part of the next commit while others are still decided. See Repository. */
  draft(texts: Iterable<string>, files: readonly ChangeSet[]): Promise<void> {
    return this.#draft.take(texts, files, this.tip);
  }

  /** Ends what `draft` began. */
  endDraft(): Promise<void> {
    return this.#draft.end();
  }

  /**
   * One commit of all files on the tip that was learnt last, the states beside it, and one push of all of it. A host that
   * cannot take all or none may take the commit and not the states: `states` says then what it has, and their failure
   * comes again when they are pushed alone.
   *
   * @param gate called when the remote has taken it; readers see it only after that has resolved
   * @throws ProductError kind `retry` when another writer was faster: refresh and decide again
   */
  async publish(publication: Publication, gate: () => Promise<void> = open): Promise<Published> {
    const drafted = this.#draft.use(this.tip, publication.files);
    const { commit, states, warnings } = await this.#publisher.publish(publication, this.tip, drafted);
    await gate();
    if (commit) this.#tree.advanceTo(commit, publication.files);
    for (const state of states) this.#saved.advance(state, state);
    return { commit, warnings };
  }

  /** One commit in a branch of ours. See Repository. */
  async propose(proposed: ProposedCommit): Promise<Published & { readonly commit: string }> {
    const published = await this.#publisher.propose(proposed);
    this.#proposed.set(proposed.branch, published.commit);
    return published;
  }

  /** A branch that is proposed was deleted by other means. */
  forgetProposed(branch: string): void {
    this.#proposed.delete(branch);
  }

  /** Whether the last commit of a branch that is proposed is ours. See Repository. */
  async isOwn(branch: string): Promise<boolean> {
    const commit = this.#proposed.get(branch);
    if (commit === undefined) return false;
    const { host } = this.#settings;
    return this.#remote.proposed.isOwn(branch, commit, (await host.author()).email, host.commit !== null);
  }
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
