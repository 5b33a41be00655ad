import { blobId } from '../manifests/blob.ts';
import { overlayPath, recordPath, renderOverlay } from '../manifests/layout.ts';
import { type DecisionRecord, renderRecord } from '../manifests/record.ts';
import type { Share } from '../split/split.ts';
import type { Decided, DecideInput, PlacedMember } from './decision.ts';

export function renderAll(input: DecideInput, shares: ReadonlyMap<string, Share>): ReadonlyMap<string, string> {
  return new Map(
    input.members.map((member) => [
      member.name,
      renderMember(input, member, shares.get(member.name)?.replicas ?? null),
    ]),
  );
}

export function renderMember(input: DecideInput, member: PlacedMember, replicas: number | null): string {
  return renderOverlay(input.configuration.templates, member.destination, {
    member: member.name,
    namespace: input.dso.namespace,
    name: input.dso.name,
    target: input.dso.target,
    targetNamespace: member.targetNamespace,
    replicasPath: input.configuration.replicasPath,
    replicas,
  });
}

/** Overlays that differ from the tip, and the record beside them. */
export function changesOf(
  input: DecideInput,
  overlays: ReadonlyMap<string, string>,
  record: DecisionRecord | null,
  destinations: ReadonlySet<string>,
): Pick<Decided, 'changes' | 'written'> {
  const changes = new Map<string, Map<string, string>>();
  const written = new Map<string, string[]>();
  for (const member of input.members) {
    const { id } = member.destination;
    const content = overlays.get(member.name);
    if (content === undefined || !destinations.has(id)) continue;
    const files = changes.get(id) ?? new Map<string, string>();
    changes.set(id, files);
    if (input.landed.get(id)?.overlays.get(member.name)?.id === blobId(content)) continue;
    files.set(overlayPath(member.destination, { member: member.name, ...input.dso }), content);
    written.set(id, [...(written.get(id) ?? []), member.name]);
  }
  if (record) {
    for (const { destination } of input.members) {
      changes
        .get(destination.id)
        ?.set(recordPath(destination.root, input.dso.namespace, input.dso.name), renderRecord(record));
    }
    changes.get(input.home.id) ?? changes.set(input.home.id, new Map());
    changes
      .get(input.home.id)
      ?.set(recordPath(input.home.root, input.dso.namespace, input.dso.name), renderRecord(record));
  }
  return { changes, written };
}
