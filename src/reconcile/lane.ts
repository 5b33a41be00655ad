import { setTimeout as sleep } from 'node:timers/promises';
import type { Destination } from '../config/load.ts';
import { asProductError, ProductError } from '../errors.ts';
import type { Composition } from './compose.ts';
import type { OpenRepository } from './connections.ts';
import { type DestinationOutcome, untouched } from './outcome.ts';
import type { Gate, Publication, Repository } from './repository.ts';
import { MAX_ATTEMPTS, retryDelay } from './retry.ts';

/** A push: what is written, and what to do when it has landed. */
export interface Push {
  readonly publication: Publication;
  /** null: only states are pushed. */
  readonly composition: Composition | null;
  readonly landed: () => void;
}

/** The one call to the remote that is under way. */
interface Operation {
  /** The remote has answered. */
  readonly answered: Promise<void>;
  /** Lets the answer be seen. */
  readonly open: () => void;
  readonly ended: Promise<void>;
}

/** How often tips are learnt when nothing else happens: foreign commits, hand edits. */
const REFRESH_MS = 60_000;
const DAMAGED = 'MirrorDamaged';

/** Why a push waits. */
export const UNDER_WAY = { reason: 'Pushing', message: 'the remote has not answered yet' };
export const RACED = { reason: 'LostRace', message: 'another writer was faster; it is tried again' };

/**
 * One destination: its repository, and at most one call to its remote at a time. A call that takes long goes on by itself;
 * what it brought is seen only when it is settled, so that nothing moves under who reads.
 */
export class Lane {
  readonly destination: Destination;
  readonly #open: OpenRepository;
  #repository: Repository | null = null;
  #operation: Operation | null = null;
  #pushed: DestinationOutcome | null = null;
  /** Why the remote cannot be read; what was read before is still known. */
  #readError: ProductError | null = null;
  #pushError: ProductError | null = null;
  /** What is cached cannot be used. */
  #isUnreadable = false;
  #isDamaged = false;
  #readFailures = 0;
  #pushFailures = 0;
  #refreshAt = Number.NEGATIVE_INFINITY;
  #pushAt = Number.NEGATIVE_INFINITY;
  #hasMoved = false;

  constructor(destination: Destination, open: OpenRepository) {
    this.destination = destination;
    this.#open = open;
  }

  /** null: it was never reached. */
  get repository(): Repository | null {
    return this.#repository;
  }

  /** Whether its remote has not answered yet, for the first time. */
  get isConnecting(): boolean {
    return this.#repository === null && this.#readError === null;
  }

  /** Whether what is known of it can be read, also while its remote cannot be reached. */
  get isReadable(): boolean {
    return this.#repository !== null && !this.#isUnreadable;
  }

  /** Why its remote cannot be read; null: it can. */
  get readError(): ProductError | null {
    return this.#readError;
  }

  /** Why it cannot be read or written; null: nothing is known against it. */
  get error(): ProductError | null {
    return this.#readError ?? this.#pushError;
  }

  /** Whether a call to its remote is under way. */
  get isBusy(): boolean {
    return this.#operation !== null;
  }

  /** Whether the tip is to be learnt again. */
  isRefreshDue(now: number): boolean {
    return now >= this.#refreshAt;
  }

