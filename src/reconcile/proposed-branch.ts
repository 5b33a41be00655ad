import type { PullRequestSettings } from '../config/load-pull-requests.ts';
import { asProductError, type ProductError } from '../errors.ts';
import type { PullRequest } from '../forge/forge.ts';
import { groupOf, groupOfHead, headOf } from '../proposal/head.ts';
import { parseMarker } from '../proposal/marker.ts';
import { HOLD_LABEL, nextStep } from '../proposal/next-step.ts';
import type { Branch } from './branch.ts';
import { OneCall } from './one-call.ts';
import type { PlacedDso } from './place.ts';
import { entriesOf, type ProposedDso } from './proposed-group.ts';
import { type ProposalOutcome, type ProposalParts, Proposer, type Task, untold } from './proposer.ts';
import { retryDelay } from './retry.ts';
import type { Waiting } from './waiting.ts';

/** How often the pull requests are looked at when nothing else happens. */
const LOOK_MS = 120_000;
/** A person's no is remembered this long where nobody answers it. */
const REMEMBERED_MS = 90 * 86_400_000;

/** A look is under way, or a proposal. */
const BUSY: Waiting = { reason: 'Proposing', message: 'the forge has not answered yet' };

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
  readonly #parts: ProposalParts;
  readonly #proposer: Proposer;
  readonly #call = new OneCall<'look' | 'propose'>();
  #pulls: readonly PullRequest[] | null = null;
  #lookAt = 0;
  #failures = 0;
  #error: ProductError | null = null;
  #outcomes: readonly ProposalOutcome[] = [];

  constructor(branch: Branch, settings: PullRequestSettings, parts: ProposalParts) {
    this.branch = branch;
    this.settings = settings;
    this.#parts = parts;
    this.#proposer = new Proposer(branch, settings, parts, (pull) => this.#learn(pull));
  }

  /** Why the forge cannot be asked; null: it can. */
  get error(): ProductError | null {
    return this.#error;
  }

  /** When it is to be looked at again, epoch milliseconds. */
  get nextAt(): number {
    return this.#call.purpose === null ? this.#lookAt : Number.POSITIVE_INFINITY;
  }

  /** Those that are open, by group. */
  get open(): ReadonlyMap<string, PullRequest> {
    const found = (this.#pulls ?? []).filter(({ state }) => state === 'open');
    return new Map(
      found.flatMap((pull) => {
        const group = this.#groupOf(pull);
        return group === null ? [] : [[group, pull] as const];
      }),
    );
  }

  /** What became of what was begun last, until something else is begun. */
  get outcomes(): readonly ProposalOutcome[] {
    return this.#outcomes;
  }

  /** Begins to learn how the pull requests stand. */
  look(now: number): void {
    if (this.#call.purpose !== null) return;
    this.#lookAt = now + LOOK_MS;
    this.#call.start('look', async (gate) => {
      try {
        const forge = await this.#parts.open(this.settings);
        const { open, closed } = await forge.pulls(now - REMEMBERED_MS);
        await gate();
        this.#pulls = [...open, ...closed];
        this.#succeed();
      } catch (thrown) {
        await gate();
        this.#fail(asProductError(thrown), now);
      }
    });
  }

  /** Lets the answer of what is under way be seen, if it comes within the patience. */
  async settle(patienceMs: number, resume?: () => void): Promise<void> {
    await this.#call.settle(patienceMs);
    if (resume) this.#call.whenAnswered(resume);
  }

  /** A person's no to a DSO; null: there is none. */
  noTo({ dso }: PlacedDso): Refusal | null {
    if (!this.#pulls) {
      const message = `nobody knows whether a person has said no to it: ${this.#error?.message ?? 'the pull requests were not read yet'}`;
      return { kind: 'wait', reason: this.#error?.reason ?? 'PullRequestsUnknown', message };
    }
    const group = groupOf(this.settings.groupBy, dso);
    for (const pull of this.#pulls) {
      if (this.#groupOf(pull) !== group) continue;
      const no = noOf(pull);
      if (no === null || !speaksFor(pull, dso.key)) continue;
      return { kind: 'held', ...no };
    }
    return null;
  }

  /** Does what is due about the pull requests; what takes longer than the patience is seen the next time. */
  async deliver(
    wanted: ReadonlyMap<string, readonly ProposedDso[]>,
    isUnknown: (key: string) => boolean,
    {
      now,
      mode,
      patience,
    }: { readonly now: number; readonly mode: 'plan' | 'apply'; readonly patience: ProposalPatience },
  ): Promise<readonly ProposalOutcome[]> {
    if (!this.#pulls || this.#call.purpose !== null) return this.#waiting(wanted);
    const tasks = this.#tasks(wanted, isUnknown, now);
    const due = tasks.filter(({ step }) => step.kind !== 'none' && step.kind !== 'wait');
    const told = tasks
      .filter(({ dsos, step }) => dsos.length > 0 || step.kind !== 'none')
      .map((task) => untold(this, task));
    const left = mode === 'plan' ? [] : this.#leftBranches();
    if (mode === 'plan' || (due.length === 0 && left.length === 0)) return told;
    this.#outcomes = [];
    this.#call.start('propose', async (gate) => {
      const outcomes = new Map(told.map((outcome) => [outcome.group, outcome]));
      for (const task of due) outcomes.set(task.group, await this.#proposer.perform(task, now));
      await this.#deleteBranches(left);
      await gate();
      this.#outcomes = [...outcomes.values()];
      const failed = this.#outcomes.find(({ error }) => error !== null)?.error;
      if (failed) this.#fail(failed, now);
      else this.#succeed();
    });
    await this.settle(patience.ms, patience.resume);
    return this.#call.purpose === null ? this.#outcomes : this.#waiting(wanted);
  }

  #waiting(wanted: ReadonlyMap<string, readonly ProposedDso[]>): readonly ProposalOutcome[] {
    return [...wanted].map(([group, dsos]) => {
      const task = {
        group,
        head: '',
        dsos,
        entries: [],
        open: this.open.get(group) ?? null,
        step: { kind: 'none' } as const,
      };
      return { ...untold(this, task), waiting: this.#error ? null : BUSY, error: this.#error };
    });
  }

  #tasks(
    wanted: ReadonlyMap<string, readonly ProposedDso[]>,
    isUnknown: (key: string) => boolean,
    now: number,
  ): readonly Task[] {
    const { open } = this;
    return [...new Set([...wanted.keys(), ...open.keys()])].sort().map((group) => {
      const dsos = wanted.get(group) ?? [];
      const entries = entriesOf(this.branch, dsos);
      const pull = open.get(group) ?? null;
      const { base } = this;
      const step = nextStep({ entries, isUnknown, base, open: pull, now, rebuild: this.settings.rebuild });
      return { group, head: headOf(this.#parts.owner, group, base), dsos, entries, open: pull, step };
    });
  }

  /** Branch that pull requests are merged into. */
  get base(): string {
    return this.branch.settings.branch;
  }

  /** Branches of merged ones that are as they were merged. */
  #leftBranches(): readonly LeftBranch[] {
    const tips = this.branch.repository?.proposed ?? new Map<string, string>();
    const open = new Set([...this.open.values()].map(({ head }) => head));
    const ended = (this.#pulls ?? []).filter((pull) => pull.state === 'merged' && this.#groupOf(pull) !== null);
    const left = ended.filter(({ head, headOid }) => !open.has(head) && tips.get(head) === headOid);
    return [...new Map(left.map(({ head, headOid }) => [head, { head, oid: headOid }])).values()];
  }

  async #deleteBranches(left: readonly LeftBranch[]): Promise<void> {
    if (left.length === 0) return;
    const forge = await this.#parts.open(this.settings);
    // That one is still there harms nobody: it is tried again.
    for (const { head, oid } of left) await forge.deleteBranch(head, oid).catch(() => undefined);
  }

  #groupOf({ head, base }: PullRequest): string | null {
    return base === this.base ? groupOfHead(this.#parts.owner, this.base, head) : null;
  }

  #learn(pull: PullRequest): void {
    this.#pulls = [pull, ...(this.#pulls ?? []).filter(({ number }) => number !== pull.number)];
  }

  #succeed(): void {
    this.#failures = 0;
    this.#error = null;
  }

  #fail(error: ProductError, now: number): void {
    this.#failures += 1;
    this.#error = error;
    this.#lookAt = Math.max(error.until ?? 0, now + retryDelay(error, this.#failures));
  }
}

/** How long the forge is waited for. */
export interface ProposalPatience {
  /** Milliseconds. */
  readonly ms: number;
  readonly resume: () => void;
}

/** What a pull request says no to by its state; null: it does not. */
function noOf({ state, labels, number, url }: PullRequest): Pick<Refusal, 'reason' | 'message'> | null {
  if (state === 'open' && labels.includes(HOLD_LABEL))
    return {
      reason: 'HoldLabel',
      message: `pull request #${number} carries the label ${HOLD_LABEL}: take it off to go on; ${url}`,
    };
  if (state !== 'closed') return null;
  return {
    reason: 'PullRequestClosed',
    message: `pull request #${number} was closed without a merge: reopen it, or run resume, to go on; ${url}`,
  };
}

/** Whether it is about a DSO; without its last line it is about all of its group. */
function speaksFor({ body }: PullRequest, key: string): boolean {
  const marker = parseMarker(body);
  return !marker?.numbers || Object.hasOwn(marker.numbers, key);
}

interface LeftBranch {
  readonly head: string;
  readonly oid: string;
}
