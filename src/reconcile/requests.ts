import type { HubDso } from '../sources/hub.ts';

/** Commits of ours that are told from those of others. */
const MAX_COMMITS = 10_000;

/** What asks for learning the tips at once: a person, or another process of ours that has committed. */
export class Requests {
  readonly #handled = new Map<string, string>();
  /** Commits of others that the status of a DSO names, by key. */
  readonly #foreignCommits = new Map<string, string>();
  readonly #ownCommits = new Set<string>();

  /** Notes a commit of this process. */
  noteOwn(commit: string): void {
    this.#ownCommits.add(commit);
    const [oldest] = this.#ownCommits;
    if (this.#ownCommits.size > MAX_COMMITS && oldest !== undefined) this.#ownCommits.delete(oldest);
  }

  /** Forgets what all other DSOs asked. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const asked of [this.#handled, this.#foreignCommits])
      for (const key of asked.keys()) if (!keys.has(key)) asked.delete(key);
  }

  /** Whether there is a request that was not seen before. */
  takeNew(dsos: readonly HubDso[]): boolean {
    let isNew = false;
    for (const { key, stored } of dsos) {
      const commit = stored?.lastCommit ?? null;
      if (commit !== null && !this.#ownCommits.has(commit) && this.#foreignCommits.get(key) !== commit) {
        this.#foreignCommits.set(key, commit);
        isNew = true;
      }
      if (stored?.requestedAt == null || this.#handled.get(key) === stored.requestedAt) continue;
      this.#handled.set(key, stored.requestedAt);
      isNew = true;
    }
    return isNew;
  }
}
