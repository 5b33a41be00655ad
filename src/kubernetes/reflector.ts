import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { ProductError } from '../errors.ts';
import type { KubernetesClient } from './client.ts';
import { ApiFailure, asFailure, explainFailure, failureOfEvent } from './failure.ts';
import { type Collection, listAll, selectorOf } from './list.ts';

/** What a reflector keeps. */
export interface ReflectorOptions<T> {
  readonly client: KubernetesClient;
  readonly collection: Collection;
  /**
   * What is kept of an object, and under which key; a value of null: nothing any more; null: it cannot be read. `earlier`
   * is what is kept of it now.
   */
  readonly keep: (
    object: unknown,
    earlier: (key: string) => T | undefined,
  ) => readonly [key: string, value: T | null] | null;
  /** Told after every change, and when the collection can be read again or no longer. */
  readonly changed: () => void;
  /** What is read, for people, for instance `configmaps in namespace default`. */
  readonly what: string;
  readonly now: () => number;
  /** List and do not watch. */
  readonly isOnce: boolean;
  /** Silence after which a watch is taken for dead; bookmarks come about once a minute. */
  readonly idleMs?: number;
}

const IDLE_MS = 90_000;
const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 10_000;
/** A watch that lasted this long worked: the next wait is a short one again. */
const LONG_ENOUGH_MS = 10_000;
/** The server ends a watch after this time, so that all do not come back at once. */
const WATCH_SECONDS = { least: 240, most: 300 };

const Meta = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const WatchEvent = z.object({ type: z.string(), object: z.unknown() });

/**
 * Keeps a copy of a collection: lists it, watches from there, goes on from the last version it saw after every break, and
 * lists again only when that version is gone. An error never empties the copy.
 */
export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  #items = new Map<string, T>();
  #version = 0;
  #hasSynced = false;
  #problem: ProductError | null = null;
  #failingSince: number | null = null;
  #settled: (() => void)[] = [];

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
  }

  /** What is kept, by key. */
  get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  /** Rises with every change of the items. */
  get version(): number {
    return this.#version;
  }

  /** The collection was listed once. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Why the collection cannot be read now; null: it can. */
  get problem(): ProductError | null {
    return this.#problem;
  }

  /** Since when it cannot be read, epoch milliseconds; null: it can. */
  get failingSince(): number | null {
    return this.#failingSince;
  }

  /** Starts; ends with the signal. */
  start(signal: AbortSignal): void {
    void this.#run(signal);
  }

  /** Resolves when the collection was listed, or could not be. */
  async settled(): Promise<void> {
    if (this.#hasSynced || this.#problem) return;
    await new Promise<void>((resolve) => this.#settled.push(resolve));
  }

  async #run(signal: AbortSignal): Promise<void> {
    let resourceVersion: string | null = null;
    let failures = 0;
    while (!signal.aborted) {
      const started = performance.now();
      let failure: ApiFailure | null = null;
      try {
        resourceVersion ??= await this.#list(signal);
        if (this.#options.isOnce) return;
        for await (const version of await this.#watch(resourceVersion, signal)) resourceVersion = version;
      } catch (error) {
        failure = asFailure(error);
      }
      if (signal.aborted) break;
      if (failure?.isExpired) resourceVersion = null;
      if (performance.now() - started > LONG_ENOUGH_MS) failures = 0;
      // That a watch breaks, or a server hiccups, is normal; that it does so again is not.
      else if (failure && (failures > 0 || failure.isRefusal)) this.#failed(failure);
      if (failures > 0 || !failure?.isExpired) await pause(delayOf(failure, failures), signal);
      failures += 1;
    }
    this.#wakeWaiting();
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, collection, keep, changed } = this.#options;
    const { items, resourceVersion } = await listAll(client, collection, signal);
    const before = this.#items;
    const next = new Map<string, T>();
    for (const item of items) {
      const kept = keep(item, (key) => before.get(key));
      if (kept && kept[1] !== null) next.set(kept[0], kept[1]);
    }
    this.#items = next;
    this.#version += 1;
    this.#hasSynced = true;
    this.#worked();
    changed();
    return resourceVersion;
  }

  /** Watches from a version; gives the versions that it sees. */
  async #watch(resourceVersion: string, signal: AbortSignal): Promise<AsyncGenerator<string, void, undefined>> {
    const { client, collection, idleMs } = this.#options;
    const { least, most } = WATCH_SECONDS;
    const query = {
      ...selectorOf(collection),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds: String(Math.round(least + Math.random() * (most - least))),
    };
    const accept = collection.form ? { accept: collection.form.watch } : {};
    const events = await client.stream({ path: collection.path, query, ...accept, signal, idleMs: idleMs ?? IDLE_MS });
    this.#worked();
    return this.#follow(events);
  }

  async *#follow(events: AsyncGenerator<unknown, void, undefined>): AsyncGenerator<string, void, undefined> {
    for await (const line of events) {
      const event = WatchEvent.safeParse(line);
      if (!event.success) throw new ApiFailure(0, '', 'a watch event that cannot be read');
      const { type, object } = event.data;
      if (type === 'ERROR') throw failureOfEvent(object);
      const meta = Meta.safeParse(object);
      if (!meta.success) throw new ApiFailure(410, 'Expired', 'a watch event without a version');
      if (type !== 'BOOKMARK') this.#take(type, object);
      yield meta.data.metadata.resourceVersion;
    }
  }

  #take(type: string, object: unknown): void {
    const kept = this.#options.keep(object, (key) => this.#items.get(key));
    if (!kept) return;
    const [key, value] = kept;
    if (value === null && !this.#items.has(key)) return;
    if (type === 'DELETED' || value === null) this.#items.delete(key);
    else this.#items.set(key, value);
    this.#version += 1;
    this.#options.changed();
  }

  #worked(): void {
    const wasFailing = this.#problem !== null;
    this.#problem = null;
    this.#failingSince = null;
    this.#wakeWaiting();
    if (wasFailing) this.#options.changed();
  }

  #failed(failure: ApiFailure): void {
    const before = this.#problem;
    this.#problem = explainFailure(failure, `list and watch ${this.#options.what}`);
    this.#failingSince ??= this.#options.now();
    this.#wakeWaiting();
    if (before?.reason !== this.#problem.reason) this.#options.changed();
  }

  #wakeWaiting(): void {
    for (const resolve of this.#settled.splice(0)) resolve();
  }
}

/** How long to wait before the next try: as the server said, else doubled each time, with jitter. */
export function delayOf(failure: ApiFailure | null, failures: number): number {
  const told = failure?.retryAfterMs ?? null;
  if (told !== null) return told + Math.random() * 1000;
  const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures, 10));
  return delay * (0.5 + Math.random() * 0.5);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
