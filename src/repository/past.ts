import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Revision } from '../history/decision-history.ts';
import { FILE_MODE } from '../manifests/not-ours.ts';
import { sequenceIn } from '../manifests/record.ts';
import { slices } from '../reconcile/slices.ts';
import type { Git } from './git.ts';
import { InTurn } from './in-turn.ts';
import { type LoggedChange, type LoggedCommit, parseRawLog, RAW_LOG } from './raw-log.ts';
import type { Remote } from './remote.ts';
import { parseTree, type Tree } from './tree.ts';

/** Deeper than any history: what `git fetch --unshallow` asks for. */
const WHOLE_HISTORY = 2_147_483_647;
/** Commits that are looked at first; four times as many each time that they do not tell. */
const FIRST_LOOK = 16;
const FIRST_DEEPENING = 50;
/** For what is seldom there at all no more is fetched than this. */
const FIRST_TAIL = 8;
const LAST_TAIL = 128;
const MAX_TAIL_COMMITS = 100;
/** More paths than this and the directory of all of them is asked for: Git compares each with each. */
const MAX_PATHS = 100;
/** Texts of records that are looked into at once. */
const TEXTS_AT_ONCE = 2000;
/** Modes in a tree. */
const REPOSITORY = '160000';
/** Where the history does not tell it. */
const NOBODY = { commit: '', committedAt: '', author: '', changes: [] };
/**
 * A merge can hold what none of its parents has, or what only the wrong one has: it is told against each of them. Nothing is told
 * before what it came after, whatever the clocks said.
 */
const AGAINST_EACH = ['-m', '--topo-order'];
/** Line of our commits; that somebody writes it, too, hides nothing but what no state remembers. */
const OURS = '^Dso-Decision: ';

/** The history of the branch, of which a mirror has only the end until more is asked for. */
export class Past {
  readonly #git: Git;
  readonly #remote: Remote;
  readonly #tree: Tree;
  readonly #directory: string;
  /** What is older than this part of the history is told from what has brought it: both are read as of one moment. */
  readonly #walks = new InTurn();

  constructor(git: Git, remote: Remote, tree: Tree, directory: string) {
    this.#git = git;
    this.#remote = remote;
    this.#tree = tree;
    this.#directory = directory;
  }

  /**
   * The commit that made each file what it is, by path, from one walk; the history is deepened for all of them together.
   * Left out: it cannot be known.
   */
  lastChanges(tip: string, paths: readonly string[]): Promise<ReadonlyMap<string, LoggedCommit>> {
    return this.#walks.run(() => this.#lastChanges(tip, paths));
  }

