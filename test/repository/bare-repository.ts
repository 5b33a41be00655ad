import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a path becomes: a text is a plain file, null removes it. */
export type Entry =
  | string
  | { readonly link: string }
  | { readonly submodule: string }
  | { readonly executable: string }
  | null;

/** A commit as it stands in the log, newest first. */
export interface LoggedCommit {
  readonly id: string;
  readonly subject: string;
  readonly body: string;
  readonly author: string;
}

const ENVIRONMENT = { PATH: process.env['PATH'], HOME: '/nonexistent', LC_ALL: 'C', GIT_CONFIG_NOSYSTEM: '1' };

/** A bare repository in a directory, looked at and changed by plain Git: what the world around the product does. */
export class BareRepository {
  readonly directory: string;
  /** When foreign commits are made, in seconds; null: long ago, one a second. */
  time: number | null = null;
  #foreign = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Without files there is no commit: the repository is empty. */
  static make(directory: string, files: Readonly<Record<string, Entry>> | null = null): BareRepository {
    mkdirSync(directory, { recursive: true });
    const repository = new BareRepository(directory);
    repository.git('init', '--quiet', '--bare', '--template=', '--initial-branch=main', '.');
    if (files) repository.commit(files);
    return repository;
  }

  git(...args: readonly string[]): string {
    return this.#run(args, undefined);
  }

  /** A commit by somebody else on a branch; people are given by name, or with an address. */
  commit(
    files: Readonly<Record<string, Entry>>,
    branch = 'main',
    subject = `foreign ${this.#foreign}`,
    author = 'somebody',
    committer = author,
  ): string {
    this.#foreign += 1;
    const when = `${this.time ?? 1_700_000_000 + this.#foreign} +0000`;
    const head = [
      `commit refs/heads/${branch}`,
      `author ${person(author)} ${when}`,
      `committer ${person(committer)} ${when}`,
      `data ${Buffer.byteLength(subject)}`,
      subject,
    ];
    if (this.tip(branch)) head.push(`from refs/heads/${branch}^0`);
    const changes = Object.entries(files).map(([path, entry]) => changeOf(path, entry));
    this.#run(['fast-import', '--quiet', '--force', '--date-format=raw'], `${head.join('\n')}\n${changes.join('')}\n`);
    return this.tip(branch) ?? '';
  }

  /** Commits by somebody else, each of which changes one file that nobody reads, all in one go. */
  commitOften(times: number, branch = 'main'): void {
    const commits = Array.from({ length: times }, (_, index) => {
      const from = index === 0 && this.tip(branch) ? `from refs/heads/${branch}^0\n` : '';
      const who = `somebody <somebody@example.com> ${1_700_000_000 + this.#foreign + index} +0000`;
      return `commit refs/heads/${branch}\nauthor ${who}\ncommitter ${who}\ndata 4\nmore\n${from}${inline('100644', 'other.txt', `${index}\n`)}\n`;
    });
    this.#foreign += times;
    this.#run(['fast-import', '--quiet', '--force', '--date-format=raw'], commits.join(''));
  }

  tip(branch = 'main'): string | null {
    return this.refs().get(`refs/heads/${branch}`) ?? null;
  }

  refs(): ReadonlyMap<string, string> {
    const lines = this.git('for-each-ref', '--format=%(refname) %(objectname)').split('\n').filter(Boolean);
    return new Map(
      lines.map((line): [string, string] => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
    );
  }

  /** Content of a file; null: there is none. */
  read(path: string, ref = 'refs/heads/main'): string | null {
    try {
      return this.git('cat-file', 'blob', `${ref}:${path}`);
    } catch (error) {
      if (/does not exist|Not a valid object name/.test(String(error))) return null;
      throw error;
    }
  }

  /** Texts of blobs by id. */
  texts(ids: readonly string[]): ReadonlyMap<string, string> {
    const output = this.#run(['cat-file', '--batch'], ids.map((id) => `${id}\n`).join(''));
    const texts = new Map<string, string>();
    for (let rest = Buffer.from(output); rest.length > 0; ) {
      const end = rest.indexOf('\n');
      const [id = '', , size] = rest.subarray(0, end).toString().split(' ');
      texts.set(id, rest.subarray(end + 1, end + 1 + Number(size)).toString());
      rest = rest.subarray(end + 2 + Number(size));
    }
    return texts;
  }

  /** Every path at a ref, sorted. */
  paths(ref = 'refs/heads/main'): readonly string[] {
    return this.git('ls-tree', '-r', '-z', '--name-only', ref).split('\0').filter(Boolean);
  }

  /** Mode and id of every path at a ref. */
  entries(ref = 'refs/heads/main'): ReadonlyMap<string, string> {
    const lines = this.git('ls-tree', '-r', '-z', ref).split('\0').filter(Boolean);
    return new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]));
  }

  /** Mode of every path at a ref. */
  modes(ref = 'refs/heads/main'): Readonly<Record<string, string>> {
    const lines = this.git('ls-tree', '-r', '-z', ref).split('\0').filter(Boolean);
    return Object.fromEntries(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, 6)]));
  }

  log(ref = 'refs/heads/main'): readonly LoggedCommit[] {
    const text = this.git('log', '--first-parent', '--format=%H%x01%s%x01%b%x01%an%x02', ref, '--');
    return text
      .split('\x02')
      .map((part) => part.trim())
      .filter(Boolean)
      .map((part) => {
        const [id = '', subject = '', body = '', author = ''] = part.split('\x01');
        return { id, subject, body: body.trim(), author };
      });
  }

  subjects(ref = 'refs/heads/main'): readonly string[] {
    return this.log(ref).map(({ subject }) => subject);
  }

  /** Paths that a commit changed. */
  changed(commit: string): readonly string[] {
    return this.git('diff-tree', '-r', '-z', '--root', '--no-commit-id', '--name-only', commit)
      .split('\0')
      .filter(Boolean);
  }

  /** A hook of the host. */
  hook(name: 'pre-receive' | 'update' | 'post-receive' | 'reference-transaction', script: string): void {
    const path = join(this.directory, 'hooks', name);
    mkdirSync(join(this.directory, 'hooks'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
  }

  #run(args: readonly string[], input: string | undefined): string {
    const options = {
      cwd: this.directory,
      env: ENVIRONMENT,
      maxBuffer: 2 ** 28,
      ...(input === undefined ? {} : { input }),
    };
    return execFileSync('git', ['--git-dir=.', ...args], { ...options, stdio: ['pipe', 'pipe', 'pipe'] }).toString();
  }
}

/** Shell script that commits the same tree once more to `main`, for hooks and wrappers. */
export function foreignCommit({ directory }: BareRepository, subject: string): string {
  const git = `git --git-dir='${directory}' -c user.name=somebody -c user.email=somebody@example.com`;
  return `${git} update-ref refs/heads/main $(${git} commit-tree -p main -m '${subject}' 'main^{tree}')`;
}

function changeOf(path: string, entry: Entry): string {
  if (entry === null) return `D ${path}\n`;
  if (typeof entry === 'string') return inline('100644', path, entry);
  if ('link' in entry) return inline('120000', path, entry.link);
  if ('executable' in entry) return inline('100755', path, entry.executable);
  return `M 160000 ${entry.submodule} ${path}\n`;
}

function inline(mode: string, path: string, text: string): string {
  return `M ${mode} inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
}

/** With an address where there is none. */
function person(name: string): string {
  return name.includes('<') ? name : `${name} <somebody@example.com>`;
}
