import type { Templates } from '../manifests/template.ts';
import { digestOf } from '../proposal/marker.ts';
import type { Branch } from './branch.ts';
import { composeGroup } from './proposed-group.ts';
import type { Task } from './proposer.ts';

/** A commit by which a group is proposed. */
export interface Build {
  readonly commit: string;
  /** Epoch milliseconds. */
  readonly builtAt: number;
  /** What could not be done as it is configured, each a sentence. */
  readonly warnings: readonly string[];
}

interface Kept {
  readonly build: Build;
  /** The base, and what is proposed on it. */
  readonly about: string;
}

/** Commits of groups on the branches that they are proposed from. */
export class Builds {
  readonly #branch: Branch;
  readonly #templates: Templates;
  /** The last one of a group that has no pull request yet. */
  readonly #kept = new Map<string, Kept>();

  constructor(branch: Branch, templates: Templates) {
    this.#branch = branch;
    this.#templates = templates;
  }

  /**
   * Brings a commit to the branch of a group. Where a pull request could not be opened for it, the same one serves the next try.
   *
   * @param parent tip of the base
   * @param before where its branch is; null: it is not there
   * @throws ProductError
   */
  async build(
    { group, entries, ground, head, dsos, open }: Task,
    parent: string,
    before: string | null,
    now: number,
  ): Promise<Build> {
    const { repository, settings } = this.#branch;
    if (!repository) throw new Error(`${settings.url} was not read`);
    const about = `${parent} ${ground} ${digestOf({ base: settings.branch, entries })}`;
    const kept = this.#kept.get(group);
    if (kept && before === kept.build.commit && kept.about === about) return kept.build;
    const { files, message } = await composeGroup(this.#branch, dsos, repository, this.#templates);
    const { commit, warnings } = await repository.propose({ branch: head, before, parent, files, message, time: now });
    const build = { commit, builtAt: now, warnings };
    if (!open) this.#kept.set(group, { build, about });
    return build;
  }

  /** Forgets a group: it has a pull request now. */
  forget(group: string): void {
    this.#kept.delete(group);
  }
}
