import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { ProductError } from '../errors.ts';
import type { KubernetesClient } from './client.ts';
import { delayOf } from './delay.ts';
import { ApiFailure, asFailure, explainFailure, failureOfEvent } from './failure.ts';
import { type Collection, isOlder, listPages, selectorOf } from './list.ts';

/**
 * What is kept of an object, and under which key; a value of null: nothing any more; null: it cannot be read. `earlier` is
 * what is kept of it now.
 */
export type Keep<T> = (
  object: unknown,
  earlier: (key: string) => T | undefined,
) => readonly [key: string, value: T | null] | null;

/** What a reflector keeps. */
export interface ReflectorOptions<T> {
  readonly client: KubernetesClient;
  readonly collection: Collection;
  readonly keep: Keep<T>;
  /** Told after every change, and when the collection can be read again or no longer. */
  readonly changed: () => void;
  /** Told in its place where an event shows another state of an object that was there. */
  readonly replaced?: (before: T, after: T) => void;
  /** What is read, for people, for instance `configmaps in namespace default`. */
  readonly what: string;
  /** The command whose output grants the right to watch it; absent: as for all else. */
  readonly granting?: string;
  readonly now: () => number;
  /** List and do not watch. */
  readonly isOnce: boolean;
}

/** A reflector that was started, and what ends it. */
export interface Begun<T> {
  readonly reflector: Reflector<T>;
  readonly stop: AbortController;
}

/** What came of one watch. */
interface Watching {
  /** When the head of its answer came, epoch milliseconds; null: it did not. */
  headAt: number | null;
  hasEvent: boolean;
}

/** A watch that was open this long worked: the next wait is a short one again. */
const LONG_ENOUGH_MS = 10_000;
/**
 * Bookmarks come about once a minute. Where they do not, the version may be of a future that a restored etcd does not know:
 * a watch from there is accepted, and silent.
 */
const DOUBT_MS = 75_000;
/** The server ends a watch after this time, so that all do not come back at once. */
const WATCH_SECONDS = { least: 240, most: 300 };

const Meta = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const WatchEvent = z.object({ type: z.string(), object: z.unknown() });

/**
 * Keeps a copy of a collection: lists it, watches from there, goes on from the last version it saw after a break, and lists
 * again when that version is gone or to be doubted. An error never empties the copy.
 */
