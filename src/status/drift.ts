import { isDeepStrictEqual } from 'node:util';
import { DsoStatus } from '../api/status.ts';
import { isOver } from '../reconcile/wait.ts';
import { Packed } from '../sources/packed.ts';

/**
 * How long another status of ours may stand. The watch may be behind what was written, for 90 seconds when it has gone
 * silent; and what another process of ours wrote, such as the command line, is ahead of what this one knows until it has
 * learnt the tip.
 */
const PATIENCE_MS = 120_000;

const NOTHING = new Packed(undefined);

/** Whether the API server still has the status of one DSO that was written, as far as the watch shows it. */
export class Drift {
  /** What the API server answered to the last write. */
  #expected = NOTHING;
  #shown = NOTHING;
  /** Since when another one is shown, epoch milliseconds; null: it is not. */
  #since: number | null = null;

  /** The API server has this one from now on. */
  expect(status: Packed): void {
    this.#expected = status;
    this.#since = null;
  }

  /** The watch shows this one. */
  show(status: Packed): void {
    this.#shown = status;
  }

  /** Whether it has to be written again: something is missing, or it has been another one for too long. */
  isLost(now: number): boolean {
    if (this.#isAsExpected()) {
      // The next comparison is none.
      this.expect(this.#shown);
      return false;
    }
    const [shown, expected] = [this.#shown.unpack(), this.#expected.unpack()];
    this.#since ??= now;
    const wait = { since: this.#since, until: this.#since + PATIENCE_MS };
    return !isWhole(shown, expected) || isOver(wait, now);
  }

  #isAsExpected(): boolean {
    if (this.#shown.isSameText(this.#expected)) return true;
    return isDeepStrictEqual(this.#shown.unpack(), this.#expected.unpack());
  }
}

/** Whether a status has all that one of ours has: then a process of ours wrote it. */
function isWhole(shown: unknown, expected: unknown): boolean {
  const [is, was] = [shown, expected].map((status) => DsoStatus.safeParse(status).data);
  if (!is || !was) return false;
  const hasState = is.gitOps?.state !== undefined || was.gitOps?.state === undefined;
  const isReadyThere = is.conditions?.some(({ type }) => type === 'Ready') === true;
  return hasState && isReadyThere && Object.keys(was).every((name) => name in is);
}
