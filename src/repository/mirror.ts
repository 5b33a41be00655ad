import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { mustAct, ProductError } from '../errors.ts';
import { blobId } from '../manifests/blob.ts';
import { type CredentialSource, gitEnvironment } from './environment.ts';
import { type ImportCommit, importStream, parseImport } from './fast-import.ts';
import { type Git, gitIn } from './git.ts';
import { checkDifference } from './tree-difference.ts';

/** One repository and branch. */
export interface MirrorSettings {
  /** Path or URL, without credentials. */
  readonly url: string;
  readonly branch: string;
  /** Create the branch from the default branch where it is absent. */
  readonly isBranchCreated: boolean;
  /** Directory that our files are below: part of the state's name. */
  readonly root: string;
  readonly credentials: CredentialSource;
  readonly author: { readonly name: string; readonly email: string };
  /** Where mirrors are kept; a cache. */
  readonly cacheDirectory: string;
  readonly parentEnvironment: NodeJS.ProcessEnv;
}

/** A file at the tip. */
export interface TreeEntry {
  readonly mode: string;
  readonly id: string;
}

/** What one push writes. */
export interface Publication {
  /** path -> content on the branch. */
  readonly files: ReadonlyMap<string, string>;
  readonly message: string;
  /** key of a DSO -> state. */
  readonly states: ReadonlyMap<string, string>;
  /** Epoch milliseconds. */
  readonly time: number;
}

const STATE_BRANCH = 'refs/heads/dso-gitops-state';
/** Texts of files written last that are kept: what the next decision of the same DSO reads. */
const MAX_TEXTS = 5000;
/** More arguments than this and the whole root is listed instead. */
const MAX_PATHS = 1000;

/**
 * A bare mirror of one branch and of the state ref beside it, without a worktree. It is a cache: everything in it can be
 * fetched again.
 */
export class Mirror {
  readonly #settings: MirrorSettings;
  readonly #git: Git;
  readonly #directory: string;
  readonly #stateName: string;
  #tip: string | null = null;
  #state: { readonly ref: string; readonly commit: string; readonly tree: string } | null = null;
  #stateRef: string;
  #isAtomic = true;
  #entries = new Map<string, TreeEntry | null>();
  #states = new Map<string, string>();
  #texts = new Map<string, string>();

  private constructor(settings: MirrorSettings, directory: string, git: Git) {
    this.#settings = settings;
    this.#directory = directory;
    this.#git = git;
    this.#stateName = hash(`${settings.branch}\0${settings.root}`);
    this.#stateRef = `refs/dso-gitops/state/${this.#stateName}`;
  }

  /** Opens or makes the mirror; nothing is fetched yet. */
  static async open(settings: MirrorSettings, signal: AbortSignal): Promise<Mirror> {
    const directory = `${settings.cacheDirectory}/${hash(`${settings.url}\0${settings.branch}`)}.git`;
    const isNew = !(await exists(`${directory}/HEAD`));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const environment = await gitEnvironment(settings.url, settings.credentials, directory, settings.parentEnvironment);
    const git = gitIn(directory, environment, signal);
    if (isNew) await git.run(['init', '--quiet', '--bare', '.'], 'making the mirror');
    return new Mirror(settings, directory, git);
  }

  /** Throws a damaged mirror away. */
  static async discard(settings: MirrorSettings): Promise<void> {
    const directory = `${settings.cacheDirectory}/${hash(`${settings.url}\0${settings.branch}`)}.git`;
    await rm(directory, { recursive: true, force: true });
  }

  /** Commit at the tip; null: the repository is empty. */
  get tip(): string | null {
    return this.#tip;
  }

