import type { Report } from '../reconcile/report.ts';
import { byFile, fileIn } from './by-file.ts';

/** What a plan fails on. */
export type Bound =
  /** A DSO, another object or a file that is not valid. */
  | { readonly kind: 'invalid' }
  /** Replicas that no member can take. */
  | { readonly kind: 'unplaced' }
  /** A total that moves by more than so many replicas, or percent of what is committed. */
  | { readonly kind: 'change'; readonly most: number; readonly isPercent: boolean };

/** Names in one sentence. */
const SHOWN = 10;

/** A bound from its text; null: it is none. */
export function parseBound(text: string): Bound | null {
  if (text === 'invalid' || text === 'unplaced') return { kind: text };
  const [, most, percent] = /^change\s*>\s*(\d{1,9})\s*(%?)$/.exec(text) ?? [];
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
  // What is wrong with each is said at its line.
  const stalled = dsos.flatMap(({ verdict, key }) => (verdict === 'stalled' ? [key] : []));
  const found = [...stalled, ...byFile(problems, fileIn).keys()];
  const more = found.length - SHOWN;
  const text = `not valid: ${found.slice(0, SHOWN).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
  return found.length > 0 ? [text] : [];
}

function overChange(
  { key, total: { committed, decided } }: Report['dsos'][number],
  { most, isPercent }: Extract<Bound, { kind: 'change' }>,
): readonly string[] {
  if (decided === null) return [];
  const before = committed ?? 0;
  const change = Math.abs(decided - before);
  // Of nothing every change is more than any percent.
  const isOver = isPercent ? change * 100 > most * before : change > most;
  return isOver
    ? [`${key}: ${committed ?? 'none'} -> ${decided} is a change of more than ${most}${isPercent ? ' %' : ''}`]
    : [];
}
