import type { Condition, DsoStatus } from '../api/status.ts';
import type { DsoOutcome } from '../reconcile/outcome.ts';
import { cutToBytes } from './cut-to-bytes.ts';
import { isOnItsWay } from './on-its-way.ts';

/** Events that tell more than another reason of the condition Ready, which is the reason of every other event. */
export const EVENTS = {
  Committed: 'a commit has the numbers of the DSO, and why',
  Recovered: 'what was in the way is over, and nothing had to be committed',
  PullRequestOpen: 'a pull request proposes it',
  PullRequestMerged: 'it was merged',
  PullRequestClosed: 'it was closed without being merged: that is a no',
} as const;

/** What became different for one DSO: an event, and a line of the log. */
export interface Transition {
  readonly type: 'Normal' | 'Warning';
  /** Stable, CamelCase. */
  readonly reason: string;
  /** What was done, CamelCase. */
  readonly action: 'Commit' | 'Evaluate' | 'Propose';
  readonly message: string;
}

/** The longest note that the API server takes, in bytes (pkg/apis/core/validation/events.go, NoteLengthLimit). */
const MAX_NOTE = 1024;

/** What is new since the status before: a commit, a pull request, another standing of Ready. Nothing when nothing changed. */
export function transitionsOf(outcome: DsoOutcome, before: DsoStatus | null, after: DsoStatus): readonly Transition[] {
  const transitions: Transition[] = [];
  const commit = after.gitOps?.lastCommit;
  const isCommitted = commit !== undefined && commit !== before?.gitOps?.lastCommit;
  if (isCommitted) {
    const records = [outcome.decided?.record, outcome.landed];
    const record = records.find((one) => one?.seq === after.gitOps?.state?.seq);
    const text = record?.reason ?? 'overlays without a count, so that wiring them breaks no build';
    transitions.push({
      type: 'Normal',
      reason: 'Committed',
      action: 'Commit',
      message: `${commit.slice(0, 10)}: ${text}`,
    });
  }
  const [was, is] = [readyOf(before), readyOf(after)];
  transitions.push(...pullTransitions(before?.gitOps?.pullRequest, after.gitOps?.pullRequest));
  const isNews = is !== undefined && (was?.status !== is.status || was.reason !== is.reason);
  // That a push waits for its time is said by the status alone.
  if (!isNews || isPacing(is.reason) || (is.reason === 'Committed' && isCommitted)) return transitions.map(cut);
  const type = is.status === 'True' ? 'Normal' : 'Warning';
  // No commit is told twice: this one is older, and what was in its way is over.
  const isOver = is.reason === 'Committed';
  transitions.push({ type, reason: isOver ? 'Recovered' : is.reason, action: 'Evaluate', message: is.message });
  return transitions.map(cut);
}

type PullStatus = NonNullable<DsoStatus['gitOps']>['pullRequest'];

const PULL_STATES: Readonly<Record<string, { readonly reason: keyof typeof EVENTS }>> = {
  open: { reason: 'PullRequestOpen' },
  merged: { reason: 'PullRequestMerged' },
  closed: { reason: 'PullRequestClosed' },
};

function pullTransitions(was: PullStatus, is: PullStatus): readonly Transition[] {
  if (!is || (was?.number === is.number && was.state === is.state)) return [];
  // The first one that is seen may have ended long ago.
  if (!was && is.state !== 'open') return [];
  const found = PULL_STATES[is.state];
  return found ? [{ type: 'Normal', ...found, action: 'Propose', message: `#${is.number}: ${is.url}` }] : [];
}

/** The push has its turn soon, or is under way. */
function isPacing(reason: string): boolean {
  return isOnItsWay(reason) || reason === 'LostRace';
}

function readyOf(status: DsoStatus | null): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

function cut(transition: Transition): Transition {
  return { ...transition, message: cutToBytes(transition.message, MAX_NOTE) };
}
