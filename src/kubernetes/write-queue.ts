import type { ProductError } from '../errors.ts';
import { isOver, type Wait } from '../reconcile/wait.ts';

/** What the queue needs. */
export interface WriteQueueOptions<T> {
  readonly now: () => number;
  /** Writes; null: that is done with, else why it failed. Never rejects. */
  readonly write: (key: string, job: T) => Promise<ProductError | null>;
  /** A newer job with what it takes over from an older one that is not written. */
  readonly merge: (older: T, newer: T) => T;
  /** Told that a job failed and is not tried again. */
  readonly onDropped: (key: string, error: ProductError) => void;
}

/** The newest of what is to be written under one key. */
interface Waiting<T> {
  readonly job: T;
  readonly wait: Wait;
  readonly failures: number;
}

const RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
const PARALLEL = 8;

/** Writes the newest job of every key, one of a key at a time, and again after a failure that can pass. */
export class WriteQueue<T> {
  readonly #options: WriteQueueOptions<T>;
  readonly #waiting = new Map<string, Waiting<T>>();
  readonly #writing = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #idle: (() => void)[] = [];
  /** What is left is written now, until this ends; null: it goes on as ever. */
  #end: AbortSignal | null = null;

  constructor(options: WriteQueueOptions<T>) {
    this.#options = options;
  }

  /** Whether something of the key is waiting or on its way. */
  has(key: string): boolean {
    return this.#waiting.has(key) || this.#writing.has(key);
  }

  /** Takes the place of what waits; it is begun by `pump`. @param notBefore epoch milliseconds; 0: at once */
  put(key: string, job: T, notBefore: number): void {
    const older = this.#waiting.get(key);
    this.#waiting.set(key, {
      job: older ? this.#options.merge(older.job, job) : job,
      wait: { since: this.#options.now(), until: Math.min(older?.wait.until ?? notBefore, notBefore) },
      failures: older?.failures ?? 0,
    });
  }

  /** Begins what is due. */
  pump(): void {
    if (this.#end?.aborted) this.#waiting.clear();
    const now = this.#options.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [key, waiting] of this.#waiting) {
      if (this.#writing.size >= PARALLEL) return;
      // An older one that lands after a newer one would stay.
      if (this.#writing.has(key)) continue;
      if (!isOver(waiting.wait, now) && !this.#end) {
        next = Math.min(next, waiting.wait.until);
        continue;
      }
      this.#waiting.delete(key);
      this.#writing.add(key);
      void this.#write(key, waiting);
    }
    this.#schedule(next - now);
  }

  /**
   * Writes what is waiting, also what waited for its time; resolves when all of it was tried.
   *
   * @param end from then on nothing is begun
   */
  async flush(end: AbortSignal): Promise<void> {
    this.#end = end;
    this.pump();
    if (this.#writing.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #schedule(delayMs: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (Number.isFinite(delayMs)) this.#timer = setTimeout(() => this.pump(), Math.max(0, delayMs)).unref();
  }

  async #write(key: string, waiting: Waiting<T>): Promise<void> {
    const error = await this.#options.write(key, waiting.job);
    this.#writing.delete(key);
    if (error) this.#again(key, waiting, error);
    this.pump();
    if (this.#writing.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #again(key: string, { job, failures }: Waiting<T>, error: ProductError): void {
    const { kind, reason } = error;
    const newer = this.#waiting.get(key);
    if (newer) {
      this.#waiting.set(key, { ...newer, job: this.#options.merge(job, newer.job) });
      return;
    }
    // It is gone, or another one writes: what is next comes as an event of the watch.
    if (this.#end || reason === 'NotFound' || reason === 'Conflict') {
      this.#options.onDropped(key, error);
      return;
    }
    const delayMs = kind === 'act' ? MAX_RETRY_MS : Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** Math.min(failures, 6));
    const since = this.#options.now();
    this.#waiting.set(key, { job, failures: failures + 1, wait: { since, until: since + delayMs } });
  }
}
