import { z } from 'zod';
import { runHpaVector } from './hpa.ts';
import type { VectorResult } from './result.ts';
import { runSplitVector } from './split.ts';
import { runTimelineVector } from './timeline.ts';

/** One vector of any form and how it ended. */
export interface VectorRun {
  readonly id: string;
  readonly name: string;
  /** The kind or system; what is left out is counted by it. */
  readonly group: string;
  readonly result: VectorResult;
}

const Named = z.object({ id: z.string().catch('?'), name: z.string().catch('') }).catch({ id: '?', name: '' });
const Kind = z.object({ kind: z.string() });
const System = z.object({ system: z.string() });
const Timeline = z.object({ input: z.object({ readings: z.unknown() }) });

/** Recognises the form of a vector and runs it. An input that cannot be read is a failure of that vector alone. */
export function runVector(vector: unknown): VectorRun {
  const { group, run } = formOf(vector);
  return { ...Named.parse(vector), group, result: guarded(run, vector) };
}

function formOf(vector: unknown): { readonly group: string; readonly run: (vector: unknown) => VectorResult } {
  const kind = Kind.safeParse(vector);
  if (kind.success) return { group: kind.data.kind, run: runHpaVector };
  const system = System.safeParse(vector);
  if (system.success) return { group: system.data.system, run: runSplitVector };
  const timeline = Timeline.safeParse(vector);
  if (timeline.success) return { group: 'timeline', run: runTimelineVector };
  return { group: 'unknown', run: unknownForm };
}

function unknownForm(): VectorResult {
  return {
    outcome: 'failed',
    detail: 'expected a "kind" (HPA, KEDA), a "system" (split) or "input.readings" (timeline)',
  };
}

function guarded(run: (vector: unknown) => VectorResult, vector: unknown): VectorResult {
  try {
    return run(vector);
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll('\n', ' ') : String(cause);
    return { outcome: 'failed', detail };
  }
}
