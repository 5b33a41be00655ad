import type { Destination } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import type { Engine } from './engine.ts';
import type { TickResult } from './outcome.ts';

/** What the loop needs. */
export interface LoopOptions {
  readonly engine: Engine;
  /** Calls back on every change of the hub; the result ends it. */
  readonly watch: (changed: () => void) => () => Promise<void>;
  readonly now: () => number;
  /** Told after every tick. */
  readonly onTick: (result: TickResult) => void;
  /** Told when a tick as a whole failed; nothing changed. */
  readonly onError: (error: unknown) => void;
  /** Ends the loop after the tick that is under way. */
  readonly stop: AbortSignal;
  /** Ends what is under way. */
  readonly abort: AbortSignal;
}

/** How often tips are learnt when nothing else happens: foreign commits, hand edits. */
const REFRESH_MS = 60_000;
/** State that no commit carries is pushed no more often than this. */
const SAVE_MS = 60_000;
/** Wait after a failure; doubled each time up to the refresh interval. */
const RETRY_MS = 1000;
/** The longest time setTimeout takes. */
const MAX_TIMER_MS = 2_147_483_647;

/** Ticks on every change and every deadline until it is stopped; then saves what was not saved. */
export async function runLoop(options: LoopOptions): Promise<void> {
  const wake = new Wake();
  const unwatch = options.watch(() => wake.call());
  options.stop.addEventListener('abort', () => wake.call(), { once: true });
  const lastPush = new Map<string, number>();
  let lastRefresh = Number.NEGATIVE_INFINITY;
  let lastSave = options.now();
  let failures = 0;
  try {
    while (!options.stop.aborted) {
      const now = options.now();
      const isRefreshed = now - lastRefresh >= REFRESH_MS || failures > 0;
      if (isRefreshed) lastRefresh = now;
      let next = now + REFRESH_MS;
      try {
        const canPush = (destination: Destination): boolean => now >= (lastPush.get(destination.id) ?? 0);
        const result = await options.engine.tick({ mode: 'apply', now, isRefreshed, canPush, signal: options.abort });
        notePushes(result, options.now(), lastPush);
        failures = result.destinations.some(({ error }) => error !== null) ? failures + 1 : 0;
        options.onTick(result);
        // A deadline that is over was looked at in this very tick: once more at once would be for nothing.
        const deadline = result.deadline === null || result.deadline <= now ? next : result.deadline;
        next = Math.min(next, deadline, pacedUntil(result, lastPush) ?? next);
        if (options.engine.unsaved > 0 && now - lastSave >= SAVE_MS) {
          lastSave = now;
          await options.engine.saveStates(now);
        }
      } catch (error) {
        failures += 1;
        options.onError(error);
      }
      // A failure is not tried again sooner because something else is due: what is due is decided with it.
      if (failures > 0) next = now + Math.min(REFRESH_MS, RETRY_MS * 2 ** Math.min(failures - 1, 6));
      await wake.wait(Math.min(MAX_TIMER_MS, Math.max(0, next - options.now())));
    }
    await options.engine.saveStates(options.now());
  } finally {
    await unwatch();
  }
}

/** A line for a failure that is not a crash. */
export function describeFailure(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? '';
}

function notePushes(result: TickResult, now: number, lastPush: Map<string, number>): void {
  for (const { destination, commit } of result.destinations) {
    if (commit) lastPush.set(destination.id, now + destination.minIntervalMs);
  }
}

/** When the first destination that has something waiting may be pushed to. */
function pacedUntil(result: TickResult, lastPush: ReadonlyMap<string, number>): number | null {
  const waiting = result.destinations.filter(({ composition, commit, error }) => composition && !commit && !error);
  const instants = waiting.map(({ destination }) => lastPush.get(destination.id) ?? 0);
  return instants.length > 0 ? Math.min(...instants) : null;
}

/** A call that comes while nobody waits is kept. */
class Wake {
  #isCalled = false;
  #resolve: (() => void) | null = null;

  call(): void {
    this.#isCalled = true;
    this.#resolve?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.#isCalled) {
      let timer: NodeJS.Timeout | null = null;
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        timer = setTimeout(resolve, ms);
      });
      if (timer) clearTimeout(timer);
      this.#resolve = null;
    }
    this.#isCalled = false;
  }
}
