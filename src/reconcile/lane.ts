import type { Destination } from '../config/load.ts';
import { asProductError, ProductError } from '../errors.ts';
import { Backoff } from './backoff.ts';
import type { Composition } from './compose.ts';
import type { OpenRepository } from './connections.ts';
import { OneCall } from './one-call.ts';
import { type DestinationOutcome, untouched } from './outcome.ts';
import { Refusals } from './refusals.ts';
import type { Gate, Publication, Repository } from './repository.ts';
import { DAMAGED } from './retry.ts';
import { UNDER_WAY, type Waiting } from './waiting.ts';

/** A push of decisions to one branch. */
export interface Push {
  readonly publication: Publication;
  /** Below each root that something goes to. */
  readonly parts: readonly PushedPart[];
}

/** What a push brings to one destination, and what to do when it is seen to have landed there. */
export interface PushedPart {
  readonly lane: Lane;
  readonly composition: Composition;
  readonly landed: () => void;
}

/** States that are pushed by themselves, and what to do when they have landed. */
export interface Save {
  readonly publication: Publication;
  readonly landed: () => void;
}

/**
 * One destination: its repository, and at most one call to its remote at a time. What it brought is seen only when it is
 * settled.
 */
export class Lane {
  readonly destination: Destination;
  readonly #open: OpenRepository;
  readonly #call = new OneCall();
  readonly #backoff: Backoff;
  readonly #refusals = new Refusals();
  #repository: Repository | null = null;
  #pushed: DestinationOutcome | null = null;
  /** What is cached cannot be used. */
  #isUnreadable = false;
  #isDamaged = false;
  #hasMoved = false;
  /** What is to be done when the tip is seen that another lane has pushed. */
  #landings: (() => void)[] = [];

  constructor(destination: Destination, open: OpenRepository) {
    this.destination = destination;
    this.#open = open;
    this.#backoff = new Backoff(destination.minIntervalMs);
  }

  /** null: it was never reached. */
  get repository(): Repository | null {
    return this.#repository;
  }

  /** Whether its remote has not answered yet, for the first time. */
  get isConnecting(): boolean {
    return this.#repository === null && this.readError === null;
  }

  /** Whether what is known of it can be read, also while its remote cannot be reached. */
  get isReadable(): boolean {
    return this.#repository !== null && !this.#isUnreadable;
  }

  /** Why its remote cannot be read; what was read before is still known. null: it can. */
  get readError(): ProductError | null {
    return this.#backoff.readError;
  }

  /** Why it cannot be read, or what is decided cannot be written; null: nothing is known against it. */
  get error(): ProductError | null {
    return this.#backoff.readError ?? this.#backoff.commitError;
  }

  /** Why the last try to save states failed; null: it did not. */
  get stateError(): ProductError | null {
    return this.#backoff.stateError;
  }

  /** Whether a call to its remote is under way. */
  get isBusy(): boolean {
    return this.#call.purpose !== null;
  }

  /** Whether the tip is to be learnt again. */
  isRefreshDue(now: number): boolean {
    return this.#backoff.isReadDue(now);
  }

  /** Why nothing can be pushed now; null: it can. */
  waitsFor(now: number): Waiting | null {
    const { purpose } = this.#call;
    return purpose ? UNDER_WAY[purpose] : this.#backoff.waitsFor(now);
  }

  /** Why no state is to be saved now; null: it can be. */
  refusesState(now: number): ProductError | null {
    return this.#backoff.refusesState(now);
  }

