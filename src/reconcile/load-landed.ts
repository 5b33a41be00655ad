import { holdPath, parseHold } from '../manifests/hold.ts';
import { overlayPath, parseOverlay, recordPath } from '../manifests/layout.ts';
import { type DecisionRecord, parseRecord } from '../manifests/record.ts';
import type { Landed, LandedOverlay } from './landed.ts';
import type { PlacedDso } from './place.ts';
import type { Repository } from './repository.ts';

/**
 * What the tips hold of every DSO: by key, then by destination id. Destinations that cannot be read are left out and told
 * to `failed`.
 *
 * @param isCounted DSOs whose overlays are read although there is a record
 */
export async function loadLanded(
  placed: readonly PlacedDso[],
  repositories: ReadonlyMap<string, Repository>,
  failed: (destinationId: string, error: unknown) => void,
  isCounted: (key: string) => boolean,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Landed>>> {
  const landed = new Map<string, Map<string, Landed>>(placed.map(({ dso }) => [dso.key, new Map()]));
  await Promise.all(
    [...repositories].map(async ([id, repository]) => {
      const here = placed.filter((one) => isAt(one, id));
      try {
        for (const [key, found] of await loadFrom(here, id, repository, isCounted)) landed.get(key)?.set(id, found);
      } catch (error) {
        failed(id, error);
      }
    }),
  );
  return landed;
}

/** Whether a destination has a part of the DSO. */
export function isAt({ members, home }: PlacedDso, destinationId: string): boolean {
  return home.id === destinationId || members.some(({ destination }) => destination.id === destinationId);
}

async function loadFrom(
  placed: readonly PlacedDso[],
  id: string,
  repository: Repository,
  isCounted: (key: string) => boolean,
): Promise<ReadonlyMap<string, Landed>> {
  const entries = await repository.entries(placed.flatMap((one) => pathsOf(one, id)));
  const idOf = (path: string | null): string | null => entries.get(path ?? '')?.id ?? null;
  const own = placed.flatMap((one) => [recordPathOf(one, id), holdPathOf(one, id)]);
  const texts = await repository.contents(own.flatMap((path) => idOf(path) ?? []));
  const found = placed.map((one) => ({ one, record: recordOf(idOf(recordPathOf(one, id)), texts) }));
  // What a person left in an overlay is told, and counted where there is no record.
  const isAsked = ({ dso }: PlacedDso, record: DecisionRecord | null, name: string, path: string): boolean =>
    // What is no plain file is refused when it is written: nothing is read through a link.
    entries.get(path)?.mode === '100644' && (isCounted(dso.key) || record?.members[name]?.overlay !== idOf(path));
  const asked = found.flatMap(({ one, record }) =>
    overlaysOf(one, id).filter(({ name, path }) => isAsked(one, record, name, path)),
  );
  const overlayTexts = await repository.contents(asked.flatMap(({ path }) => idOf(path) ?? []));
  return new Map(
    found.map(({ one, record }) => {
      const recordId = idOf(recordPathOf(one, id));
      const overlays = overlaysOf(one, id).map(({ name, path, settings }): [string, LandedOverlay] => {
        const overlayId = idOf(path);
        const text = isAsked(one, record, name, path) ? overlayTexts.get(overlayId ?? '') : undefined;
        const parsed = text === undefined ? { count: null, isUnreadable: false } : parseOverlay(settings, text);
        return [name, { id: overlayId, ...parsed }];
      });
      const hold = holdOf(idOf(holdPathOf(one, id)), texts);
      return [one.dso.key, { record, recordId, hold, overlays: new Map(overlays) }];
    }),
  );
}

function recordOf(id: string | null, texts: ReadonlyMap<string, string>): DecisionRecord | null {
  return id === null ? null : parseRecord(texts.get(id) ?? '');
}

function holdOf(id: string | null, texts: ReadonlyMap<string, string>): Landed['hold'] {
  const marker = id === null ? null : parseHold(texts.get(id) ?? '');
  return marker?.isHeld ? marker : null;
}

/** Only home has it; null: elsewhere. */
function holdPathOf({ dso, home }: PlacedDso, id: string): string | null {
  return home.id === id ? holdPath(home.root, dso.namespace, dso.name) : null;
}

function overlaysOf(
  { dso, members }: PlacedDso,
  id: string,
): readonly { name: string; path: string; settings: PlacedDso['home'] }[] {
  return members
    .filter(({ destination }) => destination.id === id)
    .map(({ name, destination }) => ({
      name,
      path: overlayPath(destination, { member: name, ...dso }),
      settings: destination,
    }));
}

function recordPathOf({ dso, members, home }: PlacedDso, id: string): string {
  const destination = home.id === id ? home : members.find((member) => member.destination.id === id)?.destination;
  return recordPath((destination ?? home).root, dso.namespace, dso.name);
}

function pathsOf(placed: PlacedDso, id: string): readonly string[] {
  const hold = holdPathOf(placed, id);
  const own = [recordPathOf(placed, id), ...overlaysOf(placed, id).map(({ path }) => path)];
  return hold === null ? own : [...own, hold];
}
