import type { PullRequestSettings } from '../config/load-pull-requests.ts';
import { asProductError, type ProductError } from '../errors.ts';
import type { Forge, PullRequest } from '../forge/forge.ts';
import { groupOf, groupOfHead, headOf } from '../proposal/head.ts';
import { withoutKeys } from '../proposal/marker.ts';
import { nextStep, type Unknown } from '../proposal/next-step.ts';
import type { Branch } from './branch.ts';
import { type Calls, FRESH, failedAgain, waitOf } from './calls.ts';
import { KnownPulls } from './known-pulls.ts';
import { LeftBranches } from './left-branches.ts';
import { OneCall } from './one-call.ts';
import type { Patience } from './patience.ts';
import type { PlacedDso } from './place.ts';
import { isDue, ProposalQueue } from './proposal-queue.ts';
import { entriesOf, groundOf, type ProposedDso, refusalOf } from './proposed-group.ts';
import { type ProposalOutcome, type ProposalParts, Proposer, type Task, untold } from './proposer.ts';
import { isOver } from './wait.ts';
import type { Waiting } from './waiting.ts';

/** How often the pull requests are looked at when nothing else happens. */
const LOOK_MS = 120_000;
/** A person's no is remembered this long where nobody answers it. */
const REMEMBERED_MS = 90 * 86_400_000;

/** What people may have said no to is known this long after it was read. */
const STALE_MS = 900_000;

/** A look is under way, or a proposal. */
const BUSY: Waiting = { reason: 'Proposing', message: 'the forge has not answered yet' };

/** How to propose. */
export interface ProposalOptions {
  readonly mode: 'plan' | 'apply';
  /** Epoch milliseconds. */
  readonly now: number;
  readonly patience: Patience;
}

/** What is to be proposed in a branch, and what nobody may or can speak for. */
export interface Wanted {
  /** By group. */
  readonly proposed: ReadonlyMap<string, readonly ProposedDso[]>;
  /** Keys of what a person holds, by group. */
  readonly held: ReadonlyMap<string, ReadonlySet<string>>;
  readonly unknown: Unknown;
}

const NOBODY: ReadonlySet<string> = new Set();

/** A person's no to a DSO, or that nobody knows of one. */
export interface Refusal {
  readonly kind: 'held' | 'wait';
  readonly reason: string;
  readonly message: string;
}

/**
 * The pull requests of one branch. What is known of them is what the forge said last: what is open is found by the name of its
 * branch, what it proposes and what was refused by the last line of its text. Nothing of it is kept elsewhere.
 */
export class ProposedBranch {
  readonly branch: Branch;
  readonly settings: PullRequestSettings;
  readonly #open: () => Promise<Forge>;
  readonly #owner: string;
  readonly #proposer: Proposer;
  readonly #call = new OneCall<'look' | 'propose'>();
  /** null: they were never read. */
  #known: KnownPulls | null = null;
  #looks: Calls = FRESH;
  readonly #queue: ProposalQueue;
  readonly #left: LeftBranches;
  /** When they were read last, epoch milliseconds. */
  #readAt = 0;
  #hasMoved = false;
  /** What was done that is not told yet, by group. */
  #done: ReadonlyMap<string, ProposalOutcome> = new Map();

  /** @param open the API of the branch's host */
  constructor(branch: Branch, settings: PullRequestSettings, open: () => Promise<Forge>, parts: ProposalParts) {
    this.branch = branch;
    this.settings = settings;
    this.#open = open;
    this.#owner = parts.owner;
    this.#proposer = new Proposer({ branch, settings, open, parts, learn: (pull) => this.#learn(pull) });
    this.#queue = new ProposalQueue(this.#proposer);
    this.#left = new LeftBranches(branch, open);
  }

  /** Why the forge cannot be asked; null: it can. */
  get error(): ProductError | null {
    return this.#looks.error;
  }

