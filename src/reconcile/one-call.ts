import { setTimeout as sleep } from 'node:timers/promises';
import type { Patience } from './patience.ts';
import type { Gate } from './repository.ts';

interface Call<P> {
  readonly purpose: P;
  /** The remote has answered. */
  readonly answered: Promise<void>;
  /** Lets the answer be seen. */
  readonly open: () => void;
  readonly ended: Promise<void>;
}

/**
 * At most one call to a remote at a time. One that takes long goes on by itself; what it brought is seen only when it is
 * settled, so that nothing moves under who reads.
 */
export class OneCall<P extends string> {
  #call: Call<P> | null = null;

  /** What the call that is under way is for; null: there is none. */
  get purpose(): P | null {
    return this.#call?.purpose ?? null;
  }

  /** Begins a call. @param work passes the gate before it changes what others read, and never rejects */
  start(purpose: P, work: (gate: Gate) => Promise<void>): void {
    if (this.#call) throw new Error(`a call is under way: ${this.#call.purpose}`);
    let answer = (): void => undefined;
    let open = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const gate = async (): Promise<void> => {
      answer();
      await opened;
    };
    this.#call = { purpose, answered, open, ended: work(gate).finally(answer) };
  }

  /** Lets the answer of what is under way be seen, if it comes within the patience. @returns whether it did */
  async settle(patienceMs: number): Promise<boolean> {
    const call = this.#call;
    if (!call) return true;
    if (!(await isWithin(call.answered, patienceMs))) return false;
    call.open();
    try {
      await call.ended;
    } finally {
      if (this.#call === call) this.#call = null;
    }
    return true;
  }

  /** Waits for what is under way, and has its end told when there is no patience left. @returns whether it has ended */
  async wait({ ms, resume }: Patience): Promise<boolean> {
    const hasEnded = await this.settle(ms);
    void this.#call?.answered.then(resume);
    return hasEnded;
  }
}

async function isWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  if (!Number.isFinite(ms)) return promise.then(() => true);
  const timer = new AbortController();
  try {
    return await Promise.race([promise.then(() => true), sleep(ms, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
