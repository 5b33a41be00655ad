import type { SavedTexts } from '../reconcile/repository.ts';
import type { ImportCommit, WrittenCommit } from './fast-import.ts';
import type { Git } from './git.ts';
import { STATE_BRANCH } from './remote.ts';
import { shortHash } from './short-hash.ts';
import { parseTree } from './tree.ts';

/** A commit of states that is to be written, and where it is pushed to. */
export interface StateCommit extends Pick<ImportCommit, 'tree' | 'files'> {
  readonly ref: string;
  /** What is there, which it replaces; null: nothing. */
  readonly before: string | null;
}

/** Where a host refuses everything, another kind of ref is not tried each time. */
const TRIES_BETWEEN = 10;

/** What a ref holds of our states. */
interface StateRef extends WrittenCommit {
  /** By directory, then by key of the DSO. */
  readonly texts: Map<string, Map<string, string>>;
}

/**
 * The states beside a branch as they are at the remote: each root has a ref of its own, so that installations are nothing to
 * each other. Where the host takes no refs outside heads one branch holds a directory for each of them; what is there once
 * stays there.
 */
export class SavedStates {
  readonly #git: Git;
  readonly #contents: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Directory of each root in a commit of states; also the name of its ref. */
  readonly #directories: ReadonlyMap<string, string>;
  #refs = new Map<string, StateRef>();
  /** The host has refused the refs. */
  #isRefused = false;
  /** Refusals before the branch is tried once more. */
  #triesLeft = 0;

  /** @param contents texts of blobs by id */
  constructor(
    git: Git,
    branch: string,
    roots: readonly string[],
    contents: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>,
  ) {
    this.#git = git;
    this.#contents = contents;
    this.#directories = new Map(roots.map((root) => [root, shortHash(`${branch}\0${root}`)]));
  }

  /** The refs that may hold them. */
  get names(): readonly string[] {
    return [...[...this.#directories.values()].map(refOf), STATE_BRANCH];
  }

  /** What is known to be there, by ref. */
  get commits(): ReadonlyMap<string, string> {
    return new Map([...this.#refs].map(([ref, { commit }]) => [ref, commit]));
  }

  /** States of one root by key of their DSO. */
  of(root: string): ReadonlyMap<string, string> {
    const directory = this.#directoryOf(root);
    const inBranch = this.#refs.get(STATE_BRANCH)?.texts.get(directory);
    return inBranch ?? this.#refs.get(refOf(directory))?.texts.get(directory) ?? new Map();
  }

  /** Goes to what the remote has. @param commits by ref; they were fetched */
  async moveTo(commits: ReadonlyMap<string, string>): Promise<void> {
    const refs = new Map<string, StateRef>();
    for (const [ref, commit] of commits) {
      const known = this.#refs.get(ref);
      refs.set(ref, known?.commit === commit ? known : await this.#read(commit));
    }
    this.#refs = refs;
  }

  /** The refs were refused. @returns whether the branch is to be tried instead */
  useBranch(): boolean {
    if (this.#isInBranch) return false;
    this.#triesLeft -= 1;
    this.#isRefused = this.#triesLeft < 0;
    return this.#isRefused;
  }

  /** The branch was refused as well: it was not the kind of ref. */
  useRefs(): void {
    this.#isRefused = false;
    this.#triesLeft = TRIES_BETWEEN;
  }

  /** The commits that save states beside those that are there. @param saved by root, then by key */
  commitsOf(saved: SavedTexts): readonly StateCommit[] {
    const fresh = [...saved].filter(([, texts]) => texts.size > 0);
    if (fresh.length === 0) return [];
    if (!this.#isInBranch)
      return fresh.map(([root, texts]) => {
        const directory = this.#directoryOf(root);
        return this.#commitAt(refOf(directory), filesIn(directory, texts));
      });
    const there = this.#refs.get(STATE_BRANCH)?.texts;
    const files = fresh.flatMap(([root, texts]) => {
      const directory = this.#directoryOf(root);
      // What is at the ref is left behind: all of it moves.
      const moved = there?.has(directory) ? [] : this.of(root);
      return filesIn(directory, new Map<string, string | null>([...moved, ...texts]));
    });
    return [this.#commitAt(STATE_BRANCH, files)];
  }

  /** Notes what was pushed. */
  advance({ ref, files }: StateCommit, { commit, tree }: WrittenCommit): void {
    const texts = this.#refs.get(ref)?.texts ?? new Map<string, Map<string, string>>();
    for (const [path, text] of files) {
      const [directory, key] = splitAt(path);
      const here = texts.get(directory) ?? new Map<string, string>();
      if (typeof text === 'string') here.set(key, text);
      else here.delete(key);
      texts.set(directory, here);
    }
    this.#refs.set(ref, { commit, tree, texts });
  }

  /** The branch serves where the refs were refused, where it served before, and where others need it and no ref is there. */
  get #isInBranch(): boolean {
    const branch = this.#refs.get(STATE_BRANCH);
    if (this.#isRefused || !branch) return this.#isRefused;
    const directories = [...this.#directories.values()];
    const hasRef = directories.some((directory) => this.#refs.has(refOf(directory)));
    return !hasRef || directories.some((directory) => branch.texts.has(directory));
  }

  #commitAt(ref: string, files: readonly (readonly [string, string | null])[]): StateCommit {
    const { commit = null, tree = null } = this.#refs.get(ref) ?? {};
    return { ref, before: commit, tree, files: new Map(files) };
  }

  async #read(commit: string): Promise<StateRef> {
    const listing = await this.#git.feed(['ls-tree', '-r', '-z', commit], null, 'reading the state');
    const tree = (await this.#git.run(['rev-parse', `${commit}^{tree}`], 'reading the state')).trim();
    const own = new Set(this.#directories.values());
    const files = [...parseTree(listing)].filter(({ path }) => own.has(splitAt(path)[0]));
    const contents = await this.#contents(files.map(({ id }) => id));
    const texts = new Map<string, Map<string, string>>();
    for (const { path, id } of files) {
      const [directory, key] = splitAt(path);
      texts.set(directory, (texts.get(directory) ?? new Map<string, string>()).set(key, contents.get(id) ?? ''));
    }
    return { commit, tree, texts };
  }

  #directoryOf(root: string): string {
    const directory = this.#directories.get(root);
    if (directory === undefined) throw new Error(`${root} is no root of this branch`);
    return directory;
  }
}

function refOf(directory: string): string {
  return `refs/dso-gitops/state/${directory}`;
}

function filesIn(directory: string, texts: ReadonlyMap<string, string | null>): (readonly [string, string | null])[] {
  return [...texts].map(([key, text]) => [`${directory}/${key}.json`, text] as const);
}

/** Directory and key of a file. */
function splitAt(path: string): readonly [string, string] {
  const slash = path.indexOf('/');
  return [path.slice(0, slash), path.slice(slash + 1, -'.json'.length)];
}
