import { randomUUID } from 'node:crypto';
import type { Fetches } from './fetches.ts';
import type { Git } from './git.ts';
import { HEADS, PUSH } from './push.ts';

/** Nobody works on one for so long. */
const WORK_MS = 3_600_000;

/** Ref of the mirror that holds what was fetched last of them. */
const FETCHED = 'refs/dso-gitops/proposed';

/** Branches of ours at the remote, by which changes are proposed. */
export class ProposedRefs {
  readonly #git: Git;
  readonly #fetches: Fetches;
  readonly #url: string;
  readonly #prefix: string | null;

  /** @param prefix what their names begin with; null: none are proposed */
  constructor(git: Git, fetches: Fetches, url: string, prefix: string | null) {
    this.#git = git;
    this.#fetches = fetches;
    this.#url = url;
    this.#prefix = prefix;
  }

  /**
   * Pushes a commit to one of them; what is there is replaced, if it is what was seen there.
   *
   * @param before null: there must be nothing
   * @param work a branch that was worked on, which goes in the same push; null: there is none
   */
  async push(commit: string, branch: string, before: string | null, work: string | null): Promise<void> {
    if (this.#prefix === null || !branch.startsWith(this.#prefix)) throw new Error(`${branch} is not ours`);
    const ref = `${HEADS}${branch}`;
    const refs = [`${commit}:${ref}`, ...(work === null ? [] : [`:${HEADS}${work}`])];
    const options = [...PUSH, `--force-with-lease=${ref}:${before ?? ''}`];
    await this.#git.run([...options, this.#url, ...refs], `pushing ${branch} to ${this.#url}`);
  }

  /** A branch that is only worked on, and that nobody else has. @param time epoch milliseconds */
  workName(time: number): string {
    return `${this.#prefix}work/${time}-${randomUUID()}`;
  }

  /** Branches of that kind that a process has left behind when it was killed. @param names all that are proposed */
  leftWork(names: Iterable<string>, time: number): readonly string[] {
    const prefix = `${this.#prefix}work/`;
    return [...names].filter((name) => {
      return name.startsWith(prefix) && Number.parseInt(name.slice(prefix.length), 10) < time - WORK_MS;
    });
  }

  /** Pushes a commit to a branch that is only worked on. @param left others of that kind, which are removed */
  async pushWork(commit: string, work: string, left: readonly string[]): Promise<void> {
    const refs = [`${commit}:${HEADS}${work}`, ...left.map((name) => `:${HEADS}${name}`)];
    await this.#git.run([...PUSH, this.#url, ...refs], `pushing ${work} to ${this.#url}`);
  }

  /** Removes a branch that was worked on. */
  async dropWork(work: string): Promise<void> {
    await this.#git.run([...PUSH, this.#url, `:${HEADS}${work}`], `removing ${work} of ${this.#url}`);
  }

  /** Fetches a branch that was worked on: what its last commit stands on is here. */
  async fetchWork(work: string): Promise<void> {
    await this.#fetch(work);
  }

  /**
   * Whether the commit at the tip of one of them is ours; it is fetched where it is not here.
   *
   * @param email whose our commits are
   * @param isByHost the host makes commits for us: in its own name, and what they say tells that they are ours
   */
  async isOwn(branch: string, commit: string, email: string, isByHost: boolean): Promise<boolean> {
    const check = await this.#git.feed(['cat-file', '--batch-check'], `${commit}\n`, 'reading the mirror');
    if (!check.toString().startsWith(`${commit} commit`)) await this.#fetch(branch, '--depth=1');
    const told = await this.#git.run(['log', '-1', '--format=%ae%n%ce%n%B', commit], 'reading the mirror');
    const [author, committer = '', ...message] = told.split('\n');
    if (author === email && committer === email) return true;
    return isByHost && committer.startsWith('noreply@') && message.some((line) => line.startsWith('Dso: '));
  }

  async #fetch(branch: string, ...how: readonly string[]): Promise<void> {
    const doing = `fetching ${branch} of ${this.#url}`;
    await this.#fetches.run(doing, [`+${HEADS}${branch}:${FETCHED}`], '--force', ...how);
  }
}