  /** When it is to be looked at again, epoch milliseconds. */
  nextAt(now: number): number {
    if (this.#call.purpose !== null) return Number.POSITIVE_INFINITY;
    const { wait } = this.#looks;
    return isOver(wait, now) ? now : wait.until;
  }

  /** Whether a pull request may stand otherwise since this was asked last. */
  takeMoved(): boolean {
    const hasMoved = this.#hasMoved;
    this.#hasMoved = false;
    return hasMoved;
  }

  /** Those of this installation, the newest first; null: they were never read. */
  get pulls(): readonly PullRequest[] | null {
    return this.#known?.all ?? null;
  }

  /** The pull request that speaks for a DSO: the open one, or else the last; null: there is none. */
  pullOf({ dso }: PlacedDso): PullRequest | null {
    return this.#known?.pullOf(dso.key, groupOf(this.settings.groupBy, dso)) ?? null;
  }

  /** A person's no to a DSO, or that nobody knows of one; null: there is none. */
  noTo({ dso }: PlacedDso, now: number): Refusal | null {
    const { error } = this.#looks;
    if (this.#known && (!error || now - this.#readAt < STALE_MS)) {
      const no = this.#known.noTo(dso.key, groupOf(this.settings.groupBy, dso));
      return no && { kind: 'held', ...no };
    }
    const why = error?.message ?? 'the pull requests were not read yet';
    const message = `nobody knows whether a person has said no to it: ${why}`;
    return { kind: 'wait', reason: error?.reason ?? 'PullRequestsUnknown', message };
  }

  /** Ends a person's no to DSOs that was said by closing pull requests. @throws ProductError */
  async resume(dsos: readonly PlacedDso['dso'][]): Promise<void> {
    const forge = await this.#open();
    const keys = new Map(dsos.map((dso) => [dso.key, groupOf(this.settings.groupBy, dso)]));
    for (const { number, body } of this.#known?.closedFor(keys) ?? [])
      this.#learn(await forge.update(number, { body: withoutKeys(body, new Set(keys.keys())) }));
  }

  /** Begins to learn how the pull requests stand. */
  look(now: number): void {
    if (this.#call.purpose !== null) return;
    this.#call.start('look', async (gate) => {
      try {
        const forge = await this.#open();
        const { open, closed } = await forge.pulls(now - REMEMBERED_MS);
        await gate();
        const known = new KnownPulls([...open, ...closed], (pull) => this.groupOf(pull));
        // What others open and close is nothing to those of this branch.
        if (!this.#known || !known.isSame(this.#known)) this.#hasMoved = true;
        this.#known = known;
        this.#readAt = now;
        this.#looks = { ...FRESH, wait: waitOf(now, LOOK_MS) };
      } catch (thrown) {
        await gate();
        this.#looks = failedAgain(this.#looks, asProductError(thrown), now);
      }
    });
  }

  /** Lets the answer of what is under way be seen, if it comes within the patience. */
  async settle(patienceMs: number): Promise<void> {
    await this.#call.settle(patienceMs);
  }

  /** Waits for what is under way, and has its end told when there is no patience left. */
  async wait(patience: Patience): Promise<void> {
    await this.#call.wait(patience);
  }

  /** Does what is due about the pull requests; what takes longer than the patience is seen the next time. */
  async deliver(all: Wanted, { now, mode, patience }: ProposalOptions): Promise<readonly ProposalOutcome[]> {
    const known = this.#known;
    if (!known || this.#call.purpose !== null) return this.#waiting(all.proposed);
    const { wanted, refused } = this.#withoutRefused(all);
    const tasks = await this.#tasks(known, wanted, now).catch((thrown: unknown) => this.branch.noteUnreadable(thrown));
    if (!tasks) return this.#waiting(all.proposed);
    const shown = tasks.filter(({ dsos, step }) => dsos.length > 0 || step.kind !== 'none');
    if (mode === 'plan')
      return [...(await Promise.all(shown.map((task) => this.#proposer.plan(task, now)))), ...refused];
    const going = this.#queue.next(tasks, now, patience.ms);
    const told = shown.map((task) => this.#queue.told(task, going, now));
    const left = this.#left.find(known);
    if (going.length + left.length === 0) return [...this.#withDone(told), ...refused];
    this.#call.start('propose', async (gate) => {
      const done = new Map<string, ProposalOutcome>();
      for (const task of going) {
        const outcome = await this.#perform(task, now, all).catch((thrown: unknown): ProposalOutcome => {
          return { ...untold(this, task), error: asProductError(thrown) };
        });
        done.set(task.group, outcome);
        if (this.#queue.note(outcome, now)) break;
      }
      if (this.#known) await this.#left.remove(this.#left.find(this.#known));
      await gate();
      this.#done = done;
    });
    await this.wait(patience);
    return this.#call.purpose === null
      ? [...this.#withDone(told), ...this.#withoutRefused(all).refused]
      : this.#waiting(all.proposed);
  }

  /** What was done goes before what is to be done, and is told once. */
  #withDone(told: readonly ProposalOutcome[]): readonly ProposalOutcome[] {
    const done = this.#done;
    this.#done = new Map();
    const groups = new Set(told.map(({ group }) => group));
    const others = [...done.values()].filter(({ group }) => !groups.has(group));
    return [...told.map((one) => done.get(one.group) ?? one), ...others];
  }

  #waiting(proposed: Wanted['proposed']): readonly ProposalOutcome[] {
    const { error } = this.#looks;
    // Nobody knows what people have said, so nothing is proposed: that is the matter of the branch.
    if (!this.#known && error && proposed.size === 0)
      return [{ ...untold(this, { group: 'all', dsos: [], open: null, step: { kind: 'none' } }), error }];
    return [...proposed].map(([group, dsos]) => {
      const open = this.#known?.open.get(group) ?? null;
      const outcome = untold(this, { group, dsos, open, step: { kind: 'none' } });
      return { ...outcome, waiting: error ? null : BUSY, error };
    });
  }

  /** A path that is not ours to write is the matter of those who need it: the others go on. So does what is in no queue. */
  async #perform(task: Task, now: number, all: Wanted): Promise<ProposalOutcome> {
    const outcome = await this.#proposer.perform(task, now);
    const isUnqueued = task.step.kind === 'disarm' && outcome.step === 'none';
    if ((outcome.error?.path == null && !isUnqueued) || !this.#known) return outcome;
    const tasks = await this.#tasks(this.#known, this.#withoutRefused(all).wanted, now);
    const next = tasks.find(({ group }) => group === task.group);
    if (!next || (!isUnqueued && next.dsos.length === task.dsos.length)) return outcome;
    return isDue(next) ? this.#perform(next, now, all) : untold(this, next);
  }

  /** Without what needs a path that is not ours to write, which is told by itself. */
  #withoutRefused(all: Wanted): { readonly wanted: Wanted; readonly refused: readonly ProposalOutcome[] } {
    const refused: ProposalOutcome[] = [];
    const proposed = new Map<string, readonly ProposedDso[]>();
    for (const [group, dsos] of all.proposed) {
      const going = dsos.filter((dso) => {
        const error = refusalOf(this.branch, dso);
        if (error) refused.push({ ...untold(this, { group, dsos: [dso], open: null, step: { kind: 'none' } }), error });
        return !error;
      });
      if (going.length > 0) proposed.set(group, going);
    }
    return { wanted: { ...all, proposed }, refused };
  }

  async #tasks({ open }: KnownPulls, { proposed, held, unknown }: Wanted, now: number): Promise<readonly Task[]> {
    const { repository } = this.branch;
    const groups = [...new Set([...proposed.keys(), ...open.keys()])].sort();
    const tasks = groups.map(async (group): Promise<Task> => {
      const dsos = proposed.get(group) ?? [];
      const entries = entriesOf(this.branch, dsos);
      const pull = open.get(group) ?? null;
      const { base } = this;
      const head = headOf(this.#owner, group, base);
      const at = repository?.proposed.get(head) ?? null;
      const { rebuild } = this.settings;
      const ofPeople = held.get(group) ?? NOBODY;
      const ground = repository ? await groundOf(this.branch, dsos, repository) : '';
      const asked = pull && { ...pull, mayBeQueued: this.#proposer.mayBeQueued(pull) };
      const situation = { group, entries, unknown, held: ofPeople, base, ground, open: asked, tip: at, now, rebuild };
      return {
        group,
        head,
        dsos,
        entries,
        ground,
        open: pull,
        tip: repository?.tip ?? null,
        step: nextStep(situation),
      };
    });
    return Promise.all(tasks);
  }

  /** Branch that pull requests are merged into. */
  get base(): string {
    return this.branch.settings.branch;
  }

  /** The group of a pull request; null: it is none of this branch. */
  groupOf({ head, base }: PullRequest): string | null {
    return base === this.base ? groupOfHead(this.#owner, this.base, head) : null;
  }

  #learn(pull: PullRequest): void {
    this.#known = this.#known?.with(pull) ?? null;
    this.#hasMoved = true;
  }
}
