/** How long to wait for remotes; what takes longer goes on and is seen later. */
export interface Patience {
  /** Milliseconds; Infinity waits for all. */
  readonly ms: number;
  /** Called when a remote has answered that was not waited for. */
  readonly resume: () => void;
}

/** Waits as long as it takes. */
export const ENDLESS: Patience = { ms: Number.POSITIVE_INFINITY, resume: () => undefined };
