import type { MergeMethod } from '../../../src/forge/forge.ts';
import type { BareRepository } from '../../repository/bare-repository.ts';
import { isAncestor, mergedTree, mergeInto } from './merge.ts';

/** A pull request as the stand-in holds it. */
export interface HeldPull {
  readonly number: number;
  readonly head: string;
  /** Owner of the repository that the branch is in; another one: a fork. */
  readonly headOwner: string;
  base: string;
  headOid: string;
  title: string;
  body: string;
  state: 'open' | 'closed' | 'merged';
  readonly isDraft: boolean;
  readonly author: string;
  labels: string[];
  reviewers: string[];
  autoMerge: MergeMethod | null;
  isQueued: boolean;
  mergeOid: string | null;
  closedBy: string | null;
  readonly createdAt: number;
  updatedAt: number;
  closedAt: number | null;
  readonly comments: { readonly by: string; body: string }[];
  readonly reviews: {
    readonly by: string;
    readonly state: 'APPROVED' | 'CHANGES_REQUESTED';
    oid: string;
    at: number;
  }[];
}

/** What is set for a repository. */
export interface RepositoryFlags {
  isArchived: boolean;
  allowsAutoMerge: boolean;
  allowsDrafts: boolean;
  methods: MergeMethod[];
  /** Approvals that the base branch demands; null: it is not protected. */
  requiredApprovals: number | null;
  /** Contexts of statuses that must be there and be a success. */
  requiredChecks: string[];
  dismissesStale: boolean;
  deletesBranchOnMerge: boolean;
  /** Merging goes by a queue. */
  hasQueue: boolean;
}

/** One repository of the stand-in: pull requests over the branches of a real one. */
export class HeldRepository {
  readonly owner: string;
  name: string;
  /** What it was called before. */
  readonly formerNames: string[] = [];
  readonly id: number;
  readonly bare: BareRepository;
  readonly pulls: HeldPull[] = [];
  readonly collaborators = new Set<string>(['alice', 'bob']);
  readonly teams = new Set<string>(['platform']);
  readonly labels = new Set<string>(['bug']);
  /** By commit. */
  readonly statuses = new Map<string, { context: string; state: string; description: string }[]>();
  readonly flags: RepositoryFlags = {
    isArchived: false,
    allowsAutoMerge: true,
    allowsDrafts: true,
    methods: ['merge', 'squash', 'rebase'],
    requiredApprovals: null,
    requiredChecks: [],
    dismissesStale: true,
    deletesBranchOnMerge: false,
    hasQueue: false,
  };
  /** Of all refs, at the last look at the branches. */
  tips: ReadonlyMap<string, string> = new Map();
  readonly #now: () => number;

  constructor(owner: string, name: string, id: number, bare: BareRepository, now: () => number) {
    this.owner = owner;
    this.name = name;
    this.id = id;
    this.bare = bare;
    this.#now = now;
  }

  get fullName(): string {
    return `${this.owner}/${this.name}`;
  }

  pull(number: number): HeldPull {
    this.sync();
    const found = this.pulls.find((pull) => pull.number === number);
    if (!found) throw new Error(`there is no pull request ${number}`);
    return found;
  }

  open(given: Pick<HeldPull, 'head' | 'base' | 'title' | 'body' | 'author'> & Partial<HeldPull>): HeldPull {
    const now = this.#now();
    const made: HeldPull = {
      number: this.pulls.length + 1,
      headOwner: this.owner,
      headOid: this.bare.tip(given.head) ?? '',
      state: 'open',
      isDraft: false,
      labels: [],
      reviewers: [],
      autoMerge: null,
      isQueued: false,
      mergeOid: null,
      closedBy: null,
      createdAt: now,
      updatedAt: now,
      closedAt: null,
      comments: [],
      reviews: [],
      ...given,
    };
    this.pulls.push(made);
    return made;
  }