  async #lastChanges(tip: string, paths: readonly string[]): Promise<ReadonlyMap<string, LoggedCommit>> {
    const found = new Map<string, LoggedCommit>();
    const entries = await this.#tree.entries(paths);
    const wanted = new Map([...entries].map(([path, entry]) => [path, entry?.id ?? null]));
    let boundary = await this.#boundary();
    for (let depth = FIRST_DEEPENING; ; depth *= 4) {
      await this.#findChanges(tip, wanted, boundary, found);
      if (found.size === wanted.size || boundary.size === 0) return found;
      await this.#remote.deepen(depth);
      const deeper = await this.#boundary();
      if ([...deeper].join() === [...boundary].join()) return found;
      boundary = deeper;
    }
  }

  async #findChanges(
    tip: string,
    wanted: ReadonlyMap<string, string | null>,
    boundary: ReadonlySet<string>,
    found: Map<string, LoggedCommit>,
  ): Promise<void> {
    for (let count = FIRST_LOOK; ; count *= 4) {
      const missing = [...wanted.keys()].filter((path) => !found.has(path));
      if (missing.length === 0) return;
      const commits = await this.#log([`--max-count=${count}`, tip], missing);
      for (const commit of commits) {
        // What was before it is not here: it seems to have brought everything.
        if (boundary.has(commit.commit)) continue;
        for (const { path, id } of commit.changes)
          if (!found.has(path) && wanted.get(path) === id) found.set(path, commit);
      }
      if (commits.length < count) return;
    }
  }

  /**
   * Where the branch was at an instant; fetches the whole history. null: it had no commit yet.
   *
   * @param instant epoch milliseconds
   * @param now epoch milliseconds
   */
  async commitAt(tip: string, instant: number, now: number): Promise<string | null> {
    await this.#fetchAll();
    const options = ['log', '--first-parent', '--reverse', '--format=%H %ct', tip];
    let [latest, commit]: [number, string | null] = [0, null];
    for (const line of (await this.#git.run(options, 'reading the history')).trim().split('\n')) {
      const [id = '', seconds] = line.split(' ');
      const time = Number(seconds) * 1000;
      // Where a clock was wrong the order of the commits counts.
      if (time > latest && time <= Math.max(now, instant)) latest = time;
      if (latest > instant) break;
      commit = id;
    }
    return commit;
  }

  /** Files at or below paths as they were at a commit, each with the commit that made it so; needs the whole history. */
  async filesAt(tip: string, paths: readonly string[]): Promise<readonly Revision[]> {
    if (paths.length === 0) return [];
    const asked = paths.length > MAX_PATHS ? [commonDirectory(paths)] : paths;
    const listing = await this.#git.feed(['ls-tree', '-r', '-z', tip, '--', ...asked], null, 'listing the past');
    const known = new Set(paths);
    const files = [...parseTree(listing)].filter(({ path }) => paths.length <= MAX_PATHS || known.has(path));
    const changes = new Map<string, LoggedCommit>();
    await this.#findChanges(tip, new Map(files.map(({ path, id }) => [path, id])), new Set(), changes);
    const texts = await this.#tree.contents([...new Set(files.map(({ id }) => id))]);
    return files.flatMap(({ path, id, mode }) => {
      const { commit, committedAt, author, changes: files } = changes.get(path) ?? NOBODY;
      const text = texts.get(id) ?? null;
      const replaced = files.find((file) => file.path === path)?.before ?? [];
      return { path, commit, committedAt, author, text, isPlain: mode === FILE_MODE, replaced };
    });
  }

  /** Paths of the files at or below a path that were removed until a commit and are not there; fetches the whole history. */
  async removedAt(tip: string, directory: string): Promise<readonly string[]> {
    await this.#fetchAll();
    const commits = await this.#log(['-m', '--diff-filter=D', tip], [directory]);
    const removed = new Set(commits.flatMap(({ changes }) => changes.map(({ path }) => path)));
    if (removed.size === 0) return [];
    const listing = await this.#git.feed(['ls-tree', '-r', '-z', tip, '--', directory], null, 'listing the past');
    for (const { path } of parseTree(listing)) removed.delete(path);
    return [...removed];
  }

  /** Every version of the files at or below paths, the newest first; fetches the whole history. */
  async revisions(tip: string, paths: readonly string[]): Promise<readonly Revision[]> {
    await this.#fetchAll();
    const changes = (await this.#log([...AGAINST_EACH, tip], paths)).flatMap(
      ({ commit, committedAt, author, changes }) =>
        changes.map((change) => ({ commit, committedAt, author, ...change })),
    );
    const files = changes.flatMap(({ id, mode }) => (id === null || mode === REPOSITORY ? [] : id));
    const texts = await this.#tree.contents([...new Set(files)]);
    return changes.map(({ id, mode, before, ...change }) => ({
      ...change,
      text: id === null ? null : (texts.get(id) ?? ''),
      isPlain: mode === FILE_MODE,
      replaced: before.length > 0 ? before : [null],
    }));
  }

  /** Commits that are not in the history of an earlier one; null: that one is not in the history of the tip. */
  async commitsAfter(tip: string, earlier: string): Promise<ReadonlySet<string> | null> {
    await this.#fetchAll();
    const all = (await this.#git.run(['rev-list', tip], 'reading the history')).split('\n');
    const [known, another] = all.filter((commit) => commit.startsWith(earlier));
    if (!known || another !== undefined) return null;
    const after = await this.#git.run(['rev-list', `${known}..${tip}`], 'reading the history');
    return new Set(after.split('\n').filter((line) => line !== ''));
  }

  /**
   * The highest `seq` that records ever had before what they are now, by path; fetches the whole history. Numbers rise, so
   * only what was there since a record first was what it is now has to be looked into: mostly nothing.
   */
  async highestSequences(tip: string, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.#fetchAll();
    const entries = await this.#tree.entries(paths);
    const versions = versionsOf(await this.#log([...AGAINST_EACH, tip], paths), ({ id }) => (id === null ? [] : [id]));
    const asked = new Map<string, readonly string[]>();
    for (const path of paths) {
      const ids = versions.get(path) ?? [];
      const now = entries.get(path)?.id ?? '';
      // With the one before it: an older record may have been put back with another text.
      const since = new Set(ids.slice(0, ids.lastIndexOf(now) + 2));
      since.delete(now);
      asked.set(path, [...since]);
    }
    return this.#highestOf(asked);
  }

  /**
   * The highest `seq` of records that others replaced after the last decision that we committed, by path. Hardly more is
   * fetched or read than these commits; where too many came since, nothing is known.
   */
  async replacedSequences(tip: string, directory: string): Promise<ReadonlyMap<string, number>> {
    const listing = await this.#git.run(['ls-tree', '-z', tip, '--', directory], 'listing the tip');
    if (listing === '') return new Map();
    const last = await this.#walks.run(() => this.#lastOwn(tip, directory));
    if (last === tip) return new Map();
    const range = last === null ? tip : `${last}..${tip}`;
    const commits = await this.#log([`--max-count=${MAX_TAIL_COMMITS}`, range], [directory]);
    return this.#highestOf(versionsOf(commits, ({ before }) => before));
  }

  /** The `seq` of what records replaced when they became what they are, by path; no more is fetched than that takes. */
  async previousSequences(tip: string, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const last = await this.lastChanges(tip, paths);
    const replaced = [...last].map(([path, { changes }]): [string, readonly string[]] => {
      return [path, changes.find((change) => change.path === path)?.before ?? []];
    });
    return this.#highestOf(new Map(replaced));
  }

  /** The last commit with a decision of ours; null: none was found. */
  async #lastOwn(tip: string, directory: string): Promise<string | null> {
    for (let depth = FIRST_TAIL; ; depth *= 4) {
      const options = ['log', '-1', '--format=%H', `--grep=${OURS}`, tip, '--', directory];
      const own = (await this.#git.run(options, 'reading the history')).trim();
      if (own !== '') return own;
      if (depth > LAST_TAIL || (await this.#boundary()).size === 0) return null;
      await this.#remote.deepen(depth);
    }
  }

  /** @param versions blobs of records by path */
  async #highestOf(versions: ReadonlyMap<string, readonly string[]>): Promise<ReadonlyMap<string, number>> {
    const asked = [...versions].flatMap(([path, ids]) => ids.map((id) => ({ path, id })));
    const highest = new Map<string, number>();
    for (const part of slices(asked, TEXTS_AT_ONCE)) {
      const texts = await this.#tree.contents([...new Set(part.map(({ id }) => id))]);
      for (const { path, id } of part) {
        const sequence = sequenceIn(texts.get(id) ?? '');
        if (sequence > (highest.get(path) ?? 0)) highest.set(path, sequence);
      }
    }
    return highest;
  }

  async #log(options: readonly string[], paths: readonly string[]): Promise<readonly LoggedCommit[]> {
    const asked = paths.length > MAX_PATHS ? [commonDirectory(paths)] : paths;
    return parseRawLog(await this.#git.run([...RAW_LOG, ...options, '--', ...asked], 'reading the history'));
  }

  async #fetchAll(): Promise<void> {
    await this.#walks.run(async () => {
      if ((await this.#boundary()).size > 0) await this.#remote.deepen(WHOLE_HISTORY);
    });
  }

  /** Commits whose parents were not fetched. */
  async #boundary(): Promise<ReadonlySet<string>> {
    const text = await readFile(`${this.#directory}/shallow`, 'utf8').catch(() => '');
    return new Set(text.split('\n').filter((line) => line !== ''));
  }
}

/** Blobs by path, the newest first; what was there before a file was removed does not count. */
function versionsOf(
  commits: readonly LoggedCommit[],
  blobsOf: (change: LoggedChange) => readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const versions = new Map<string, string[]>();
  const removed = new Set<string>();
  for (const change of commits.flatMap(({ changes }) => changes)) {
    const { path, id } = change;
    if (id === null) removed.add(path);
    if (removed.has(path)) continue;
    const known = versions.get(path) ?? [];
    known.push(...blobsOf(change));
    versions.set(path, known);
  }
  return versions;
}

/** The directory that all paths are below. */
function commonDirectory([first = '', ...paths]: readonly string[]): string {
  let directory = posix.dirname(first);
  while (directory !== '.' && !paths.every((path) => path.startsWith(`${directory}/`)))
    directory = posix.dirname(directory);
  return directory;
}
