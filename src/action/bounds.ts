import type { Report } from '../reconcile/report.ts';

/** What a plan fails on. */
export type Bound =
  /** A DSO, another object or a file that is not valid. */
  | { readonly kind: 'invalid' }
  /** Replicas that no member can take. */
  | { readonly kind: 'unplaced' }
  /** A total that moves by more than so many replicas, or percent of what is committed. */
  | { readonly kind: 'change'; readonly most: number; readonly isPercent: boolean };

/** A bound from its text; null: it is none. */
export function parseBound(text: string): Bound | null {
  if (text === 'invalid' || text === 'unplaced') return { kind: text };
  const [, most, percent] = /^change>(\d{1,9})(%?)$/.exec(text) ?? [];
  return most === undefined ? null : { kind: 'change', most: Number(most), isPercent: percent === '%' };
}

/** What of a plan goes over the bounds, each a sentence. */
export function overBounds(report: Report, bounds: readonly Bound[]): readonly string[] {
  return bounds.flatMap((bound) => over(report, bound));
}

function over({ dsos, problems }: Report, bound: Bound): readonly string[] {
  if (bound.kind === 'change') return dsos.flatMap((dso) => overChange(dso, bound));
  if (bound.kind === 'unplaced') {
    const found = dsos.filter(({ unplaced }) => unplaced > 0);
    return found.map(({ key, unplaced }) => `${key}: no member can take ${unplaced} replicas`);
  }
  const stalled = dsos.filter(({ verdict }) => verdict === 'stalled');
  return [
    ...stalled.map(({ key, reason }) => `${key} is not valid: ${reason}`),
    ...problems.map((problem) => `not valid: ${problem}`),
  ];
}

function overChange(
  { key, total: { committed, decided } }: Report['dsos'][number],
  { most, isPercent }: Extract<Bound, { kind: 'change' }>,
): readonly string[] {
  if (committed === null || decided === null) return [];
  const change = Math.abs(decided - committed);
  // Of nothing every change is more than any percent.
  const isOver = isPercent ? change * 100 > most * committed : change > most;
  return isOver ? [`${key}: ${committed} -> ${decided} is a change of more than ${most}${isPercent ? ' %' : ''}`] : [];
}