  /** What pushes have done to pull requests: moved them, merged them, closed them. */
  sync(): void {
    const refs = this.bare.refs();
    this.tips = refs;
    for (const pull of this.pulls) {
      if (pull.state !== 'open' || pull.headOwner !== this.owner) continue;
      const head = refs.get(`refs/heads/${pull.head}`);
      const base = refs.get(`refs/heads/${pull.base}`);
      if (head === undefined) {
        this.end(pull, 'closed', null);
        continue;
      }
      if (head !== pull.headOid) {
        this.touch(pull, { headOid: head });
        if (this.flags.dismissesStale) pull.reviews.length = 0;
      }
      if (base !== undefined && isAncestor(this.bare, head, base)) {
        pull.mergeOid = head;
        this.end(pull, 'merged', null);
      }
    }
  }

  touch(pull: HeldPull, changes: Partial<HeldPull> = {}): void {
    Object.assign(pull, changes, { updatedAt: this.#now() });
  }

  /** Merges as somebody presses the button. @throws on a conflict */
  merge(number: number, method: MergeMethod = 'merge', by = 'alice'): string {
    const pull = this.pull(number);
    const { base, headOid, title } = pull;
    const baseOid = this.bare.tip(base) ?? '';
    const oid = mergeInto(this.bare, { base, baseOid, headOid, title, number }, method);
    if (oid === null) throw new Error(`pull request ${number} has a conflict`);
    pull.mergeOid = oid;
    this.end(pull, 'merged', by);
    if (this.flags.deletesBranchOnMerge) this.bare.git('update-ref', '-d', `refs/heads/${pull.head}`);
    return oid;
  }

  close(number: number, by = 'alice'): void {
    this.end(this.pull(number), 'closed', by);
  }

  review(number: number, state: 'APPROVED' | 'CHANGES_REQUESTED', by = 'alice'): void {
    const pull = this.pull(number);
    const others = pull.reviews.filter((review) => review.by !== by);
    pull.reviews.length = 0;
    pull.reviews.push(...others, { by, state, oid: pull.headOid, at: this.#now() });
    this.touch(pull);
    this.mergeArmed();
  }

  setStatus(oid: string, status: { context: string; state: string; description: string }): void {
    const others = (this.statuses.get(oid) ?? []).filter(({ context }) => context !== status.context);
    this.statuses.set(oid, [...others, status]);
    this.mergeArmed();
  }

  /** What is armed and has all that it waits for. */
  mergeArmed(): void {
    for (const pull of this.pulls) {
      if (pull.state !== 'open' || pull.autoMerge === null || !this.isReady(pull)) continue;
      if (this.flags.hasQueue) this.touch(pull, { isQueued: true });
      else this.merge(pull.number, pull.autoMerge, pull.author);
    }
  }

  /** Nothing stands in the way of a merge. */
  isReady(pull: HeldPull): boolean {
    const { requiredApprovals, requiredChecks } = this.flags;
    const approvals = pull.reviews.filter(({ state }) => state === 'APPROVED').length;
    const isRefused = pull.reviews.some(({ state }) => state === 'CHANGES_REQUESTED');
    const statuses = this.statuses.get(pull.headOid) ?? [];
    const isChecked = requiredChecks.every((context) =>
      statuses.some((status) => status.context === context && status.state === 'success'),
    );
    return (
      isChecked &&
      this.isMergeable(pull) &&
      (requiredApprovals === null || (approvals >= requiredApprovals && !isRefused))
    );
  }

  isMergeable({ base, headOid }: HeldPull): boolean {
    const tip = this.bare.tip(base);
    return tip !== null && mergedTree(this.bare, tip, headOid) !== null;
  }

  end(pull: HeldPull, state: 'closed' | 'merged', by: string | null): void {
    this.touch(pull, { state, closedBy: by, closedAt: this.#now(), autoMerge: null, isQueued: false });
  }
}
