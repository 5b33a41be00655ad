import type { PullRequest } from '../forge/forge.ts';
import type { Unknown } from '../proposal/next-step.ts';
import type { Connections } from './connections.ts';
import type { DsoOutcome } from './outcome.ts';
import type { Patience } from './patience.ts';
import type { PlacedDso } from './place.ts';
import { type ProposalOptions, ProposedBranch, type Refusal } from './proposed-branch.ts';
import { heldIn, proposedIn } from './proposed-group.ts';
import type { ProposalOutcome, ProposalParts } from './proposer.ts';

/** A pull request of this installation. */
export interface ListedPull {
  readonly repository: string;
  readonly group: string;
  readonly pull: PullRequest;
}

/** What is proposed by pull request in all branches. */
export class Proposals {
  readonly #branches: readonly ProposedBranch[];

  constructor({ branches }: Connections, parts: ProposalParts) {
    this.#branches = branches.flatMap((branch) => {
      const settings = branch.destinations.find(({ pullRequests }) => pullRequests !== null)?.pullRequests;
      const { forge } = branch.settings;
      return settings && forge ? [new ProposedBranch(branch, settings, () => parts.openForge(forge), parts)] : [];
    });
  }

  /** Nothing is proposed anywhere. */
  get areNone(): boolean {
    return this.#branches.length === 0;
  }

  /** When the next look is due, epoch milliseconds; Infinity: nothing is proposed anywhere. */
  nextAt(now: number): number {
    return Math.min(...this.#branches.map((one) => one.nextAt(now)));
  }

  /** Whether a pull request may stand otherwise since this was asked last. */
  takeMoved(): boolean {
    return this.#branches.filter((one) => one.takeMoved()).length > 0;
  }

  /** Learns how the pull requests stand, where that is due. @param isDue everywhere */
  async look(now: number, isDue: boolean, patience: Patience): Promise<void> {
    await Promise.all(
      this.#branches.map(async (one) => {
        await one.settle(0);
        if (!isDue && one.nextAt(now) > now) return;
        one.look(now);
        await one.wait(patience);
      }),
    );
  }

  /** A person's no to a DSO where it is proposed, or that it is not known; null: there is none. */
  noTo(placed: PlacedDso, now: number): Refusal | null {
    for (const one of this.#of(placed)) {
      const no = one.noTo(placed, now);
      if (no) return no;
    }
    return null;
  }

  /** Branches that a DSO goes to. */
  #of({ home, members }: PlacedDso): readonly ProposedBranch[] {
    if (this.#branches.length === 0) return this.#branches;
    const ids = new Set([home.id, ...members.map(({ destination }) => destination.id)]);
    return this.#branches.filter(({ branch }) => branch.destinations.some(({ id }) => ids.has(id)));
  }

  /** Does what is due about the pull requests. @param unknown DSOs of which nothing can be said now */
  async deliver(
    outcomes: ReadonlyMap<string, DsoOutcome>,
    unknown: Unknown,
    options: ProposalOptions,
  ): Promise<readonly ProposalOutcome[]> {
    const all = await Promise.all(
      this.#branches.map((one) => {
        const { groupBy } = one.settings;
        const proposed = proposedIn(one.branch, groupBy, outcomes.values());
        return one.deliver({ proposed, held: heldIn(groupBy, outcomes.values()), unknown }, options);
      }),
    );
    return all.flat();
  }

  /** The pull request that speaks for a DSO: the open one, or else the last; null: there is none. */
  pullOf(placed: PlacedDso): PullRequest | null {
    for (const one of this.#of(placed)) {
      const pull = one.pullOf(placed);
      if (pull) return pull;
    }
    return null;
  }

  /** All of this installation that are known, each with its group, the newest first in each branch. @throws why they are not */
  list(): readonly ListedPull[] {
    return this.#branches.flatMap((one) => {
      if (!one.pulls) throw one.error ?? new Error('the pull requests were not read');
      const { url } = one.branch.settings;
      return one.pulls.flatMap((pull) => {
        const group = one.groupOf(pull);
        return group === null ? [] : [{ repository: url, group, pull }];
      });
    });
  }

  /** Ends a person's no to DSOs that was said by closing their pull request. @throws ProductError */
  async resume(placed: readonly PlacedDso[]): Promise<void> {
    for (const one of this.#branches) {
      const here = placed.filter((dso) => this.#of(dso).includes(one));
      if (here.length > 0) await one.resume(here.map(({ dso }) => dso));
    }
  }

  /** Waits for what is under way. */
  async finish(patienceMs: number): Promise<void> {
    await Promise.all(this.#branches.map((one) => one.settle(patienceMs)));
  }
}
