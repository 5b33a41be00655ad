import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { Engine } from './engine.ts';
import type { TickResult } from './outcome.ts';
import type { Patience } from './patience.ts';

/** What the loop needs. */
export interface LoopOptions {
  readonly engine: Engine;
  /** The hub, which calls back on every change until it is closed. */
  readonly open: { watch(changed: () => void): void; close(): Promise<void> };
  readonly now: () => number;
  /** Told after every tick, and how long it took. */
  readonly onTick: (result: TickResult, tookMs: number) => void;
  /** Told when a tick as a whole failed; nothing changed. */
  readonly onError: (error: unknown) => void;
  /** Told how saving states that no commit carried went; null: well. */
  readonly onSave: (error: unknown) => void;
  /** Ends the loop after the tick that is under way; one that only reads the hub ends at once. */
  readonly stop: AbortSignal;
  /** Ends what is under way. */
  readonly abort: AbortSignal;
}

/** A remote that takes longer holds up nobody else. */
const PATIENCE_MS = 2000;
/** The longest time between two ticks. */
const IDLE_MS = 60_000;
/** State that no commit carries is pushed no more often than this. */
const SAVE_MS = 60_000;
/** How long pushes that are under way are waited for at the end: what is left then of the grace is for telling it. */
const LAST_PUSH_MS = 3000;
/** The longest pause for what comes in: as long as a tick took, so that a storm of changes is not one tick for each. */
const MAX_PAUSE_MS = 50;
/**
 * What time alone brings waits for more of it, for nine times the CPU that a tick takes: of ten thousand workloads each has its
 * own deadlines, and a tick costs the same for one as for all.
 */
const GATHER = { factor: 9, mostMs: 1000 };
/** How long the hub may take to be read at the end. */
const LAST_READ_MS = 500;
/** Wait after a tick that failed as a whole; doubled each time up to the longest time. */
const RETRY_MS = 1000;

/** Ticks on every change and every deadline until it is stopped; then saves what was not saved. */
export async function runLoop(options: LoopOptions): Promise<void> {
  const { engine, open, stop } = options;
  const wake = new Wake();
  const resume = (): void => wake.call();
  const background = { ms: PATIENCE_MS, resume };
  open.watch(resume);
  stop.addEventListener('abort', resume, { once: true });
  // What is paced here goes by a clock that nobody sets.
  let lastSave = performance.now();
  let failures = 0;
  let hasTicked = false;
  try {
    while (!stop.aborted) {
      const [now, begun, cpu] = [options.now(), performance.now(), process.cpuUsage()];
      let next = now + IDLE_MS;
      try {
        const { deadline, callAt } = await tick(options, now, background);
        next = Math.min(next, callAt, Math.max(deadline, options.now() + gatherMs(cpu)));
        hasTicked = true;
        failures = 0;
      } catch (error) {
        if (stop.aborted && error === stop.reason) break;
        failures += 1;
        next = now + Math.min(IDLE_MS, RETRY_MS * 2 ** Math.min(failures - 1, 6));
        options.onError(error);
      }
      if (engine.unsaved > 0 && begun - lastSave >= SAVE_MS) {
        lastSave = begun;
        await save(options, background);
      }
      const tookMs = performance.now() - begun;
      if (wake.isCalled && !stop.aborted) await sleep(Math.min(tookMs, MAX_PAUSE_MS));
      await wake.wait(Math.max(0, next - now - (performance.now() - begun)));
    }
    const hasNews = await engine.finish(LAST_PUSH_MS);
    if (hasTicked && hasNews) await lastTick(options, background);
    await save(options);
    await engine.finish(Number.POSITIVE_INFINITY);
  } finally {
    await open.close();
  }
}

/** When the next one is due. What it came to is not kept any longer than it is told. */
async function tick(
  options: LoopOptions,
  now: number,
  background: Patience,
): Promise<Pick<TickResult, 'deadline' | 'callAt'>> {
  const { engine, onTick, abort, stop } = options;
  const begun = performance.now();
  const result = await engine.tick({ mode: 'apply', now, background, signal: abort, stop });
  onTick(result, performance.now() - begun);
  const { deadline, callAt } = result;
  return { deadline, callAt };
}

function gatherMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return Math.min((GATHER.factor * (user + system)) / 1000, GATHER.mostMs);
}

/** What came of pushes since the last tick belongs into the status as well. */
async function lastTick({ engine, onTick, onError, now, abort }: LoopOptions, background: Patience): Promise<void> {
  const stop = AbortSignal.any([abort, AbortSignal.timeout(LAST_READ_MS)]);
  const begun = performance.now();
  try {
    const result = await engine.tick({ mode: 'apply', now: now(), background, isLast: true, signal: abort, stop });
    onTick(result, performance.now() - begun);
  } catch (error) {
    onError(error);
  }
}

async function save({ engine, onSave, now, abort }: LoopOptions, patience?: Patience): Promise<void> {
  try {
    await engine.saveStates(now(), patience, abort);
    onSave(null);
  } catch (error) {
    onSave(error);
  }
}

/** A line for a failure that is not a crash. */
export function describeFailure(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? '';
}

/** A call that comes while nobody waits is kept. */
class Wake {
  #isCalled = false;
  #resolve: (() => void) | null = null;

  get isCalled(): boolean {
    return this.#isCalled;
  }

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