  /** Why nothing can be pushed now; null: it can. */
  waitsFor(now: number): DestinationOutcome['waiting'] {
    if (this.#operation) return UNDER_WAY;
    if (now >= this.#pushAt) return null;
    return this.#pushFailures > 0 ? RACED : pacedUntil(this.#pushAt);
  }

  /** When something is to be done here, epoch milliseconds. @param isWaiting something is to be pushed */
  nextAt(now: number, isWaiting: boolean): number {
    if (this.#operation) return Number.POSITIVE_INFINITY;
    return Math.max(now + 1, isWaiting ? Math.min(this.#refreshAt, this.#pushAt) : this.#refreshAt);
  }

  /** Begins to learn the tip; a damaged mirror is made again, it is only a cache. */
  refresh(now: number): void {
    if (this.#operation) return;
    this.#refreshAt = now + REFRESH_MS;
    const [wasReadable, tip] = [this.isReadable, this.#repository?.tip];
    this.#start(async (gate) => {
      try {
        this.#repository = await this.#connect(gate);
        this.#isUnreadable = false;
        this.#isDamaged = false;
        this.#readError = null;
        this.#readFailures = 0;
      } catch (error) {
        await gate();
        this.#readFailures += 1;
        this.#readError = asProductError(error);
        if (isLeftDamaged(this.#readError)) this.#isDamaged = true;
        this.#refreshAt = now + retryDelay(this.#readError, this.#readFailures);
      }
      if (this.isReadable !== wasReadable || this.#repository?.tip !== tip) this.#hasMoved = true;
    });
  }

  /** Begins a push; what comes of it is there to `take` when it is settled. */
  push({ publication, composition, landed }: Push, now: number): void {
    const repository = this.#repository;
    if (!repository || this.#operation) throw new Error(`${this.destination.name} cannot be pushed to now`);
    const nothing = { ...untouched(this.destination), composition };
    this.#start(async (gate) => {
      try {
        const commit = await repository.publish(publication, gate);
        landed();
        this.#pushFailures = 0;
        this.#pushError = null;
        if (commit !== null) this.#pushAt = now + this.destination.minIntervalMs;
        this.#pushed = { ...nothing, commit };
      } catch (thrown) {
        await gate();
        const error = asProductError(thrown);
        this.#pushed = { ...nothing, error };
        this.#pushFailed(error, now);
      }
    });
  }

  /** Notes that what is cached cannot be read. */
  noteUnreadable(thrown: unknown): void {
    const error = asProductError(thrown);
    this.#isUnreadable = true;
    this.#readError = error;
    if (isLeftDamaged(error)) this.#isDamaged = true;
    this.#refreshAt = Number.NEGATIVE_INFINITY;
  }

  /** Notes that there is nothing to push: what was said of a push does not matter any more. */
  rest(): void {
    this.#pushFailures = 0;
    this.#pushError = null;
  }

  /** Lets the answer of what is under way be seen, if it comes within the patience. */
  async settle(patienceMs: number): Promise<void> {
    const operation = this.#operation;
    if (!operation || !(await isWithin(operation.answered, patienceMs))) return;
    operation.open();
    await operation.ended;
    this.#operation = null;
  }

  /** Calls back when the remote has answered what is under way. */
  whenAnswered(call: () => void): void {
    void this.#operation?.answered.then(call);
  }

  /** Whether others moved the tip, or it can be read again, since this was asked last. */
  takeMoved(): boolean {
    const hasMoved = this.#hasMoved;
    this.#hasMoved = false;
    return hasMoved;
  }

  /** What the last push came to; null: it was taken, or is under way. */
  take(): DestinationOutcome | null {
    const pushed = this.#pushed;
    this.#pushed = null;
    return pushed;
  }

  #pushFailed(error: ProductError, now: number): void {
    // A refused path is the matter of those who need it.
    if (error.path !== null) return;
    this.#pushFailures += 1;
    if (isLeftDamaged(error)) this.#isDamaged = true;
    // A faster writer is no trouble of the destination as long as it is not always faster.
    if (error.kind !== 'retry' || this.#pushFailures >= MAX_ATTEMPTS) this.#pushError = error;
    this.#pushAt = now + retryDelay(error, this.#pushFailures);
    this.#refreshAt = this.#pushAt;
  }

  #start(work: (gate: Gate) => Promise<void>): void {
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
    this.#operation = { answered, open, ended: work(gate) };
  }

  async #connect(gate: Gate): Promise<Repository> {
    try {
      if (this.#isDamaged) throw new ProductError('later', DAMAGED, 'the mirror is made again');
      const repository = this.#repository ?? (await this.#open(this.destination, false));
      if (!(await repository.isWorn())) {
        await repository.refresh(gate);
        return repository;
      }
      // Nothing is wrong: as long as it is made again, nothing is said of its DSOs.
      this.#repository = null;
    } catch (error) {
      if (!(error instanceof ProductError) || error.reason !== DAMAGED) throw error;
      // Not the remote: the mirror itself is damaged, and it is only a cache.
      if (this.#repository) this.noteUnreadable(error);
    }
    const renewed = await this.#open(this.destination, true);
    await renewed.refresh(gate);
    return renewed;
  }
}

function pacedUntil(time: number): NonNullable<DestinationOutcome['waiting']> {
  return { reason: 'Paced', message: `by pacing.minInterval the next push is at ${new Date(time).toISOString()}` };
}

/** Git does not clean up what it has half written when the disk is full, so it would stay full. */
function isLeftDamaged({ reason }: ProductError): boolean {
  return reason === DAMAGED || reason === 'DiskFull';
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
