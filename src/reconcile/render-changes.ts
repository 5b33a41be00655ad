import { blobId } from '../manifests/blob.ts';
import { overlayPath, recordPath, renderOverlay } from '../manifests/layout.ts';
import { type DecisionRecord, renderRecord } from '../manifests/record.ts';
import type { Share } from '../split/split.ts';
import type { Decided, DecideInput, DestinationChange, PlacedDestination, PlacedMember } from './decision.ts';

/** Content of every overlay, by member. Members with the same number share a text: a fleet has few numbers and many members. */
export function renderAll(input: DecideInput, shares: ReadonlyMap<string, Share>): ReadonlyMap<string, string> {
  const rendered = new Map<string, string>();
  return new Map(
    input.members.map((member) => {
      const replicas = shares.get(member.name)?.replicas ?? null;
      const alike = `${member.destination.id} ${member.targetNamespace} ${replicas}`;
      const text = rendered.get(alike) ?? renderMember(input, member, replicas);
      rendered.set(alike, text);
      return [member.name, text];
    }),
  );
}

/** Content of one overlay. */
export function renderMember(input: DecideInput, member: PlacedMember, replicas: number | null): string {
  return renderOverlay(input.configuration.templates, member.destination, {
    member: member.name,
    namespace: input.dso.namespace,
    name: input.dso.name,
    target: input.dso.target,
    targetNamespace: member.targetNamespace,
    baseNamespaces: input.dso.baseNamespaces,
    replicasPath: input.configuration.replicasPath,
    replicas,
  });
}

/** Overlays that differ from the tips of the given destinations, and the record beside them. */
export function changesOf(
  input: DecideInput,
  overlays: ReadonlyMap<string, string>,
  record: DecisionRecord | null,
  destinations: ReadonlySet<string>,
): Decided['changes'] {
  const recordText = record && renderRecord(record);
  const changes = new Map<string, DestinationChange>();
  for (const destination of placesOf(input)) {
    if (!destinations.has(destination.id)) continue;
    const files = new Map<string, string>();
    const written: string[] = [];
    const added: string[] = [];
    for (const member of input.members) {
      const content = overlays.get(member.name);
      if (member.destination.id !== destination.id || content === undefined) continue;
      const landedId = input.landed.get(destination.id)?.overlays.get(member.name)?.id ?? null;
      if (landedId === blobId(content)) continue;
      files.set(overlayPath(destination, { member: member.name, ...input.dso }), content);
      written.push(member.name);
      if (landedId === null) added.push(member.name);
    }
    if (recordText !== null) files.set(recordPath(destination.root, input.dso.namespace, input.dso.name), recordText);
    if (files.size > 0) changes.set(destination.id, { files, written, added });
  }
  return changes;
}

/** Home and every destination of a member, each once. */
function placesOf({ members, home }: DecideInput): Iterable<PlacedDestination> {
  return new Map([home, ...members.map(({ destination }) => destination)].map((place) => [place.id, place])).values();
}
