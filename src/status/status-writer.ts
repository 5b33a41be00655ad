import { isDeepStrictEqual } from 'node:util';
import { DsoStatus } from '../api/status.ts';
import { asProductError, type ProductError } from '../errors.ts';
import type { DestinationOutcome, DsoOutcome, TickResult } from '../reconcile/outcome.ts';
import type { HubDso, StoredDso } from '../sources/hub.ts';
import type { StatusApi } from './status-api.ts';
import { statusOf } from './status-of.ts';
import { type Transition, transitionsOf } from './transitions.ts';

/** What the writer needs. */
export interface StatusWriterOptions {
  readonly api: StatusApi;
  readonly now: () => number;
  /** Told about a write that failed; it is tried again when that can help. */
  readonly onError: (key: string, error: ProductError) => void;
}

/** What is to be written for one DSO; a newer one replaces it. */
interface Job {
  readonly key: string;
  readonly stored: StoredDso;
  readonly status: DsoStatus;
  readonly isForeign: boolean;
  readonly transitions: readonly Transition[];
  /** Not before this instant, epoch milliseconds. */
  notBefore: number;
  failures: number;
}

/** State that nothing else changes is written no more often than this. */
const STATE_MS = 10_000;
const RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
const PARALLEL = 8;

/** Writes the status of every DSO, only when it changes, the newest alone; events at transitions. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #known = new Map<string, { readonly uid: string; readonly status: DsoStatus; readonly at: number }>();
  readonly #seen = new Map<string, { readonly outcome: DsoOutcome; readonly stored: StoredDso }>();
  readonly #jobs = new Map<string, Job>();
  #running = 0;
  #timer: NodeJS.Timeout | null = null;
  #idle: (() => void)[] = [];
  #isStopping = false;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Takes what a tick came to. */
  offer({ outcomes, dsos, destinations, now }: TickResult): void {
    const byId = new Map(destinations.map((one) => [one.destination.id, one]));
    const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
    for (const dso of dsos) {
      const outcome = byKey.get(dso.key);
      if (dso.stored && outcome) this.#offerOne(dso, dso.stored, outcome, byId, now);
    }
    for (const key of this.#known.keys()) if (!byKey.has(key)) this.#known.delete(key);
    for (const key of this.#seen.keys()) if (!byKey.has(key)) this.#seen.delete(key);
    this.#pump();
  }

  /** Writes what is waiting, also what waited for its time; resolves when all of it was tried. */
  async flush(): Promise<void> {
    this.#isStopping = true;
    this.#pump();
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #offerOne(
    { key }: HubDso,
    stored: StoredDso,
    outcome: DsoOutcome,
    destinations: ReadonlyMap<string, DestinationOutcome>,
    now: number,
  ): void {
    const seen = this.#seen.get(key);
    const isSame = seen?.outcome === outcome && isSameObject(seen.stored, stored);
    if (isSame && !isConcerned(outcome, destinations)) return;
    this.#seen.set(key, { outcome, stored });
    const known = this.#known.get(key);
    const previous = laterOf(
      known?.uid === stored.uid ? known.status : null,
      DsoStatus.safeParse(stored.status).data ?? null,
    );
    const isForeign = outcome.verdict.kind === 'stalled' && outcome.verdict.reason === 'ForeignStatusWriter';
    const status = statusOf({ stored, outcome, destinations, previous, now });
    const isNews = previous === null || !isDeepStrictEqual(withoutState(previous), withoutState(status));
    const isStateNews = !isDeepStrictEqual(previous?.gitOps?.state, status.gitOps?.state);
    if (!isNews && !(isStateNews && outcome.decided?.isStateNews === true)) return;
    const waiting = this.#jobs.get(key);
    const transitions = [...(waiting?.transitions ?? []), ...transitionsOf(outcome, previous, status)];
    const notBefore = isNews ? 0 : Math.min(waiting?.notBefore ?? Infinity, (known?.at ?? 0) + STATE_MS);
    this.#known.set(key, { uid: stored.uid, status, at: known?.at ?? 0 });
    this.#jobs.set(key, { key, stored, status, isForeign, transitions, notBefore, failures: 0 });
  }

  #pump(): void {
    const now = this.#options.now();
    for (const [key, job] of this.#jobs) {
      if (this.#running >= PARALLEL) return;
      if (job.notBefore > now && !this.#isStopping) continue;
      this.#jobs.delete(key);
      this.#running += 1;
      void this.#write(job).finally(() => this.#finished());
    }
    this.#schedule(now);
  }

  #finished(): void {
    this.#running -= 1;
    this.#pump();
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #schedule(now: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#jobs.size === 0 || this.#isStopping) return;
    const next = Math.min(...[...this.#jobs.values()].map(({ notBefore }) => notBefore));
    this.#timer = setTimeout(() => this.#pump(), Math.max(0, next - now)).unref();
  }

  async #write(job: Job): Promise<void> {
    const { api, now, onError } = this.#options;
    const { key, stored, status, isForeign } = job;
    try {
      if (stored.foreignWriter?.isTakenOver) await api.clear(stored);
      await api.apply(stored, isForeign ? besideForeign(stored, status) : status);
      this.#known.set(key, { uid: stored.uid, status: this.#known.get(key)?.status ?? status, at: now() });
    } catch (thrown) {
      const error = asProductError(thrown);
      if (error.reason !== 'NotFound') onError(key, error);
      this.#again(job, error, now());
      return;
    }
    await this.#record(job);
  }

  /** An event that cannot be recorded is said and not tried again: the status has it all. */
  async #record({ key, stored, transitions }: Job): Promise<void> {
    const { api, now, onError } = this.#options;
    try {
      for (const transition of transitions) await api.record(stored, transition, now());
    } catch (thrown) {
      const error = asProductError(thrown);
      if (error.reason !== 'NotFound') onError(key, error);
    }
  }

  #again(job: Job, { kind, reason }: ProductError, now: number): void {
    // It is gone, or another one writes: what is next comes as an event of the watch.
    if (this.#isStopping || reason === 'NotFound' || reason === 'Conflict') {
      this.#known.delete(job.key);
      this.#seen.delete(job.key);
      return;
    }
    if (this.#jobs.has(job.key)) return;
    const delay = kind === 'act' ? MAX_RETRY_MS : Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** Math.min(job.failures, 6));
    this.#jobs.set(job.key, { ...job, failures: job.failures + 1, notBefore: now + delay });
  }
}

