import { isDeepStrictEqual } from 'node:util';
import { DsoStatus } from '../api/status.ts';
import { asProductError, type ProductError } from '../errors.ts';
import { WriteQueue } from '../kubernetes/write-queue.ts';
import { type DestinationOutcome, type DsoOutcome, identityOf, type TickResult } from '../reconcile/outcome.ts';
import { Presence } from '../reconcile/presence.ts';
import { isOver } from '../reconcile/wait.ts';
import type { StoredDso } from '../sources/hub.ts';
import { Packed } from '../sources/packed.ts';
import { Drift } from './drift.ts';
import type { StatusApi } from './status-api.ts';
import { statusOf } from './status-of.ts';
import { type Transition, transitionsOf } from './transitions.ts';

/** What the writer needs. */
export interface StatusWriterOptions {
  readonly api: StatusApi;
  /** Whether a DSO has a ScaledObject that is not known to be gone. */
  readonly isScaledByKeda: (dso: StoredDso) => boolean;
  readonly now: () => number;
  /** Told how every write went; one that failed is tried again when that can help. @param error null: it is written */
  readonly onWrite: (key: string, what: 'status' | 'event', error: ProductError | null) => void;
  /** Told that a write was refused for what others did: the watch may have shown that already, so look again. */
  readonly onRefused: () => void;
}

/** What is to be written for one DSO. */
interface Job {
  readonly stored: StoredDso;
  readonly status: Packed;
  readonly isForeign: boolean;
  /** It is no news: not written when the watch shows meanwhile that nothing is lost. */
  readonly isRepair: boolean;
  readonly transitions: readonly Transition[];
}

/** What is known of one DSO. */
interface Memory {
  readonly uid: string;
  /** Of what was offered last. */
  readonly outcome: number;
  readonly stored: StoredDso;
  /** What it is to be, written or on its way. */
  readonly status: Packed;
  readonly isScaledByKeda: boolean;
  /** When it was written last, epoch milliseconds; 0: not by this process. */
  readonly at: number;
  readonly drift: Drift;
}

/** What is no news for anybody, state or one that was removed, is written no more often than this. */
const QUIET_MS = 10_000;

/** Decides what the status of every DSO is to be and has it written when it is another one; events at transitions. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #memories = new Map<string, Memory>();
  readonly #presence = new Presence();
  /** Commits of which nothing was said yet, by key and by destination id: of a fleet, what came of a push is told first. */
  readonly #carried = new Map<string, Map<string, string>>();
  readonly #queue: WriteQueue<Job>;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#queue = new WriteQueue({
      now: options.now,
      write: (key, job) => this.#write(key, job),
      merge: (older, newer) => ({
        ...newer,
        isRepair: older.isRepair && newer.isRepair,
        transitions: [...older.transitions, ...newer.transitions],
      }),
      onDropped: (key, { reason }) => {
        this.#memories.delete(key);
        if (reason === 'Conflict') options.onRefused();
      },
    });
  }

  /** Takes what a tick came to. */
  offer({ outcomes, dsos, destinations, now }: TickResult): void {
    const byId = new Map(destinations.map((one) => [one.destination.id, one]));
    for (const { destination, commit, composition } of destinations)
      if (commit !== null) this.#noteCommit(destination.id, commit, composition?.decisions.keys() ?? []);
    const sorted = outcomes.values();
    let next = sorted.next().value;
    for (const { key, stored } of dsos) {
      while (next && next.key < key) next = sorted.next().value;
      if (stored && next?.key === key) this.#offerOne(key, stored, next, byId, now);
    }
    for (const key of this.#presence.takeGone(dsos)) {
      this.#memories.delete(key);
      this.#carried.delete(key);
    }
    this.#queue.pump();
  }

  /**
   * Writes what is waiting, also what waited for its time; resolves when all of it was tried.
   *
   * @param end from then on nothing is begun
   */
  async flush(end: AbortSignal): Promise<void> {
    await this.#queue.flush(end);
  }

  #noteCommit(destinationId: string, commit: string, keys: Iterable<string>): void {
    for (const key of keys) this.#carried.set(key, (this.#carried.get(key) ?? new Map()).set(destinationId, commit));
  }

  #offerOne(
    key: string,
    stored: StoredDso,
    outcome: DsoOutcome,
    destinations: ReadonlyMap<string, DestinationOutcome>,
    now: number,
  ): void {
    const last = this.#memories.get(key);
    const memory = last?.uid === stored.uid ? last : null;
    memory?.drift.show(stored.status);
    const isForeign = outcome.verdict.kind === 'stalled' && outcome.verdict.reason === 'ForeignStatusWriter';
    // Beside another controller nothing is insisted on.
    const isLost = memory !== null && !isForeign && !this.#queue.has(key) && isToRepair(stored, memory.drift, now);
    const isScaledByKeda = this.#options.isScaledByKeda(stored);
    const isSame =
      memory?.outcome === identityOf(outcome) &&
      isSameObject(memory.stored, stored) &&
      memory.isScaledByKeda === isScaledByKeda &&
      !this.#carried.has(key);
    if (isSame && !isLost && !isConcerned(outcome, destinations)) {
      // What the watch had before is not kept.
      if (memory.stored !== stored) this.#memories.set(key, { ...memory, stored });
      return;
    }
    const live = DsoStatus.safeParse(stored.status.unpack()).data ?? null;
    // It is one of ours: it was made by statusOf, or has been read like this.
    const remembered = (memory?.status.unpack() as DsoStatus | undefined) ?? null;
    const previous = laterOf(remembered, live);
    const earlier = this.#carried.get(key) ?? null;
    this.#carried.delete(key);
    const status = statusOf({ stored, outcome, destinations, earlier, isScaledByKeda, previous, now });
    const isNews = previous === null || !isDeepStrictEqual(withoutState(previous), withoutState(status));
    const isStateNews = !isDeepStrictEqual(previous?.gitOps?.state, status.gitOps?.state);
    const isRepair = !isNews && !(isStateNews && outcome.decided?.isStateNews === true);
    const { at, drift } = memory ?? { at: 0, drift: new Drift() };
    const known = { uid: stored.uid, outcome: identityOf(outcome), stored, isScaledByKeda, at, drift };
    if ((isRepair && !isLost) || (isLost && !isTakenOver(stored) && isDeepStrictEqual(status, live))) {
      const kept = isLost ? status : (previous ?? status);
      this.#memories.set(key, { ...known, status: memory && kept === remembered ? memory.status : new Packed(kept) });
      if (kept === live || isLost) adopt(drift, stored);
      return;
    }
    const packed = new Packed(status);
    this.#memories.set(key, { ...known, status: packed });
    const transitions = transitionsOf(outcome, previous, status);
    const isQuiet = !isNews && !isOver({ since: at, until: at + QUIET_MS }, now);
    this.#queue.put(key, { stored, status: packed, isForeign, isRepair, transitions }, isQuiet ? at + QUIET_MS : 0);
  }

  async #write(key: string, { stored, status, isForeign, isRepair, transitions }: Job): Promise<ProductError | null> {
    const { api, now } = this.#options;
    const known = this.#memories.get(key);
    if (isRepair && known && !isToRepair(known.stored, known.drift, now())) return null;
    try {
      const own = status.unpack() as DsoStatus;
      const whole = isForeign ? besideForeign(stored, own) : own;
      const written = isTakenOver(stored) ? await api.takeOver(stored, whole) : await api.apply(stored, whole);
      const memory = this.#memories.get(key);
      if (memory?.uid === stored.uid) {
        this.#memories.set(key, { ...memory, at: now() });
        memory.drift.expect(new Packed(written));
      }
      this.#options.onWrite(key, 'status', null);
    } catch (thrown) {
      return this.#failed(key, 'status', thrown);
    }
    await this.#record(key, stored, transitions);
    return null;
  }

  /** An event that cannot be recorded is said and not tried again: the status has it all. */
  async #record(key: string, stored: StoredDso, transitions: readonly Transition[]): Promise<void> {
    const { api, now } = this.#options;
    try {
      for (const transition of transitions) {
        await api.record(stored, transition, now());
        this.#options.onWrite(key, 'event', null);
      }
    } catch (thrown) {
      this.#failed(key, 'event', thrown);
    }
  }

  #failed(key: string, what: 'status' | 'event', thrown: unknown): ProductError {
    const error = asProductError(thrown);
    // What is gone needs no status.
    this.#options.onWrite(key, what, error.reason === 'NotFound' ? null : error);
    return error;
  }
}

