import { type ChangeSet, idOf } from '../manifests/change-set.ts';
import { FILE_MODE } from '../manifests/not-ours.ts';
import type { Git } from './git.ts';

/** A file at the tip. */
export interface TreeEntry {
  readonly mode: string;
  readonly id: string;
}

const NOTHING = Buffer.alloc(0);
/** More arguments than this and the roots are listed whole instead. */
const MAX_PATHS = 1000;
/** Paths that are remembered where the roots hold fewer; what is gone for ever would add up. */
const MIN_REMEMBERED = 50_000;

/** What is known of the tip's tree, so that Git is asked only for what is not. */
export class Tree {
  readonly #git: Git;
  readonly #roots: readonly string[];
  readonly #fetchContents: (ids: readonly string[]) => Promise<void>;
  #tip: string | null = null;
  #entries = new Map<string, TreeEntry | null>();
  /** All below the roots was listed: what is not there is absent. */
  #isComplete = false;
  /** Paths that changed since. */
  readonly #changed = new Set<string>();
  #maxRemembered = MIN_REMEMBERED;
  /** Names that were listed, by the path that they are below. */
  #directories: { readonly tip: string | null; readonly names: Map<string, readonly string[]> } = {
    tip: null,
    names: new Map(),
  };

  /**
   * @param roots directories that all asked paths are below
   * @param fetchContents brings blobs that are not here
   */
  constructor(git: Git, roots: readonly string[], fetchContents: (ids: readonly string[]) => Promise<void>) {
    this.#git = git;
    this.#roots = roots;
    this.#fetchContents = fetchContents;
  }

  /** The commit; null: the branch is empty. */
  get tip(): string | null {
    return this.#tip;
  }

  /** Goes to a commit of others: what it changed is not known any more. */
  async moveTo(tip: string | null): Promise<void> {
    if (tip === this.#tip) return;
    if (tip !== null && this.#tip !== null) {
      const options = ['diff-tree', '-r', '-z', '--name-only', '--no-renames'];
      const changed = await this.#git.run([...options, this.#tip, tip, '--', ...this.#roots], 'comparing tips');
      for (const path of changed.split('\0')) {
        this.#entries.delete(path);
        if (this.#isComplete && path !== '') this.#changed.add(path);
      }
      this.#forgetTooMuch();
    } else this.#forget();
    this.#tip = tip;
  }

  /** Goes to a commit of ours: what it changed is known without asking Git. */
  advanceTo(commit: string, files: ChangeSet): void {
    this.#tip = commit;
    this.#forgetTooMuch();
    // Many members have the same text.
    const ids = new Map<string, string>();
    for (const [path, content] of files) {
      this.#changed.delete(path);
      // So that the key is the text that who wrote it has, and not another one that is equal.
      this.#entries.delete(path);
      if (content === null) {
        this.#entries.set(path, null);
        continue;
      }
      const id = typeof content === 'string' ? (ids.get(content) ?? idOf(content)) : content.id;
      if (typeof content === 'string') ids.set(content, id);
      this.#entries.set(path, { mode: FILE_MODE, id });
    }
  }

  /** Files by path; null: there is none. */
  async entries(paths: readonly string[]): Promise<ReadonlyMap<string, TreeEntry | null>> {
    const unknown = paths.filter((path) => {
      return !this.#entries.has(path) && (!this.#isComplete || this.#changed.has(path));
    });
    if (unknown.length > 0) await this.#list(unknown);
    // Not from pairs: of a whole fleet they would be half a million objects.
    const found = new Map<string, TreeEntry | null>();
    for (const path of paths) found.set(path, this.#entries.get(path) ?? null);
    return found;
  }

  /** Names of the directories directly below a path. */
  async directories(path: string): Promise<readonly string[]> {
    const { tip } = this;
    if (tip === null) return [];
    if (this.#directories.tip !== tip) this.#directories = { tip, names: new Map() };
    const { names } = this.#directories;
    const known = names.get(path);
    if (known) return known;
    const options = ['ls-tree', '-z', '-d', tip, '--', `${path}/`];
    const output = await this.#git.feed(options, null, 'listing the tip');
    const found = [...parseTree(output)].map((entry) => entry.path.slice(path.length + 1));
    names.set(path, found);
    return found;
  }

  /** Paths of all files below a directory. */
  async files(directory: string): Promise<readonly string[]> {
    if (this.#tip === null) return [];
    const options = ['ls-tree', '-r', '-z', '--name-only', this.#tip, '--', `${directory}/`];
    return (await this.#git.run(options, 'listing the tip')).split('\0').filter((path) => path !== '');
  }

  /** Texts of blobs by id. */
  async contents(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return new Map();
    await this.#fetchContents(wanted);
    return parseBatch(await this.#git.feed(['cat-file', '--batch'], `${wanted.join('\n')}\n`, 'reading the tip'));
  }

  async #list(paths: readonly string[]): Promise<void> {
    const isAll = paths.length > MAX_PATHS;
    const options = [
      'ls-tree',
      '-r',
      '-z',
      this.#tip ?? '',
      '--',
      ...(isAll ? this.#roots.map((root) => `${root}/`) : paths),
    ];
    const output = this.#tip === null ? NOTHING : await this.#git.feed(options, null, 'listing the tip');
    // Only now: what could not be listed is not absent.
    if (isAll) {
      this.#forget();
      this.#isComplete = true;
    } else for (const path of paths) this.#entries.set(path, null);
    for (const { path, mode, id } of parseTree(output))
      this.#entries.set(path, { mode: mode === FILE_MODE ? FILE_MODE : mode, id });
    if (isAll) this.#maxRemembered = Math.max(MIN_REMEMBERED, 2 * this.#entries.size);
  }

  #forgetTooMuch(): void {
    if (this.#entries.size + this.#changed.size > this.#maxRemembered) this.#forget();
  }

  #forget(): void {
    this.#entries.clear();
    this.#changed.clear();
    this.#isComplete = false;
  }
}

/** Files of `git ls-tree -z`. Parts of one text of it all would keep all of it in memory. */
export function* parseTree(output: Buffer): Generator<TreeEntry & { readonly path: string }> {
  let start = 0;
  for (let end = output.indexOf('\0'); end >= 0; end = output.indexOf('\0', start)) {
    const tab = output.indexOf('\t', start);
    const mode = output.toString('latin1', start, output.indexOf(' ', start));
    const id = output.toString('latin1', output.lastIndexOf(' ', tab) + 1, tab);
    yield { mode, id, path: output.toString('utf8', tab + 1, end) };
    start = end + 1;
  }
}

/** Texts of `git cat-file --batch`, by id; what is missing is left out. */
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
