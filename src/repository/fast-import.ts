/** One commit to import. */
export interface ImportCommit {
  /** Ref that is set; it is ours and never a shared branch. */
  readonly ref: string;
  /** null: no parent. */
  readonly parent: string | null;
  /** Tree to start from where there is no parent; null: empty. */
  readonly tree: string | null;
  readonly author: { readonly name: string; readonly email: string };
  /** Epoch milliseconds. */
  readonly time: number;
  readonly message: string;
  /** null: the file is removed. */
  readonly files: ReadonlyMap<string, string | null>;
}

/** A commit that was written, by id. */
export interface WrittenCommit {
  readonly commit: string;
  readonly tree: string;
}

/** The input of `git fast-import` that writes commits and prints their ids and trees, in order. */
export function importStream(commits: readonly ImportCommit[]): Buffer {
  const parts: (string | Buffer)[] = [];
  for (const [index, commit] of commits.entries()) {
    const mark = index + 1;
    const who = `${commit.author.name} <${commit.author.email}> ${Math.floor(commit.time / 1000)} +0000`;
    parts.push(`commit ${commit.ref}\nmark :${mark}\nauthor ${who}\ncommitter ${who}\n`, data(commit.message));
    if (commit.parent !== null) parts.push(`from ${commit.parent}\n`);
    if (commit.tree !== null) parts.push(`M 040000 ${commit.tree} \n`);
    for (const [path, content] of commit.files) {
      if (content === null) parts.push(`D ${path}\n`);
      else parts.push(`M 100644 inline ${path}\n`, data(content));
    }
    parts.push('\n', `get-mark :${mark}\n`, `ls :${mark} ""\n`);
  }
  parts.push('done\n');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

/** Ids of commits and their trees from what fast-import printed. */
export function parseImport(output: string): readonly WrittenCommit[] {
  const lines = output.split('\n').filter((line) => line !== '');
  const ids: WrittenCommit[] = [];
  for (let index = 0; index + 1 < lines.length; index += 2) {
    const tree = /^040000 tree ([0-9a-f]+)\t/.exec(lines[index + 1] ?? '')?.[1];
    const commit = lines[index];
    if (!commit || !tree) throw new Error(`unexpected output of git fast-import: ${output.slice(0, 200)}`);
    ids.push({ commit, tree });
  }
  return ids;
}

function data(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}
