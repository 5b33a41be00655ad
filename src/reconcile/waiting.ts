/** Why what is composed is not pushed yet although nothing failed. */
export interface Waiting {
  /** Stable. */
  readonly reason: string;
  readonly message: string;
}

/** What a call to a remote is for: to learn the tip or the history, to push decisions, or to save states that no commit carries. */
export type Purpose = 'read' | 'history' | 'commit' | 'state';

/** A call is under way, and there is only one at a time. */
export const UNDER_WAY: Readonly<Record<Purpose, Waiting>> = {
  read: { reason: 'Fetching', message: 'the tip of the branch is being learnt; the push comes after it' },
  commit: { reason: 'Pushing', message: 'the remote has not answered a push yet' },
  history: {
    reason: 'ReadingHistory',
    message: 'the history of the branch is being read, which tells what was decided last',
  },
  state: { reason: 'SavingState', message: 'states are being saved beside the branch; the push comes after it' },
};

/** What came of an earlier push is told first. */
export const NEXT_PUSH: Waiting = {
  reason: 'NextPush',
  message: 'an earlier push has just ended; this goes with the next one',
};

/** The tip has to be learnt again, and everything that is decided on it. */
export const RACED: Waiting = { reason: 'LostRace', message: 'another writer was faster; it is tried again' };

/** Other destinations have their turn after home. */
export const NOT_HOME: Waiting = {
  reason: 'WaitsForHome',
  message: 'the decision is not on the branch of its home yet',
};

/** Nothing is begun any more. */
export const ENDED: Waiting = {
  reason: 'Ended',
  message: 'dso-gitops ends before this was pushed; it goes on when it runs again',
};

/** @param time epoch milliseconds */
export function pacedUntil(time: number): Waiting {
  return {
    reason: 'Paced',
    message: `by pacing.minInterval the next push is at ${new Date(time).toISOString()}`,
  };
}
