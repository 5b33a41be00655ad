import type { VectorRun } from './run-vector.ts';

/** The report of one file: failures, what was left out and why, and the counts as the last line. */
export function report(runs: readonly VectorRun[]): readonly string[] {
  const { passed, failed, skipped } = counts(runs);
  return [...failures(runs), ...leftOut(runs), `${passed} passed, ${failed} failed, ${skipped} skipped`];
}

/** How many ended how. */
export function counts(runs: readonly VectorRun[]): { passed: number; failed: number; skipped: number } {
  const result = { passed: 0, failed: 0, skipped: 0 };
  for (const run of runs) result[run.result.outcome] += 1;
  return result;
}

/** One line for each failure. */
export function failures(runs: readonly VectorRun[]): readonly string[] {
  return runs.flatMap(({ id, name, result }) =>
    result.outcome === 'failed' ? [`FAILED ${id} (${name}): ${result.detail}`] : [],
  );
}

function leftOut(runs: readonly VectorRun[]): readonly string[] {
  const groups = new Map<string, { group: string; reason: string; count: number }>();
  for (const { group, result } of runs) {
    if (result.outcome !== 'skipped') continue;
    const key = JSON.stringify([group, result.reason]);
    const entry = groups.get(key) ?? { group, reason: result.reason, count: 0 };
    groups.set(key, { ...entry, count: entry.count + 1 });
  }
  return [...groups.values()].map(({ group, reason, count }) => `skipped ${count} ${group}: ${reason}`);
}
