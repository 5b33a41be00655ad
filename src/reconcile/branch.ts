import type { Destination } from '../config/load.ts';
import { asProductError, ProductError } from '../errors.ts';
import { headPrefix } from '../proposal/head.ts';
import { Backoff } from './backoff.ts';
import type { Composition } from './compose.ts';
import { OneCall } from './one-call.ts';
import { type DestinationOutcome, untouched } from './outcome.ts';
import type { Patience } from './patience.ts';
import { Questions } from './questions.ts';
import { Refusals } from './refusals.ts';
import type { Gate, Publication, Published, Repository } from './repository.ts';
import { DAMAGED } from './retry.ts';
import { type Purpose, UNDER_WAY, type Waiting } from './waiting.ts';

/** How a branch is read and written: its destinations agree about that. */
export type BranchSettings = Pick<
  Destination,
  | 'url'
  | 'branch'
  | 'isBranchCreated'
  | 'isPartial'
  | 'author'
  | 'credentials'
  | 'signing'
  | 'minIntervalMs'
  | 'write'
  | 'forge'
> & {
  /** Directories that our files are below. */
  readonly roots: readonly string[];
  /** What branches begin with in which this installation proposes changes; null: it proposes none. */
  readonly proposedPrefix: string | null;
};

/** Opens a repository; `isRenewed`: what is cached of it is damaged and thrown away first. */
export type OpenRepository = (settings: BranchSettings, isRenewed: boolean) => Promise<Repository>;

/** A push of decisions. */
export interface Push {
  readonly publication: Publication;
  /** What goes to each destination. */
  readonly compositions: ReadonlyMap<Destination, Composition>;
  /** What to do when it has landed. */
  readonly landed: () => void;
}

/** States that are pushed by themselves, and what to do when they have landed. */
export interface Save {
  readonly publication: Publication;
  readonly landed: () => void;
}

/**
 * One branch of a repository with its destinations, each of them a directory in it: one tip, and at most one call to the
 * remote at a time. What a call brought is seen only when it is settled; a mirror that is made again is gone at once.
 */
export class Branch {
  /** At least one, in the order of the configuration. */
  readonly destinations: readonly Destination[];
  readonly settings: BranchSettings;
  readonly #open: OpenRepository;
  readonly #call = new OneCall<Purpose>();
  /** What can be asked of its history. */
  readonly questions: Questions;
  readonly #backoff: Backoff;
  readonly #refusals = new Refusals();
  #repository: Repository | null = null;
  #pushed: readonly DestinationOutcome[] = [];
  /** What is cached cannot be used. */
  #isUnreadable = false;
  #isDamaged = false;
  #hasMoved = false;

