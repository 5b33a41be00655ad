import { setTimeout as sleep } from 'node:timers/promises';
import type { ProductError } from '../errors.ts';
import type { Leadership } from './leadership.ts';

/** What came of an election: it leads, it waits for who does, or it cannot take part. */
export type Standing =
  | { readonly kind: 'leads' }
  | { readonly kind: 'waits'; readonly holder: string }
  | { readonly kind: 'fails'; readonly error: ProductError };

/** One time of being the leader. */
export interface Term {
  /** Ends when it is over. */
  readonly signal: AbortSignal;
  /** Ends the signal where the term is over although nobody has noticed yet. */
  readonly check: () => void;
}

/** How long after the own clock says so the end of a term may be noticed. */
const LOOK_MS = 500;

/**
 * Works as long as it leads, again each time that it does, until it is stopped. What is held is given back at the end.
 *
 * @param work resolves soon after the signal of its term, or of `stop`, has ended
 * @param onStanding told of every try
 */
export async function whileLeading(
  leadership: Leadership,
  work: (term: Term) => Promise<void>,
  stop: AbortSignal,
  onStanding: (standing: Standing) => void,
): Promise<void> {
  const attempt = async (): Promise<void> => {
    const error = await leadership.attempt();
    if (error) onStanding({ kind: 'fails', error });
    else onStanding(leadership.isHeld ? { kind: 'leads' } : { kind: 'waits', holder: leadership.holder });
  };
  try {
    while (!stop.aborted) {
      await attempt();
      if (leadership.isHeld) await lead(leadership, work, attempt);
      else await sleep(leadership.delay, undefined, { signal: stop }).catch(() => undefined);
    }
  } finally {
    // Where that fails it is anybody's soon.
    await leadership.release().catch(() => undefined);
  }
}

async function lead(
  leadership: Leadership,
  work: (term: Term) => Promise<void>,
  attempt: () => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const ended = new AbortController();
  const check = (): void => {
    if (!leadership.isHeld && !over.signal.aborted) over.abort(new Error('the Lease was lost'));
  };
  const looking = setInterval(check, LOOK_MS);
  const renewing = renew(leadership, attempt, ended.signal);
  try {
    await work({ signal: over.signal, check });
  } finally {
    clearInterval(looking);
    ended.abort();
    await renewing;
  }
}

async function renew(leadership: Leadership, attempt: () => Promise<void>, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await sleep(leadership.delay, undefined, { signal: ended }).catch(() => undefined);
    if (!ended.aborted) await attempt();
  }
}