  /** Learns the tip and the state as they are now at the remote. */
  async refresh(): Promise<void> {
    const { url, branch } = this.#settings;
    const branchRef = `refs/heads/${branch}`;
    const primary = `refs/dso-gitops/state/${this.#stateName}`;
    const remote = await this.#listRemote([branchRef, primary, STATE_BRANCH, 'HEAD']);
    const stateRef = remote.has(primary) || !remote.has(STATE_BRANCH) ? primary : STATE_BRANCH;
    let source = branchRef;
    if (!remote.has(branchRef) && (await this.#hasOtherBranches(remote))) {
      if (!this.#settings.isBranchCreated) {
        throw mustAct(
          'BranchMissing',
          `${url} has no branch ${branch}; create it, or set createBranch: true in the destination`,
        );
      }
      source = 'HEAD';
    }
    const tip = remote.get(source) ?? null;
    const state = remote.get(stateRef) ?? null;
    const wanted: string[] = [];
    if (tip !== null && tip !== this.#tip) wanted.push(`+${source}:refs/dso-gitops/tip`);
    if (state !== null && state !== this.#state?.commit) wanted.push(`+${stateRef}:refs/dso-gitops/known-state`);
    if (wanted.length > 0) await this.#fetch(wanted);
    await this.#moveTip(tip);
    await this.#moveState(stateRef, state);
  }

  /** Files at the tip by path; null: there is none. */
  async entries(paths: readonly string[]): Promise<ReadonlyMap<string, TreeEntry | null>> {
    const unknown = paths.filter((path) => !this.#entries.has(path));
    if (unknown.length > 0) await this.#listTree(unknown);
    return new Map(paths.map((path) => [path, this.#entries.get(path) ?? null]));
  }

  /** Names of the directories directly below a path at the tip. */
  async directories(path: string): Promise<readonly string[]> {
    if (this.#tip === null) return [];
    const output = await this.#git.run(['ls-tree', '-z', '-d', this.#tip, '--', `${path}/`], 'listing the tip');
    const names = output.split('\0').map((line) => line.slice(line.lastIndexOf('/') + 1));
    return names.filter((name) => name !== '');
  }

  /** Texts of blobs by id. */
  async contents(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const wanted = [...new Set(ids)];
    const known = new Map<string, string>();
    for (const id of wanted) {
      const text = this.#texts.get(id);
      if (text !== undefined) known.set(id, text);
    }
    const unknown = wanted.filter((id) => !known.has(id));
    if (unknown.length === 0) return known;
    const output = await this.#git.feed(['cat-file', '--batch'], `${unknown.join('\n')}\n`, 'reading the tip');
    return new Map([...known, ...parseBatch(output)]);
  }

  /** The commit that changed a file last; deepens the history until it is known. */
  async lastCommit(path: string): Promise<string | null> {
    if (this.#tip === null) return null;
    for (let depth = 50; ; depth *= 4) {
      const commit = (
        await this.#git.run(['log', '-1', '--format=%H', this.#tip, '--', path], 'reading the history')
      ).trim();
      const boundary = await readFile(`${this.#directory}/shallow`, 'utf8').catch(() => '');
      if (!boundary.split('\n').includes(commit)) return commit || null;
      const { url, branch } = this.#settings;
      const options = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', `--deepen=${depth}`];
      await this.#git.run([...options, url, `refs/heads/${branch}`], `fetching the history of ${url}`);
    }
  }

  /** Saved state by key of its DSO. */
  states(): ReadonlyMap<string, string> {
    return this.#states;
  }

  /**
   * One commit of all files on the tip that was learnt last, the states beside it, and one push of both.
   *
   * @returns the new commit; null: only states were pushed
   * @throws ProductError kind `retry` when another writer was faster: refresh and decide again
   */
  async publish({ files, message, states, time }: Publication): Promise<string | null> {
    const commits: ImportCommit[] = [];
    const { author } = this.#settings;
    const work = `refs/dso-gitops/work/${process.pid}`;
    if (files.size > 0) {
      commits.push({ ref: work, parent: this.#tip, tree: null, author, time, message, files });
    }
    if (states.size > 0) {
      const stateFiles = new Map([...states].map(([key, text]) => [this.#statePath(key), text]));
      const tree = this.#state?.tree ?? null;
      commits.push({
        ref: `${work}-state`,
        parent: null,
        tree,
        author,
        time,
        message: 'state of dso-gitops\n',
        files: stateFiles,
      });
    }
    if (commits.length === 0) return null;
    const output = await this.#git.feed(
      ['fast-import', '--quiet', '--force', '--done', '--date-format=raw'],
      importStream(commits),
      'writing the commit',
    );
    const ids = parseImport(output.toString());
    const commit = files.size > 0 ? (ids[0] ?? null) : null;
    const state = states.size > 0 ? (ids.at(-1) ?? null) : null;
    if (commit) await this.#check(commit.commit, files);
    await this.#push(commit?.commit ?? null, state?.commit ?? null);
    if (commit) {
      this.#tip = commit.commit;
      for (const [path, content] of files) this.#note(path, content);
    }
    if (state) {
      this.#state = { ref: this.#stateRef, ...state };
      for (const [key, text] of states) this.#states.set(key, text);
    }
    return commit?.commit ?? null;
  }

  /** A file that was just written: what it holds is known without asking Git. */
  #note(path: string, content: string): void {
    const id = blobId(content);
    const before = this.#entries.get(path)?.id;
    if (before) this.#texts.delete(before);
    this.#entries.set(path, { mode: '100644', id });
    this.#texts.set(id, content);
    const oldest = this.#texts.keys().next();
    if (this.#texts.size > MAX_TEXTS && !oldest.done) this.#texts.delete(oldest.value);
  }

  async #check(commit: string, files: ReadonlyMap<string, string>): Promise<void> {
    if (this.#tip === null) return;
    const raw = await this.#git.run(
      ['diff-tree', '-r', '-z', '--raw', '--no-renames', this.#tip, commit],
      'checking the commit',
    );
    checkDifference(raw, files);
  }

  async #push(commit: string | null, state: string | null): Promise<void> {
    const { url, branch } = this.#settings;
    const refs: string[] = [];
    if (commit) refs.push(`${commit}:refs/heads/${branch}`);
    if (state) refs.push(`+${state}:${this.#stateRef}`);
    const options = ['push', '--porcelain', '--no-verify'];
    if (refs.length > 1 && this.#isAtomic) options.push('--atomic');
    if (state) options.push(`--force-with-lease=${this.#stateRef}:${this.#state?.commit ?? ''}`);
    try {
      await this.#git.run([...options, url, ...refs], `pushing to ${url}`);
    } catch (error) {
      if (!(await this.#canPushOtherwise(error, state))) throw error;
      await this.#push(commit, state);
    }
  }

  /** Not every host offers atomic pushes, or takes refs outside heads; both are found out once. */
  async #canPushOtherwise(error: unknown, state: string | null): Promise<boolean> {
    if (!(error instanceof ProductError)) return false;
    if (this.#isAtomic && /does not support --atomic/.test(error.message)) {
      this.#isAtomic = false;
      return true;
    }
    const isRefRefused =
      /refs\/dso-gitops\/state\S*.*(hidden ref|funny refname|not allowed|declined|denied|prohibited)/.test(
        error.message,
      );
    if (state === null || !isRefRefused || this.#stateRef === STATE_BRANCH) return false;
    this.#stateRef = STATE_BRANCH;
    return true;
  }

  async #listRemote(refs: readonly string[]): Promise<Map<string, string>> {
    const { url } = this.#settings;
    const output = await this.#git.run(['ls-remote', '--quiet', url, ...refs], `reading ${url}`);
    const found = new Map<string, string>();
    for (const line of output.split('\n')) {
      const [id, ref] = line.split('\t');
      if (id && ref) found.set(ref, id);
    }
    return found;
  }

  async #hasOtherBranches(remote: ReadonlyMap<string, string>): Promise<boolean> {
    if (remote.has('HEAD')) return true;
    const heads = await this.#listRemote(['refs/heads/*']);
    return [...heads.keys()].some((ref) => ref !== STATE_BRANCH);
  }

  async #fetch(refspecs: readonly string[]): Promise<void> {
    const { url } = this.#settings;
    // Only the tip at first; later fetches keep every commit since, so that a change can be named.
    const depth = this.#tip === null ? ['--depth=1'] : [];
    const options = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--force', ...depth];
    await this.#git.run([...options, url, ...refspecs], `fetching ${url}`);
  }

  async #moveTip(tip: string | null): Promise<void> {
    if (tip === this.#tip) return;
    if (tip !== null && this.#tip !== null) {
      const changed = await this.#git.run(
        ['diff-tree', '-r', '-z', '--name-only', '--no-renames', this.#tip, tip],
        'comparing tips',
      );
      for (const path of changed.split('\0')) this.#entries.delete(path);
    } else this.#entries.clear();
    this.#tip = tip;
  }

  async #moveState(ref: string, commit: string | null): Promise<void> {
    this.#stateRef = ref;
    if (commit === (this.#state?.commit ?? null)) return;
    if (commit === null) {
      this.#state = null;
      this.#states.clear();
      return;
    }
    const listing = await this.#git.run(['ls-tree', '-r', '-z', commit], 'reading the state');
    const tree = (await this.#git.run(['rev-parse', `${commit}^{tree}`], 'reading the state')).trim();
    const files = parseTree(listing).filter(({ path }) => path.startsWith(`${this.#stateName}/`));
    const texts = await this.contents(files.map(({ id }) => id));
    this.#states = new Map(files.map(({ path, id }) => [this.#stateKey(path), texts.get(id) ?? '']));
    this.#state = { ref, commit, tree };
  }

  async #listTree(paths: readonly string[]): Promise<void> {
    const isWhole = paths.length > MAX_PATHS;
    for (const path of paths) this.#entries.set(path, null);
    if (this.#tip === null) return;
    const patterns = isWhole ? [`${this.#settings.root}/`] : paths;
    const output = await this.#git.run(['ls-tree', '-r', '-z', this.#tip, '--', ...patterns], 'listing the tip');
    for (const { path, mode, id } of parseTree(output)) this.#entries.set(path, { mode, id });
  }

  #statePath(key: string): string {
    return `${this.#stateName}/${key}.json`;
  }

  #stateKey(path: string): string {
    return path.slice(this.#stateName.length + 1, -'.json'.length);
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function parseTree(output: string): readonly (TreeEntry & { readonly path: string })[] {
  const entries: (TreeEntry & { path: string })[] = [];
  for (const line of output.split('\0')) {
    const tab = line.indexOf('\t');
    if (tab < 0) continue;
    const [mode = '', , id = ''] = line.slice(0, tab).split(' ');
    entries.push({ mode, id, path: line.slice(tab + 1) });
  }
  return entries;
}

function parseBatch(output: Buffer): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  let offset = 0;
  while (offset < output.length) {
    const end = output.indexOf('\n', offset);
    const [id = '', kind, size] = output.subarray(offset, end).toString().split(' ');
    offset = end + 1;
    if (kind === 'missing') continue;
    const length = Number(size);
    texts.set(id, output.subarray(offset, offset + length).toString());
    offset += length + 1;
  }
  return texts;
}
