import type { Forge, PullRequest, Review } from '../forge/forge.ts';
import type { Waiting } from './waiting.ts';

/** What is frozen is asked for its review this often where nothing about it changes. */
const REVIEW_MS = 600_000;

interface KnownReview {
  /** Of the pull request, when it was asked for. */
  readonly updatedAt: number;
  /** When it is asked for again all the same, epoch milliseconds. */
  readonly until: number;
  readonly waiting: Waiting;
}

/** Reviews that keep pull requests as they are. */
export class Reviews {
  /** By number of the pull request. */
  readonly #known = new Map<number, KnownReview>();

  /** Why a pull request is left as it is, as was read lately; null: nothing is known that keeps it. */
  known({ number, updatedAt }: PullRequest, now: number): Waiting | null {
    const known = this.#known.get(number);
    return known && known.updatedAt === updatedAt && known.until > now ? known.waiting : null;
  }

  /** The same as the forge says it now; null: it may get another commit. */
  async ask({ number, updatedAt }: PullRequest, now: number, forge: Forge): Promise<Waiting | null> {
    const waiting = waitingOf(await forge.review(number));
    if (waiting) this.#known.set(number, { updatedAt, until: now + REVIEW_MS, waiting });
    else this.#known.delete(number);
    return waiting;
  }
}

/** Why a review keeps a pull request as it is; null: it does not. One that cannot be merged as it is is not kept so. */
function waitingOf({ state, isQueued, isAutoMergeArmed, decision, approvals, mergeable }: Review): Waiting | null {
  if (state !== 'open') return { reason: 'Ended', message: `it was ${state} meanwhile` };
  if (isQueued) return { reason: 'Queued', message: 'it is in the merge queue' };
  if (mergeable === 'conflicting') return null;
  if (isAutoMergeArmed) return { reason: 'AutoMergeArmed', message: 'it is to be merged by itself' };
  const isApproved = decision === 'approved' || (decision === null && approvals > 0);
  return isApproved
    ? { reason: 'Approved', message: 'it is approved as it is: what came since waits for its merge' }
    : null;
}
