import type { Connections, Patience } from './connections.ts';
import type { DsoOutcome } from './outcome.ts';
import type { PlacedDso } from './place.ts';
import { ProposedBranch, type Refusal } from './proposed-branch.ts';
import { proposedIn } from './proposed-group.ts';
import type { ProposalOutcome, ProposalParts } from './proposer.ts';

/** How to propose. */
export interface ProposalOptions {
  readonly mode: 'plan' | 'apply';
  /** Epoch milliseconds. */
  readonly now: number;
  readonly patience: Patience;
}

/** What is proposed by pull request in all branches. */
export class Proposals {
  readonly #branches: readonly ProposedBranch[];

  constructor({ branches }: Connections, parts: ProposalParts) {
    this.#branches = branches.flatMap((branch) => {
      const settings = branch.destinations.find(({ pullRequests }) => pullRequests !== null)?.pullRequests;
      return settings ? [new ProposedBranch(branch, settings, parts)] : [];
    });
  }

  /** When the next look is due, epoch milliseconds; Infinity: nothing is proposed anywhere. */
  get nextAt(): number {
    return Math.min(...this.#branches.map(({ nextAt }) => nextAt));
  }

  /** Learns how the pull requests stand, where that is due. @param isDue everywhere */
  async look(now: number, isDue: boolean, { ms, resume }: Patience): Promise<void> {
    await Promise.all(
      this.#branches.map(async (one) => {
        await one.settle(0);
        if (!isDue && one.nextAt > now) return;
        one.look(now);
        await one.settle(ms, resume);
      }),
    );
  }

  /** A person's no to a DSO where it is proposed, or that it is not known; null: there is none. */
  noTo(placed: PlacedDso): Refusal | null {
    const ids = new Set([placed.home.id, ...placed.members.map(({ destination }) => destination.id)]);
    for (const one of this.#branches) {
      const isHere = one.branch.destinations.some(({ id }) => ids.has(id));
      const no = isHere ? one.noTo(placed) : null;
      if (no) return no;
    }
    return null;
  }

  /** Does what is due about the pull requests. @param isUnknown nothing can be said of a DSO now, by its key */
  async deliver(
    outcomes: ReadonlyMap<string, DsoOutcome>,
    isUnknown: (key: string) => boolean,
    options: ProposalOptions,
  ): Promise<readonly ProposalOutcome[]> {
    const all = await Promise.all(
      this.#branches.map((one) => {
        return one.deliver(proposedIn(one.branch, one.settings.groupBy, outcomes.values()), isUnknown, options);
      }),
    );
    return all.flat();
  }

  /** Waits for what is under way. */
  async finish(patienceMs: number): Promise<void> {
    await Promise.all(this.#branches.map((one) => one.settle(patienceMs)));
  }
}