export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  #items = new Map<string, T>();
  #version = 0;
  #hasSynced = false;
  #problem: ProductError | null = null;
  #failingSince: number | null = null;
  /** Where the next watch begins; null: everything is listed first. */
  #resourceVersion: string | null = null;
  /** When the API server said anything last, epoch milliseconds. */
  #heardAt = 0;
  /** When it said which version is the current one. */
  #provenAt = 0;
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

  /** Starts, until it is told to stop. */
  begin(): Begun<T> {
    const stop = new AbortController();
    this.start(stop.signal);
    return { reflector: this, stop };
  }

  /** Resolves when the collection was listed, or could not be. */
  async settled(): Promise<void> {
    if (this.#hasSynced || this.#problem) return;
    await new Promise<void>((resolve) => this.#settled.push(resolve));
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    this.#heardAt = this.#options.now();
    while (!signal.aborted) {
      const watching: Watching = { headAt: null, hasEvent: false };
      let failure: ApiFailure | null = null;
      try {
        if (this.#resourceVersion === null) await this.#list(signal);
        if (this.#options.isOnce) return;
        await this.#watch(watching, signal);
      } catch (error) {
        failure = asFailure(error);
      }
      if (signal.aborted) break;
      if (this.#isDoubtful(watching, failure)) this.#resourceVersion = null;
      if (hasWorked(watching, this.#options.now())) failures = 0;
      // That a watch breaks, or a server hiccups, is normal; that it does so again is not.
      else if (failure && (failures > 0 || failure.isRefusal)) this.#failed(failure);
      if (failures > 0 || !failure?.isExpired) await pause(delayOf(failure, failures), signal);
      failures += 1;
    }
    this.#wakeWaiting();
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, collection, keep, changed } = this.#options;
    const before = this.#items;
    const next = new Map<string, T>();
    let resourceVersion: string | null = null;
    for await (const page of listPages(client, collection, signal)) {
      this.#heardAt = this.#options.now();
      for (const item of page.items) {
        const kept = keep(item, (key) => before.get(key));
        if (kept && kept[1] !== null) next.set(kept[0], kept[1]);
      }
      resourceVersion = page.resourceVersion;
    }
    this.#resourceVersion = resourceVersion;
    this.#provenAt = this.#options.now();
    this.#items = next;
    this.#version += 1;
    this.#hasSynced = true;
    this.#worked();
    changed();
  }

  /** Watches from the version that was seen last, to the end. */
  async #watch(watching: Watching, signal: AbortSignal): Promise<void> {
    const { client, collection, now } = this.#options;
    const { least, most } = WATCH_SECONDS;
    const query = {
      ...selectorOf(collection),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#resourceVersion ?? '',
      timeoutSeconds: String(Math.round(least + Math.random() * (most - least))),
    };
    const accept = collection.form ? { accept: collection.form.watch } : {};
    const events = await client.stream({ path: collection.path, query, ...accept, signal });
    watching.headAt = now();
    this.#heardAt = watching.headAt;
    this.#worked();
    for await (const event of events) {
      this.#heardAt = now();
      this.#follow(event);
      this.#provenAt = now();
      watching.hasEvent = true;
    }
  }

  #follow(line: unknown): void {
    const event = WatchEvent.safeParse(line);
    if (!event.success) throw new ApiFailure(0, '', 'a watch event that cannot be read');
    const { type, object } = event.data;
    if (type === 'ERROR') {
      // As client-go does: nobody says which versions were left out.
      this.#resourceVersion = null;
      throw failureOfEvent(object);
    }
    const meta = Meta.safeParse(object);
    if (!meta.success) throw new ApiFailure(410, 'Expired', 'a watch event without a version');
    const { resourceVersion } = meta.data.metadata;
    if (isOlder(resourceVersion, this.#resourceVersion))
      throw new ApiFailure(410, 'Expired', 'the versions went back: an older state was restored');
    if (type !== 'BOOKMARK') this.#take(type, object);
    this.#resourceVersion = resourceVersion;
  }

  /** Whether going on from the last version may be deaf. */
  #isDoubtful({ headAt, hasEvent }: Watching, failure: ApiFailure | null): boolean {
    if (failure?.isExpired) return true;
    if (failure === null && headAt !== null && !hasEvent) return true;
    return this.#options.now() - this.#provenAt >= DOUBT_MS;
  }

  #take(type: string, object: unknown): void {
    const kept = this.#options.keep(object, (key) => this.#items.get(key));
    if (!kept) return;
    const [key, value] = kept;
    const before = this.#items.get(key);
    if (value === null && before === undefined) return;
    if (type === 'DELETED' || value === null) this.#items.delete(key);
    else this.#items.set(key, value);
    this.#version += 1;
    const { changed, replaced } = this.#options;
    if (replaced && type !== 'DELETED' && value !== null && before !== undefined) replaced(before, value);
    else changed();
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
    this.#problem = explainFailure(failure, `list and watch ${this.#options.what}`, this.#options.granting);
    this.#failingSince ??= this.#heardAt;
    this.#wakeWaiting();
    if (before?.reason !== this.#problem.reason) this.#options.changed();
  }

  #wakeWaiting(): void {
    for (const resolve of this.#settled.splice(0)) resolve();
  }
}

/** One that was only opened proves little: it may be cut at once, again and again. */
function hasWorked({ headAt, hasEvent }: Watching, now: number): boolean {
  return hasEvent || (headAt !== null && now - headAt > LONG_ENOUGH_MS);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