  constructor([first, ...others]: readonly [Destination, ...Destination[]], owner: string, open: OpenRepository) {
    this.destinations = [first, ...others];
    const isProposed = this.destinations.some(({ pullRequests }) => pullRequests !== null);
    this.settings = {
      ...first,
      forge: this.destinations.find(({ forge }) => forge !== null)?.forge ?? null,
      roots: this.destinations.map(({ root }) => root),
      proposedPrefix: isProposed ? headPrefix(owner) : null,
    };
    this.#open = open;
    this.#backoff = new Backoff(first.minIntervalMs);
    this.questions = new Questions(this, this.#backoff);
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

  /** Why it cannot be read, nor its history, or what is decided cannot be written; null: nothing is known against it. */
  get error(): ProductError | null {
    return this.#backoff.readError ?? this.#backoff.commitError ?? this.#backoff.historyError;
  }

  /** Why the last try to save states failed; null: it did not. */
  get stateError(): ProductError | null {
    return this.#backoff.stateError;
  }

  /** Whether a call to its remote is under way. */
  get isBusy(): boolean {
    return this.#call.purpose !== null;
  }

  /** Whether the tip is being learnt. */
  get isReading(): boolean {
    return this.#call.purpose === 'read';
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
    const [wasReadable, before, tip] = [this.isReadable, this.#repository, this.#repository?.tip];
    this.#call.start('read', async (gate) => {
      try {
        this.#repository = await this.#connect(gate);
        this.#isUnreadable = false;
        this.#isDamaged = false;
        this.#backoff.succeed('read', now);
      } catch (thrown) {
        await gate();
        this.#fail('read', asProductError(thrown), now);
      }
      // One that was made again could not be read meanwhile.
      if (this.isReadable !== wasReadable || this.#repository !== before || before?.tip !== tip) this.#hasMoved = true;
    });
  }

  /** Begins a push of decisions. What comes of it is there to `take` when it is settled. */
  push({ publication, compositions, landed }: Push, now: number): void {
    this.#publish('commit', publication, now, ({ commit, warnings }, error) => {
      const hasRecord = [...compositions.values()].some(({ decisions }) => {
        return [...decisions.values()].some((one) => one?.record);
      });
      if (!error && !hasRecord) this.#backoff.unpace();
      this.#pushed = [...compositions].map(([destination, composition]) => {
        return { ...untouched(destination), composition, commit, warnings, error };
      });
      if (!error) landed();
    });
  }

  /** Begins to save states; when it is settled, `stateError` says why it failed. */
  save({ publication, landed }: Save, now: number): void {
    this.#publish('state', publication, now, (_published, error) => {
      if (!error) landed();
    });
  }

  /** Notes that what is cached cannot be read. @param of where that was found: one that was made again since is another one */
  noteUnreadable(thrown: unknown, of: Repository | null = this.#repository): void {
    // It is being made again: what is read of it meanwhile is not there.
    if (this.isConnecting || of !== this.#repository) return;
    const error = asProductError(thrown);
    this.#isUnreadable = true;
    this.#backoff.failLocally(error);
    if (isLeftDamaged(error)) this.#isDamaged = true;
  }

  /** Waits for what is under way, and has its end told when there is no patience left. */
  async wait(patience: Patience): Promise<void> {
    await this.#call.wait(patience);
  }

  /** Lets the answer of what is under way be seen, if it comes within the patience. */
  async settle(patienceMs: number): Promise<void> {
    await this.#call.settle(patienceMs);
  }

  /** Whether others moved the tip, or it can be read again, since this was asked last. */
  takeMoved(): boolean {
    const hasMoved = this.#hasMoved;
    this.#hasMoved = false;
    return hasMoved;
  }

  /** Whether there is something to `take`. */
  get hasEnded(): boolean {
    return this.#pushed.length > 0;
  }

  /** What the last push of decisions came to; empty: it was taken, or is under way. */
  take(): readonly DestinationOutcome[] {
    const pushed = this.#pushed;
    this.#pushed = [];
    return pushed;
  }

  #publish(
    purpose: 'commit' | 'state',
    publication: Publication,
    now: number,
    ended: (published: Published, error: ProductError | null) => void,
  ): void {
    const repository = this.#repository;
    if (!repository || this.isBusy) throw new Error(`${this.settings.url} cannot be pushed to now`);
    this.#call.start(purpose, async (gate) => {
      try {
        const published = await repository.publish(publication, gate);
        this.#refusals.follow(repository.tip);
        this.#backoff.succeed(purpose, now);
        ended(published, null);
      } catch (thrown) {
        await gate();
        const error = asProductError(thrown);
        ended({ commit: null, warnings: [] }, error);
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
      const repository = this.#repository ?? (await this.#open(this.settings, false));
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
    const renewed = await this.#open(this.settings, true);
    await renewed.refresh(gate);
    return renewed;
  }
}

/** Git does not clean up what it has half written when the disk is full, so it would stay full. */
function isLeftDamaged({ reason }: ProductError): boolean {
  return reason === DAMAGED || reason === 'DiskFull';
}
