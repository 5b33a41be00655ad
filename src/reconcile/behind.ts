import type { DecideInput } from './decision.ts';
import { overlayCount } from './first-sight.ts';
import type { Landed, LandedRecord } from './landed.ts';
import { NOBODY } from './outcome.ts';
import type { PlacedDso } from './place.ts';
import type { RenderedOverlay } from './render-changes.ts';

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
    const isRemoved = there?.overlays.get(name)?.id === null;
    behind.set(name, (isRemoved ? there?.record?.members[name]?.after : overlayCount(name, there)) ?? null);
  }
  return behind.size === 0 ? NOBODY : behind;
}

/** Destinations other than home that did not get the landed record yet. */
export function behindOf(input: DecideInput, home: Landed): ReadonlySet<string> {
  const behind = new Set<string>();
  for (const { destination } of input.members) {
    const landed = input.landed.get(destination.id);
    if (home.record && landed && landed.recordId !== home.recordId) behind.add(destination.id);
  }
  return behind;
}

/** Whether the overlays of these destinations are still what the record says; else it cannot stand beside them. */
export function isAsRecorded(
  input: DecideInput,
  record: LandedRecord,
  overlays: ReadonlyMap<string, RenderedOverlay>,
  destinations: ReadonlySet<string>,
): boolean {
  const members = input.members.filter(({ destination }) => destinations.has(destination.id));
  return members.every(({ name }) => record.members[name]?.overlay === overlays.get(name)?.id);
}
