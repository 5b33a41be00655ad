import { mustAct } from '../errors.ts';
import type { ChangeSet } from '../manifests/change-set.ts';
import { FAST_IMPORT, type ImportCommit, importStream, parseImport, type WrittenCommit } from './fast-import.ts';
import type { Git } from './git.ts';
import type { Host } from './host.ts';
import { type SigningPlace, type SigningSource, signCommits } from './sign.ts';
import { DifferenceCheck } from './tree-difference.ts';

/** What the first commit of a repository is compared with; Git knows it without having it. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

const WORK_REFS = 8;

/** Who commits, and how that is proven. */
export interface CommitSettings {
  readonly host: Pick<Host, 'author'>;
  /** null: commits are not signed. */
  readonly signing: SigningSource | null;
}

/** A commit that is to be written. */
export type NewCommit = Omit<ImportCommit, 'ref' | 'author'>;

/** Writes commits into a mirror; no branch has them before they are pushed. */
export class CommitWriter {
  readonly #git: Git;
  readonly #settings: CommitSettings;
  readonly #place: SigningPlace;

  constructor(git: Git, settings: CommitSettings, place: SigningPlace) {
    this.#git = git;
    this.#settings = settings;
    this.#place = place;
  }

  /**
   * Writes commits, in order.
   *
   * @param work what they are for: two of one kind are never written at once
   * @param isFinal false: they are a draft that nobody signs
   */
  async write(
    commits: readonly NewCommit[],
    work: 'publish' | 'propose',
    isFinal = true,
  ): Promise<readonly WrittenCommit[]> {
    const { host, signing } = this.#settings;
    const author = await host.author();
    const imports = commits.map((commit, index) => ({ ...commit, author, ref: workRef(work, index) }));
    const output = await this.#git.feed(FAST_IMPORT, importStream(imports), 'writing the commit');
    const written = parseImport(output.toString());
    return signing === null || !isFinal ? written : signCommits(signing, this.#place, imports, written);
  }

  /** Checks that a commit that the host has made holds what was drafted here. @throws ProductError */
  async checkSame(commit: string, tree: string): Promise<void> {
    const found = (await this.#git.run(['rev-parse', `${commit}^{tree}`], 'reading the mirror')).trim();
    if (found === tree) return;
    const message = `commit ${commit} of the host holds something else than it was asked for: look at it, and revert it`;
    throw mustAct('CommitDiffers', message);
  }

  /** Checks that a commit changes no other paths of its parent than these, and to plain files. @throws ProductError */
  async check(commit: string, parent: string | null, files: ChangeSet): Promise<void> {
    const options = ['diff-tree', '-r', '-z', '--raw', '--no-renames', parent ?? EMPTY_TREE];
    const check = new DifferenceCheck(files);
    await this.#git.read([...options, commit], 'checking the commit', (chunk) => check.take(chunk));
    check.end();
  }
}

/**
 * A ref to work in. What a process that was killed had begun seldom meets it, and it is one of a few: nobody removes what is
 * left.
 *
 * @param work what it is for; work of one kind is never done twice at once
 */
export function workRef(work: 'publish' | 'propose' | 'draft', index: number): string {
  return `refs/dso-gitops/work/${process.pid % WORK_REFS}-${work}-${index}`;
}
