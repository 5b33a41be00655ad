import { constants, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { LogEntry } from './log.ts';

/** What is left of the heap after a collection, in bytes. */
export interface HeapUse {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** Above this part of the limit a little more ends the process. */
const HIGH = 0.85;
/** Below this part it is over. */
const LOW = 0.75;

const MIB = 1024 * 1024;

/** Entries for a heap that fills up: said once, and when it is over. */
export class MemoryLog {
  #said: LogEntry | null = null;

  /** What is left after a collection. */
  of({ usedBytes, limitBytes }: HeapUse): readonly LogEntry[] {
    const part = usedBytes / limitBytes;
    if (!this.#said && part > HIGH) {
      const [used, limit] = [usedBytes, limitBytes].map((bytes) => Math.round(bytes / MIB));
      const text = `memory is nearly used up: ${used} of ${limit} MiB of the heap are in use after a collection; raise --max-old-space-size in NODE_OPTIONS and the memory limit of the container, or give a part of the DSOs to another installation`;
      this.#said = {
        level: 'warn',
        message: 'memory is nearly used up',
        fields: { usedMiB: used, limitMiB: limit },
        text,
      };
      return [this.#said];
    }
    if (!this.#said || part > LOW) return [];
    const trouble = this.#said.text;
    this.#said = null;
    return [{ level: 'info', message: 'over', fields: { trouble }, text: `over: ${trouble}` }];
  }
}

/**
 * Calls back after each large collection until it is told to end. The limit is that of the old generation, where the process
 * dies: V8 adds three semi-spaces to it, which nothing can be kept in.
 *
 * @param options of Node, as they were given
 */
export function watchHeap(options: string, onUse: (use: HeapUse) => void): () => void {
  const young = 3 * semiSpaceOf(options) * MIB;
  const observer = new PerformanceObserver((list) => {
    const isLarge = list.getEntries().some((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR);
    if (!isLarge) return;
    const { used_heap_size: usedBytes, heap_size_limit } = getHeapStatistics();
    onUse({ usedBytes, limitBytes: heap_size_limit - young });
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

/** In MiB: the last that is given, or V8's own. */
function semiSpaceOf(options: string): number {
  const given = [...options.matchAll(/--max[-_]semi[-_]space[-_]size[= ](\d+)/g)].at(-1)?.[1];
  return given === undefined ? 16 : Number(given);
}

/** Types of the platform leave out what Node says of a collection. */
function kindOf(entry: object): unknown {
  const detail = 'detail' in entry ? entry.detail : null;
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : null;
}