/** What another process of ours wrote after a commit of its own is newer than what we remember. */
function laterOf(known: DsoStatus | null, stored: DsoStatus | null): DsoStatus | null {
  if (!known || !stored) return known ?? stored;
  const [one, other] = [known, stored].map(({ gitOps }) => Date.parse(gitOps?.lastCommitTime ?? '') || 0);
  return (other ?? 0) > (one ?? 0) ? stored : known;
}

function isSameObject(one: StoredDso, other: StoredDso): boolean {
  return (
    one.uid === other.uid &&
    one.generation === other.generation &&
    one.requestedAt === other.requestedAt &&
    isDeepStrictEqual(one.foreignWriter, other.foreignWriter)
  );
}

/** Whether this tick wrote, or failed to write, for the DSO. */
function isConcerned(outcome: DsoOutcome, destinations: ReadonlyMap<string, DestinationOutcome>): boolean {
  return [...(outcome.decided?.changes.keys() ?? [])].some((id) => destinations.has(id));
}

function withoutState(status: DsoStatus): DsoStatus {
  const { state: _, ...gitOps } = status.gitOps ?? {};
  return { ...status, gitOps };
}

/** What can be said beside another controller without taking anything from it. */
function besideForeign(stored: StoredDso, status: DsoStatus): object {
  const live = DsoStatus.pick({ totalCurrentReplicas: true, selector: true }).safeParse(stored.status).data;
  const conditions = status.conditions?.filter(({ type }) => type === 'Stalled') ?? [];
  const { totalCurrentReplicas, selector } = live ?? status;
  return { totalCurrentReplicas, selector, conditions, gitOps: status.gitOps };
}
