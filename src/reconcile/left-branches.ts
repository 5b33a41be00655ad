import { parseMarker } from '../proposal/marker.ts';
import type { KnownPulls } from './known-pulls.ts';

/** A branch of a pull request that has ended. */
export interface LeftBranch {
  readonly head: string;
  /** Where it is. */
  readonly oid: string;
}

/** Branches of pull requests that were merged, or closed by us, and that are as they were then. @param tips by name */
export function leftBranches(
  { all, open }: KnownPulls,
  tips: ReadonlyMap<string, string> = new Map(),
): readonly LeftBranch[] {
  const used = new Set([...open.values()].map(({ head }) => head));
  const left = all.filter(({ state, head, headOid, body }) => {
    const isOver = state === 'merged' || (state === 'closed' && isWithdrawn(body));
    return isOver && !used.has(head) && tips.get(head) === headOid;
  });
  return [...new Map(left.map(({ head, headOid }) => [head, { head, oid: headOid }])).values()];
}

/** Whether it was closed by us: it speaks for nobody. */
function isWithdrawn(body: string): boolean {
  return Object.keys(parseMarker(body)?.numbers ?? { one: 1 }).length === 0;
}
