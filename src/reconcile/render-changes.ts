import { blobId } from '../manifests/blob.ts';
import { overlayPath, recordPath, renderOverlay } from '../manifests/layout.ts';
import type { Share } from '../split/split.ts';
import type { Decided, DecideInput, DestinationChange, PlacedDestination, PlacedMember } from './decision.ts';

/** An overlay. */
export interface RenderedOverlay {
  readonly path: string;
  readonly text: string;
  /** Blob id. */
  readonly id: string;
}

/** Every overlay, by member. Members with the same number share a text: a fleet has few numbers and many members. */
export function renderAll(
  input: DecideInput,
  shares: ReadonlyMap<string, Share>,
): ReadonlyMap<string, RenderedOverlay> {
  const rendered = new Map<string, RenderedOverlay>();
  return new Map(
    input.members.map((member) => {
      const replicas = shares.get(member.name)?.replicas ?? null;
      const alike = `${member.destination.id} ${member.targetNamespace} ${replicas}`;
      const same = rendered.get(alike);
      const overlay = same ? { ...same, path: pathOf(input, member) } : renderMember(input, member, replicas);
      rendered.set(alike, overlay);
      return [member.name, overlay];
    }),
  );
}

/** One overlay. */
export function renderMember(input: DecideInput, member: PlacedMember, replicas: number | null): RenderedOverlay {
  const text = renderOverlay(input.configuration.templates, member.destination, {
    member: member.name,
    namespace: input.dso.namespace,
    name: input.dso.name,
    target: input.dso.target,
    targetNamespace: member.targetNamespace,
    baseNamespaces: input.dso.baseNamespaces,
    replicasPath: input.configuration.replicasPath,
    replicas,
  });
  return { path: pathOf(input, member), text, id: blobId(text) };
}

/** Overlays that differ from the tips of the given destinations, and the record beside them. */
export function changesOf(
  input: DecideInput,
  overlays: ReadonlyMap<string, RenderedOverlay>,
  recordText: string | null,
  destinations: ReadonlySet<string>,
): Decided['changes'] {
  const changes = new Map<string, DestinationChange>();
  for (const destination of placesOf(input)) {
    if (!destinations.has(destination.id)) continue;
    const files = new Map<string, string>();
    const written: string[] = [];
    const added: string[] = [];
    for (const member of input.members) {
      const overlay = overlays.get(member.name);
      if (member.destination.id !== destination.id || !overlay) continue;
      const landed = input.landed.get(destination.id)?.overlays.get(member.name);
      const landedId = landed?.id ?? null;
      if (landedId === null || landed?.listing === 'leftOut' || landed?.listing === 'absent') added.push(member.name);
      if (landedId === overlay.id) continue;
      files.set(overlay.path, overlay.text);
      written.push(member.name);
    }
    if (recordText !== null) files.set(recordPath(destination.root, input.dso.namespace, input.dso.name), recordText);
    if (files.size > 0) changes.set(destination.id, { files, written, added });
  }
  return changes;
}

/** Where the overlay of a member belongs. */
export function pathOf({ dso, landed }: DecideInput, { name, destination }: PlacedMember): string {
  const known = landed.get(destination.id)?.overlays.get(name);
  return known?.path ?? overlayPath(destination, { ...dso, member: name });
}

/** Home and every destination of a member, each once. */
function placesOf({ members, home }: DecideInput): Iterable<PlacedDestination> {
  return new Map([home, ...members.map(({ destination }) => destination)].map((place) => [place.id, place])).values();
}
