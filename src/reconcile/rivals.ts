import type { Verdict } from './decision.ts';
import type { Landed } from './landed.ts';
import type { PlacedDso } from './place.ts';

/** DSOs that want the same workload of a member. */
export interface RivalGroup {
  /** For people. */
  readonly workload: string;
  /** Two or more. */
  readonly placed: readonly PlacedDso[];
}

/** Groups of DSOs that want the same workload. */
export function findRivals(placed: readonly PlacedDso[]): readonly RivalGroup[] {
  const byTarget = new Map<string, PlacedDso[]>();
  for (const one of placed) {
    const { group: apiGroup, kind, name } = one.dso.target;
    const target = `${kind}${apiGroup === '' ? '' : `.${apiGroup}`} ${name}`;
    const group = byTarget.get(target);
    if (group) group.push(one);
    else byTarget.set(target, [one]);
  }
  const groups: RivalGroup[] = [];
  for (const [target, sameTarget] of byTarget)
    if (sameTarget.length > 1) groups.push(...onSameMember(target, sameTarget));
  return groups;
}

/**
 * The one with the landed record goes on and the others are stalled; with no record, all of them are: nobody's DSO stops
 * another's workload.
 */
export function judgeRivals(
  groups: readonly RivalGroup[],
  landed: ReadonlyMap<string, ReadonlyMap<string, Landed>>,
): ReadonlyMap<string, Verdict> {
  const stalled = new Map<string, Verdict>();
  for (const { workload, placed } of groups) {
    const owners = placed.filter(({ dso, home }) => landed.get(dso.key)?.get(home.id)?.record);
    for (const { dso } of placed) {
      if (owners.length === 1 && owners[0]?.dso.key === dso.key) continue;
      const others = placed.filter((rival) => rival.dso.key !== dso.key).map((rival) => rival.dso.key);
      const message = `${workload} is scaled by ${others.join(', ')}, too; one workload has one DistributedScaledObject: remove the others`;
      stalled.set(dso.key, { kind: 'stalled', reason: 'WorkloadTaken', message });
    }
  }
  return stalled;
}

function onSameMember(target: string, placed: readonly PlacedDso[]): readonly RivalGroup[] {
  const byPlace = new Map<string, PlacedDso[]>();
  for (const one of placed) {
    for (const { name, targetNamespace } of one.members) {
      const place = `${target} in namespace ${targetNamespace} of member ${name}`;
      byPlace.set(place, [...(byPlace.get(place) ?? []), one]);
    }
  }
  const shared = [...byPlace].filter(([, group]) => group.length > 1);
  return shared.map(([workload, group]) => ({ workload, placed: group }));
}
