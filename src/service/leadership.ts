import { asProductError, type ProductError } from '../errors.ts';

/** A Lease of coordination.k8s.io/v1, as far as it matters. */
export interface Lease {
  /** Who holds it; empty: nobody. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** When the holder got it, epoch milliseconds. */
  readonly acquiredAt: number;
  /** When it was renewed last, epoch milliseconds. */
  readonly renewedAt: number;
  /** How often it changed hands. */
  readonly transitions: number;
}

/** A Lease with the version that the next write must replace. */
export interface StoredLease extends Lease {
  readonly version: string;
}

/** Where Leases are. */
export interface LeaseStore {
  /** null: there is none yet. @throws ProductError */
  read(name: string): Promise<StoredLease | null>;
  /**
   * @param replaced null: it is made
   * @returns null: somebody was faster
   * @throws ProductError
   */
  write(name: string, lease: Lease, replaced: StoredLease | null): Promise<StoredLease | null>;
}

/** What taking part in an election needs. */
export interface LeadershipOptions {
  readonly store: LeaseStore;
  /** All of them are held, or nothing is done. */
  readonly names: readonly string[];
  /** Nobody else has it. */
  readonly identity: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds on a clock that nobody sets. */
  readonly clock: () => number;
}

/** A Lease that was not renewed for this long is anybody's. */
export const LEASE_MS = 8000;
/** Who could not renew for this long does nothing any more: well before another may begin. */
const HOLD_MS = 5500;
/** Between two tries, with up to a fifth more. */
const RETRY_MS = 2000;

/** A Lease as it was seen, and since when it is like that by the own clock: clocks of others are not trusted. */
interface Seen {
  readonly lease: StoredLease | null;
  readonly since: number;
}

/** The right to be the one writer, as other controllers of Kubernetes have it. */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #seen = new Map<string, Seen>();
  /** What may be held, also where it is not known what came of a write. */
  readonly #written = new Set<string>();
  /** When what is held was renewed last, by the own clock; null: it is not held. */
  #renewedAt: number | null = null;
  #holder = '';

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  /** Whether it may write now, also after a time in which this process stood still. */
  get isHeld(): boolean {
    return this.#renewedAt !== null && this.#options.clock() - this.#renewedAt < HOLD_MS;
  }

  /** Who holds it, when somebody else does; empty: nobody is known to. */
  get holder(): string {
    return this.#holder;
  }

  /** Milliseconds until the next try. */
  get delay(): number {
    return RETRY_MS * (1 + Math.random() / 5);
  }

  /** Takes or renews all of it. @returns why that could not be tried; null: it was */
  async attempt(): Promise<ProductError | null> {
    const begun = this.#options.clock();
    try {
      const [first, ...others] = this.#options.names;
      // Who has the first one mostly has the others: they are not taken one after the other, there may be many.
      const hasFirst = first === undefined || (await this.#take(first));
      const taken = hasFirst ? await all(others.map((name) => this.#take(name))) : [false];
      if (taken.includes(false)) {
        // Another configuration may share a part of them: two that keep what they have would wait for each other.
        await this.release();
        return null;
      }
      this.#renewedAt = begun;
      this.#holder = '';
      return null;
    } catch (error) {
      return asProductError(error);
    }
  }

  /** Gives back what is held: another one need not wait. @throws ProductError the first of what could not be given back */
  async release(): Promise<void> {
    this.#renewedAt = null;
    await all([...this.#written].map((name) => this.#giveBack(name)));
  }

  /** Asks who holds it: the answer to the last write may be lost. */
  async #giveBack(name: string): Promise<void> {
    const { store, identity, now } = this.#options;
    const lease = await store.read(name);
    if (lease?.holder === identity)
      await store.write(name, { ...lease, holder: '', durationSeconds: 1, renewedAt: now() }, lease);
    this.#written.delete(name);
  }

  /** A conflict alone does not tell who was faster: a renewal of the own that was given up may have landed late. */
  async #take(name: string): Promise<boolean> {
    return (await this.#tryToTake(name)) ?? (await this.#tryToTake(name)) ?? false;
  }

  /** @returns whether it is held now; null: it was changed meanwhile */
  async #tryToTake(name: string): Promise<boolean | null> {
    const { store, identity, now, clock } = this.#options;
    const { lease, since } = this.#look(name, await store.read(name));
    const isOwn = lease?.holder === identity;
    if (lease && !isOwn && lease.holder !== '' && clock() - since < lease.durationSeconds * 1000) {
      this.#holder = lease.holder;
      return false;
    }
    this.#written.add(name);
    const written = await store.write(
      name,
      {
        holder: identity,
        durationSeconds: LEASE_MS / 1000,
        acquiredAt: isOwn ? lease.acquiredAt : now(),
        renewedAt: now(),
        transitions: (lease?.transitions ?? 0) + (isOwn || !lease ? 0 : 1),
      },
      lease,
    );
    if (!written) return null;
    this.#seen.set(name, { lease: written, since: clock() });
    return true;
  }

  #look(name: string, lease: StoredLease | null): Seen {
    const before = this.#seen.get(name);
    if (before && before.lease?.version === lease?.version) return before;
    const seen = { lease, since: this.#options.clock() };
    this.#seen.set(name, seen);
    return seen;
  }
}

/** All answers, when every one is there: nothing goes on behind a failure. @throws the first failure */
async function all<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
