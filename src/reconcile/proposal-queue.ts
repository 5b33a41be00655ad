import { ProductError } from '../errors.ts';
import { type Calls, FRESH, failedAgain } from './calls.ts';
import { type ProposalOutcome, type Proposer, type Task, untold } from './proposer.ts';
import { isOver } from './wait.ts';
import type { Waiting } from './waiting.ts';

/** Groups that are brought in line in one go, where not all of it is waited for. */
const MAX_AT_ONCE = 10;

/** Others are brought about before it. */
const TURN: Waiting = {
  reason: 'ProposedNext',
  message: 'other pull requests come first; this one has its turn afterwards',
};

/** Whether something is to be done about a group. */
export function isDue({ step }: Pick<Task, 'step'>): boolean {
  return step.kind !== 'none' && step.kind !== 'wait';
}

/** Whether an error is the repository's or the forge's, and not that of one group. */
function isOfAll({ kind, path, reason }: ProductError): boolean {
  return kind === 'later' || (kind === 'act' && path === null && reason !== 'ForeignCommits');
}

/** Which of the groups of a branch have their turn: what cannot be done now holds up no other. */
export class ProposalQueue {
  readonly #proposer: Proposer;
  /** Those that failed, by group. */
  readonly #failures = new Map<string, Calls>();
  /** What stands against all of them. */
  #all: Calls = FRESH;

  constructor(proposer: Proposer) {
    this.#proposer = proposer;
  }

  /** What is done now, the urgent first. @param patienceMs Infinity: all of it is waited for */
  next(tasks: readonly Task[], now: number, patienceMs: number): readonly Task[] {
    const isAll = patienceMs === Number.POSITIVE_INFINITY;
    const ready = tasks.filter((task) => {
      const why = this.#whyNot(task, now);
      // Where all is waited for, who was faster has been waited for as well.
      return isDue(task) && (why === null || (isAll && why instanceof ProductError && why.kind === 'retry'));
    });
    const ordered = ready.toSorted((one, other) => this.#rank(one) - this.#rank(other));
    return isAll ? ordered : ordered.slice(0, MAX_AT_ONCE);
  }

  /** What is told of a group before anything is done. @param going what has its turn */
  told(task: Task, going: readonly Task[], now: number): ProposalOutcome {
    const outcome = untold(this.#proposer, task);
    if (!isDue(task) || going.includes(task)) return outcome;
    const why = this.#whyNot(task, now) ?? TURN;
    return why instanceof ProductError
      ? { ...outcome, step: 'wait', error: why }
      : { ...outcome, step: 'wait', waiting: why };
  }

  /** Notes what became of a group. @returns whether the others would meet the same */
  note({ group, error }: ProposalOutcome, now: number): boolean {
    const isForAll = error !== null && isOfAll(error);
    if (isForAll) this.#all = failedAgain(this.#all, error, now);
    else if (error === null) this.#all = FRESH;
    if (error) this.#failures.set(group, failedAgain(this.#failures.get(group) ?? FRESH, error, now));
    else this.#failures.delete(group);
    return isForAll;
  }

  /** What ends something is urgent; what failed comes after what did not. */
  #rank({ step, group }: Task): number {
    const isUrgent = step.kind === 'disarm' || step.kind === 'close';
    return (isUrgent ? -1 : 0) + 2 * (this.#failures.get(group)?.failures ?? 0);
  }

  /** The failure after which it is not tried again yet, or the review that keeps it as it is; null: it has its turn. */
  #whyNot(task: Task, now: number): ProductError | Waiting | null {
    for (const { wait, error } of [this.#all, this.#failures.get(task.group) ?? FRESH])
      if (error && !isOver(wait, now)) return error;
    return this.#proposer.keptBy(task, now);
  }
}
