import type { Verdict } from './decision.ts';
import type { Landed } from './landed.ts';
import type { PlacedDso } from './place.ts';

/**
 * DSOs that want the same workload of a member. The one with the landed record goes on and the others are stalled; with
 * no record, all of them are: nobody's DSO stops another's workload.
 */
export function findRivals(
  placed: readonly PlacedDso[],
  landed: ReadonlyMap<string, ReadonlyMap<string, Landed>>,
): ReadonlyMap<string, Verdict> {
  const byWorkload = new Map<string, PlacedDso[]>();
  for (const one of placed) {
    for (const workload of workloadsOf(one)) byWorkload.set(workload, [...(byWorkload.get(workload) ?? []), one]);
  }
  const stalled = new Map<string, Verdict>();
  for (const [workload, rivals] of byWorkload) {
    if (rivals.length < 2) continue;
    const owners = rivals.filter(({ dso, home }) => landed.get(dso.key)?.get(home.id)?.record);
    for (const { dso } of rivals) {
      if (owners.length === 1 && owners[0]?.dso.key === dso.key) continue;
      const others = rivals.filter((rival) => rival.dso.key !== dso.key).map((rival) => rival.dso.key);
      const message = `${workload} is scaled by ${others.join(', ')}, too; one workload has one DistributedScaledObject: remove the others`;
      stalled.set(dso.key, { kind: 'stalled', reason: 'WorkloadTaken', message });
    }
  }
  return stalled;
}

function workloadsOf({ dso, members }: PlacedDso): readonly string[] {
  const { target } = dso;
  return members.map(
    ({ name, targetNamespace }) => `${target.kind} ${targetNamespace}/${target.name} of member ${name}`,
  );
}
