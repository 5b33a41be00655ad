import { type ChangeSet, idOf, type Stored } from '../manifests/change-set.ts';

/** One commit to import. */
export interface ImportCommit {
  /** Ref that is set; it is ours and never a shared branch. */
  readonly ref: string;
  /** null: no parent. */
  readonly parent: string | null;
  /** Tree to start from; null: that of the parent, or an empty one. */
  readonly tree: string | null;
  readonly author: { readonly name: string; readonly email: string };
  /** Epoch milliseconds. */
  readonly time: number;
  readonly message: string;
  readonly files: ChangeSet;
}

/** A commit that was written, by id. */
export interface WrittenCommit {
  readonly commit: string;
  readonly tree: string;
}

/** The command that reads what is made here. */
export const FAST_IMPORT = ['fast-import', '--quiet', '--force', '--done', '--date-format=raw'];

/** A write for each file would be half a million of them. */
const PIECE_LENGTH = 65_536;

/** The input of `git fast-import` that writes commits and prints their ids and trees, in order; piece by piece. */
export function importStream(commits: readonly ImportCommit[]): Generator<string> {
  return piecesOf(partsOf(commits));
}

/** A part of a tree that is drafted. */
interface DraftPart {
  readonly ref: string;
  /** What the first part is put on; null: nothing. */
  readonly parent: string | null;
  readonly isFirst: boolean;
  /** Contents that files name by id. */
  readonly texts: Iterable<string>;
  readonly files: readonly ChangeSet[];
}

/** The input that writes contents, and a commit with them that nobody sees: its trees are written with it. */
export function draftStream(part: DraftPart): Generator<string> {
  return piecesOf(draftParts(part));
}

/** The end of the input that drafts; prints the tree of what was drafted last. */
export function draftEnd(): string {
  return `ls ${DRAFT_MARK} ""\ndone\n`;
}

/** The tree that was drafted. */
export function parseDraft(output: string): string {
  return treeIn(output) ?? unexpected(output);
}

const DRAFT_MARK = ':1';

function* draftParts({ ref, parent, isFirst, texts, files }: DraftPart): Generator<string> {
  for (const text of texts) yield `blob\n${data(text)}`;
  // What an earlier process left there is not gone on from.
  if (isFirst) yield `reset ${ref}\n\n`;
  yield `commit ${ref}\nmark ${DRAFT_MARK}\ncommitter draft <draft> 0 +0000\n${data('')}`;
  if (isFirst && parent !== null) yield `from ${parent}\n`;
  const written = new Set<string>();
  for (const part of files) for (const [path, content] of part) yield change(path, content, written);
  yield '\n';
}

function* piecesOf(parts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const part of parts) {
    piece += part;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function* partsOf(commits: readonly ImportCommit[]): Generator<string> {
  const written = new Set<string>();
  for (const [index, commit] of commits.entries()) {
    const mark = index + 1;
    const who = `${commit.author.name} <${commit.author.email}> ${Math.floor(commit.time / 1000)} +0000`;
    yield `commit ${commit.ref}\nmark :${mark}\nauthor ${who}\ncommitter ${who}\n${data(commit.message)}`;
    if (commit.parent !== null) yield `from ${commit.parent}\n`;
    if (commit.tree !== null) yield `M 040000 ${commit.tree} \n`;
    for (const [path, content] of commit.files) yield change(path, content, written);
    yield `\nget-mark :${mark}\nls :${mark} ""\n`;
  }
  yield 'done\n';
}

/** @param written texts that were sent before; many members have the same one */
function change(path: string, content: string | Stored | null, written: Set<string>): string {
  if (content === null) return `D ${path}\n`;
  if (typeof content !== 'string' || written.has(content)) return `M 100644 ${idOf(content)} ${path}\n`;
  written.add(content);
  return `M 100644 inline ${path}\n${data(content)}`;
}

/** Ids of commits and their trees from what fast-import printed. */
export function parseImport(output: string): readonly WrittenCommit[] {
  const lines = output.split('\n').filter((line) => line !== '');
  const ids: WrittenCommit[] = [];
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const tree = treeIn(lines[index + 1] ?? '');
    const commit = lines[index];
    if (!commit || !tree) return unexpected(output);
    ids.push({ commit, tree });
  }
  return ids;
}

/** What `ls` says of a tree; undefined: something else. */
function treeIn(line: string): string | undefined {
  return /^040000 tree ([0-9a-f]+)\t/.exec(line)?.[1];
}

function unexpected(output: string): never {
  throw new Error(`unexpected output of git fast-import: ${output.slice(0, 200)}`);
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
