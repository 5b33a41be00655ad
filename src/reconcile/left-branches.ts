import { asProductError } from '../errors.ts';
import type { Forge } from '../forge/forge.ts';
import { parseMarker } from '../proposal/marker.ts';
import type { Branch } from './branch.ts';
import type { KnownPulls } from './known-pulls.ts';

/** A branch of a pull request that has ended. */
export interface LeftBranch {
  readonly head: string;
  /** Where it is. */
  readonly oid: string;
}

/** How many are removed at once: what is proposed has the next turn. */
const MAX_AT_ONCE = 10;

/** Branches of pull requests that were merged, or closed by us, and that are as they were then. */
export class LeftBranches {
  readonly #branch: Branch;
  readonly #open: () => Promise<Forge>;
  /** Those that could not be deleted, each with its tip. */
  readonly #refused = new Set<string>();

  /** @param open the API of the branch's host */
  constructor(branch: Branch, open: () => Promise<Forge>) {
    this.#branch = branch;
    this.#open = open;
  }

  /** Those that are there, but for what the host has refused. */
  find({ all, open }: KnownPulls): readonly LeftBranch[] {
    const tips = this.#branch.repository?.proposed ?? new Map<string, string>();
    const used = new Set([...open.values()].map(({ head }) => head));
    const left = all.filter(({ state, head, headOid, body }) => {
      if (tips.get(head) !== headOid || used.has(head) || this.#refused.has(`${head} ${headOid}`)) return false;
      return state === 'merged' || (state === 'closed' && isWithdrawn(body));
    });
    return [...new Map(left.map(({ head, headOid }) => [head, { head, oid: headOid }])).values()];
  }

  /** That one is still there harms nobody: what the host refuses is not asked again, and what fails has time. */
  async remove(left: readonly LeftBranch[]): Promise<void> {
    for (const { head, oid } of left.slice(0, MAX_AT_ONCE)) {
      try {
        await (await this.#open()).deleteBranch(head, oid);
        this.#branch.repository?.forgetProposed(head);
      } catch (thrown) {
        if (asProductError(thrown).kind !== 'act') return;
        this.#refused.add(`${head} ${oid}`);
      }
    }
  }
}

/** Whether it was closed by us: it speaks for nobody. */
function isWithdrawn(body: string): boolean {
  return Object.keys(parseMarker(body)?.numbers ?? { one: 1 }).length === 0;
}
