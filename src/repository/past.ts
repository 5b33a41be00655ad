import { readFile } from 'node:fs/promises';
import type { Revision } from '../history/decision-history.ts';
import type { Git } from './git.ts';
import type { Remote } from './remote.ts';
import type { Tree } from './tree.ts';

/** The commit that changed a file. */
export interface Change {
  readonly commit: string;
  readonly author: string;
  readonly subject: string;
}

/** Deeper than any history: what `git fetch --unshallow` asks for. */
const WHOLE_HISTORY = 2_147_483_647;

/** The history of the branch, of which a mirror has only the end until more is asked for. */
export class Past {
  readonly #git: Git;
  readonly #remote: Remote;
  readonly #tree: Tree;
  readonly #directory: string;

  constructor(git: Git, remote: Remote, tree: Tree, directory: string) {
    this.#git = git;
    this.#remote = remote;
    this.#tree = tree;
    this.#directory = directory;
  }

  /** The commit that changed a file last; deepens the history until it is known. null: it cannot be known. */
  async lastChange(tip: string, path: string): Promise<Change | null> {
    let boundary = await this.#boundary();
    for (let depth = 50; ; depth *= 4) {
      const options = ['log', '-1', '--format=%H%x00%an%x00%s', tip, '--', path];
      const output = await this.#git.run(options, 'reading the history');
      const [commit = '', author = '', subject = ''] = output.trim().split('\0');
      if (!boundary.includes(commit)) return commit === '' ? null : { commit, author, subject };
      await this.#remote.deepen(depth);
      const deeper = await this.#boundary();
      if (deeper.join() === boundary.join()) return null;
      boundary = deeper;
    }
  }

  /** Every version of the files at or below a path, the newest first; fetches the whole history. */
  async revisions(tip: string, path: string): Promise<readonly Revision[]> {
    if ((await this.#boundary()).length > 0) await this.#remote.deepen(WHOLE_HISTORY);
    // A merge can hold what none of its parents has, or what only the wrong one has: it is told against each of them.
    const options = ['log', '-m', '-z', '--raw', '--no-abbrev', '--no-renames', '--format=%H%x00%cI%x00%an%x00'];
    const changes = parseChanges(await this.#git.run([...options, tip, '--', path], 'reading the history'));
    const texts = await this.#tree.contents([...new Set(changes.flatMap(({ id }) => id ?? []))]);
    return changes.map(({ id, ...change }) => ({ ...change, text: id === null ? null : (texts.get(id) ?? null) }));
  }

  /** Commits that are not in the history of an earlier one; null: that one is not in the history of the tip. */
  async commitsAfter(tip: string, earlier: string): Promise<ReadonlySet<string> | null> {
    if ((await this.#boundary()).length > 0) await this.#remote.deepen(WHOLE_HISTORY);
    const all = (await this.#git.run(['rev-list', tip], 'reading the history')).split('\n');
    const [known, another] = all.filter((commit) => commit.startsWith(earlier));
    if (!known || another !== undefined) return null;
    const after = await this.#git.run(['rev-list', `${known}..${tip}`], 'reading the history');
    return new Set(after.split('\n').filter((line) => line !== ''));
  }

  /** The highest `seq` that each record below a directory ever had, by path; fetches the whole history. */
  async highestSequences(tip: string, directory: string): Promise<ReadonlyMap<string, number>> {
    if ((await this.#boundary()).length > 0) await this.#remote.deepen(WHOLE_HISTORY);
    const options = ['log', '-p', '-U0', '--no-renames', '--no-color', '--format='];
    return parseSequences(await this.#git.run([...options, tip, '--', directory], 'reading the history'));
  }

  /** Commits whose parents were not fetched. */
  async #boundary(): Promise<readonly string[]> {
    const text = await readFile(`${this.#directory}/shallow`, 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  }
}

const NO_BLOB = /^0+$/;
const COMMIT = /^[0-9a-f]{40,64}$/;
const CHANGE = /^:\d{6} \d{6} [0-9a-f]+ ([0-9a-f]+) [A-Z]\d*$/;

/**
 * Changed files of `git log -z --raw`, with the blob that each became; null: it was removed. What a stranger may choose, names
 * and paths, is taken by its place, and never looked into.
 */
function parseChanges(log: string): readonly (Omit<Revision, 'text'> & { readonly id: string | null })[] {
  const changes: (Omit<Revision, 'text'> & { id: string | null })[] = [];
  const fields = log.split('\0');
  let carrier = { commit: '', committedAt: '', author: '' };
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index]?.trim() ?? '';
    const id = CHANGE.exec(field)?.[1];
    if (id) {
      index += 1;
      changes.push({ ...carrier, path: fields[index] ?? '', id: NO_BLOB.test(id) ? null : id });
    } else if (COMMIT.test(field)) {
      carrier = { commit: field, committedAt: fields[index + 1] ?? '', author: fields[index + 2] ?? '' };
      index += 2;
    }
  }
  return changes;
}

/** Added lines `seq: N` of `git log -p`, the highest by path. A line of a file never begins with the words of a header. */
function parseSequences(log: string): ReadonlyMap<string, number> {
  const highest = new Map<string, number>();
  let path = '';
  let isHeader = false;
  for (const line of log.split('\n')) {
    if (line.startsWith('diff --git ')) isHeader = true;
    else if (line.startsWith('@@ ')) isHeader = false;
    if (isHeader && line.startsWith('+++ b/')) path = line.slice('+++ b/'.length);
    const sequence = isHeader ? undefined : /^\+seq: (\d+)$/.exec(line)?.[1];
    if (sequence) highest.set(path, Math.max(highest.get(path) ?? 0, Number(sequence)));
  }
  return highest;
}