  /** When something is to be done here, epoch milliseconds. @param isWaiting something is to be pushed */
  nextAt(now: number, isWaiting: boolean): number {
    return this.isBusy ? Number.POSITIVE_INFINITY : Math.max(now + 1, this.#backoff.nextAt(now, isWaiting));
  }

  /** Notes whether there are decisions to push. */
  want(isWanted: boolean, now: number): void {
    this.#backoff.want(isWanted, now);
  }

  /** Notes paths that are not ours to write as the tip is. */
  refuse(errors: readonly ProductError[]): void {
    this.#refusals.note(errors, this.#repository?.tip ?? null);
  }

  /** Why one of the files is not ours to write as the tip is; null: nothing is known against it. */
  refusalOf(files: Iterable<string>): ProductError | null {
    return this.#refusals.against(files, this.#repository?.tip ?? null);
  }

  /** Begins to learn the tip; a damaged mirror is made again, it is only a cache. */
  refresh(now: number): void {
    if (this.isBusy) return;
    this.#backoff.beginRead(now);
    const [wasReadable, tip] = [this.isReadable, this.#repository?.tip];
    // What lands from now on may be too late to be seen by this call.
    const landings = this.#landings.splice(0);
    this.#call.start('read', async (gate) => {
      try {
        this.#repository = await this.#connect(gate);
        this.#isUnreadable = false;
        this.#isDamaged = false;
        this.#backoff.succeed('read', now);
        for (const landed of landings) landed();
      } catch (thrown) {
        await gate();
        this.#landings.unshift(...landings);
        this.#fail('read', asProductError(thrown), now);
      }
      if (this.isReadable !== wasReadable || this.#repository?.tip !== tip) this.#hasMoved = true;
    });
  }

  /**
   * Begins a push of decisions, also below the roots of other lanes of the branch. What comes of it is there to `take` from
   * each when it is settled; the others see it when they have learnt the tip, which is due then.
   */
  push({ publication, parts }: Push, now: number): void {
    this.#publish('commit', publication, now, (commit, error) => {
      const hasRecord = parts.some(({ composition }) => [...composition.decisions.values()].some((one) => one?.record));
      if (!error && !hasRecord) this.#backoff.unpace();
      for (const { lane, composition, landed } of parts) {
        lane.#pushed = { ...untouched(lane.destination), composition, commit, error };
        if (error) continue;
        // Whichever of them carries the next one: it is paced, and nothing of an earlier failure stands.
        if (lane !== this) lane.#backoff.succeed('commit', now);
        // Another lane has seen it already, or sees it with the tip.
        if (lane === this || lane.#repository?.tip === commit) landed();
        else lane.#landings.push(landed);
      }
    });
  }

  /** The tip is to be learnt as soon as that is possible. */
  fallBehind(): void {
    this.#backoff.hurryRead();
  }

  /** Begins to save states; when it is settled, `stateError` says why it failed. */
  save({ publication, landed }: Save, now: number): void {
    this.#publish('state', publication, now, (_commit, error) => {
      if (!error) landed();
    });
  }

  /** Notes that what is cached cannot be read. */
  noteUnreadable(thrown: unknown): void {
    // It is being made again: what is read of it meanwhile is not there.
    if (this.isConnecting) return;
    const error = asProductError(thrown);
    this.#isUnreadable = true;
    this.#backoff.failLocally(error);
    if (isLeftDamaged(error)) this.#isDamaged = true;
  }

  /** Lets the answer of what is under way be seen, if it comes within the patience. */
  async settle(patienceMs: number): Promise<void> {
    await this.#call.settle(patienceMs);
  }

  /** Calls back when the remote has answered what is under way. */
  whenAnswered(call: () => void): void {
    this.#call.whenAnswered(call);
  }

  /** Whether others moved the tip, or it can be read again, since this was asked last. */
  takeMoved(): boolean {
    const hasMoved = this.#hasMoved;
    this.#hasMoved = false;
    return hasMoved;
  }

  /** Whether there is something to `take`. */
  get hasEnded(): boolean {
    return this.#pushed !== null;
  }

  /** What the last push of decisions came to; null: it was taken, or is under way. */
  take(): DestinationOutcome | null {
    const pushed = this.#pushed;
    this.#pushed = null;
    return pushed;
  }

  #publish(
    purpose: 'commit' | 'state',
    publication: Publication,
    now: number,
    ended: (commit: string | null, error: ProductError | null) => void,
  ): void {
    const repository = this.#repository;
    if (!repository || this.isBusy) throw new Error(`${this.destination.name} cannot be pushed to now`);
    this.#call.start(purpose, async (gate) => {
      try {
        const commit = await repository.publish(publication, gate);
        this.#refusals.follow(repository.tip);
        this.#backoff.succeed(purpose, now);
        ended(commit, null);
      } catch (thrown) {
        await gate();
        const error = asProductError(thrown);
        ended(null, error);
        // A refused path is the matter of those who need it: without them it is not met again.
        if (!this.#refusals.note([error], repository.tip)) this.#fail(purpose, error, now);
      }
    });
  }

  #fail(purpose: 'read' | 'commit' | 'state', error: ProductError, now: number): void {
    if (isLeftDamaged(error)) this.#isDamaged = true;
    this.#backoff.fail(purpose, error, now);
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

/** Git does not clean up what it has half written when the disk is full, so it would stay full. */
function isLeftDamaged({ reason }: ProductError): boolean {
  return reason === DAMAGED || reason === 'DiskFull';
}
