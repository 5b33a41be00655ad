import type { Landed } from './landed.ts';
import { NOBODY } from './outcome.ts';
import type { PlacedDso } from './place.ts';

/** Members whose branch has another record than home, with the count that it holds; null: nobody knows. */
export function countsBehind(
  { home, members }: PlacedDso,
  landed: ReadonlyMap<string, Landed>,
): ReadonlyMap<string, number | null> {
  const atHome = landed.get(home.id);
  if (!atHome?.record) return NOBODY;
  const behind = new Map<string, number | null>();
  for (const { name, destination } of members) {
    const there = landed.get(destination.id);
    if (destination.id === home.id || there?.recordId === atHome.recordId) continue;
    behind.set(name, there?.record?.members[name]?.after ?? null);
  }
  return behind.size === 0 ? NOBODY : behind;
}