/** Whether the watch shows less than what was written, or something of a controller that is switched off. */
function isToRepair(stored: StoredDso, drift: Drift, now: number): boolean {
  return isTakenOver(stored) || drift.isLost(now);
}

function isTakenOver({ foreignWriter }: StoredDso): boolean {
  return foreignWriter?.isTakenOver === true;
}

function adopt(drift: Drift, { status }: StoredDso): void {
  drift.show(status);
  drift.expect(status);
}

/** What another process of ours wrote after a commit of its own is newer than what we remember. */
function laterOf(known: DsoStatus | null, stored: DsoStatus | null): DsoStatus | null {
  if (!known || !stored) return known ?? stored;
  const [one, other] = [known, stored].map(({ gitOps }) => Date.parse(gitOps?.lastCommitTime ?? '') || 0);
  return (other ?? 0) > (one ?? 0) ? stored : known;
}

function isSameObject(one: StoredDso, other: StoredDso): boolean {
  if (one === other) return true;
  return (
    one.uid === other.uid &&
    one.generation === other.generation &&
    one.requestedAt === other.requestedAt &&
    isDeepStrictEqual(one.foreignWriter, other.foreignWriter)
  );
}

/** Whether this tick wrote, or failed to write, for the DSO. */
function isConcerned(outcome: DsoOutcome, destinations: ReadonlyMap<string, DestinationOutcome>): boolean {
  const { changes } = outcome.decided ?? {};
  return changes !== undefined && changes.size > 0 && [...changes.keys()].some((id) => destinations.has(id));
}

function withoutState(status: DsoStatus): DsoStatus {
  const { state: _, ...gitOps } = status.gitOps ?? {};
  return { ...status, gitOps };
}

/** What can be said beside another controller without taking anything from it. */
function besideForeign(stored: StoredDso, status: DsoStatus): object {
  const live = DsoStatus.pick({ totalCurrentReplicas: true, selector: true }).safeParse(stored.status.unpack()).data;
  const conditions = status.conditions?.filter(({ type }) => type === 'Stalled') ?? [];
  const { totalCurrentReplicas, selector } = live ?? status;
  return { totalCurrentReplicas, selector, conditions, gitOps: status.gitOps };
}
