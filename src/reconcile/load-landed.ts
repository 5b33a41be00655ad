import { holdPath, parseHold } from '../manifests/hold.ts';
import { indexPath, parseOverlay } from '../manifests/layout.ts';
import { FILE_MODE } from '../manifests/not-ours.ts';
import { parseRecord } from '../manifests/record.ts';
import type { KnownIndexes } from './known-indexes.ts';
import type { KnownRecords } from './known-records.ts';
import { type Landed, type LandedOverlay, type LandedRecord, type Listing, landedRecord, pathsIn } from './landed.ts';
import { type PlacedDso, recordPathAt } from './place.ts';
import type { Repository } from './repository.ts';

/** What was read or written before, and is not read again. */
export interface Known {
  readonly records: KnownRecords;
  readonly indexes: KnownIndexes;
}

/**
 * What the tips hold of every DSO: by key, then by destination id. Destinations that cannot be read are left out and told
 * to `failed`.
 *
 * @param isCounted DSOs whose overlays are read although there is a record
 * @param known what need not be read again; what is read is added
 */
export async function loadLanded(
  placed: readonly PlacedDso[],
  repositories: ReadonlyMap<string, Repository>,
  failed: (destinationId: string, error: unknown) => void,
  isCounted: (key: string) => boolean,
  known: Known,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Landed>>> {
  const landed = new Map<string, Map<string, Landed>>(placed.map(({ dso }) => [dso.key, new Map()]));
  await Promise.all(
    [...repositories].map(async ([id, repository]) => {
      const here = placed.filter((one) => isAt(one, id));
      try {
        for (const [key, found] of await loadFrom(here, id, repository, isCounted, known))
          landed.get(key)?.set(id, found);
      } catch (error) {
        failed(id, error);
      }
    }),
  );
  await loadTexts(placed, repositories, landed, failed);
  return landed;
}

/** Where another destination is behind home it gets the record of home as it is. */
async function loadTexts(
  placed: readonly PlacedDso[],
  repositories: ReadonlyMap<string, Repository>,
  landed: ReadonlyMap<string, Map<string, Landed>>,
  failed: (destinationId: string, error: unknown) => void,
): Promise<void> {
  for (const [id, repository] of repositories) {
    const behind = placed.filter(({ dso, home }) => home.id === id && isAnyBehind(landed.get(dso.key), id));
    if (behind.length === 0) continue;
    try {
      const texts = await repository.contents(
        behind.flatMap(({ dso }) => landed.get(dso.key)?.get(id)?.recordId ?? []),
      );
      for (const { dso } of behind) {
        const here = landed.get(dso.key);
        const atHome = here?.get(id);
        if (here && atHome) here.set(id, { ...atHome, recordText: texts.get(atHome.recordId ?? '') ?? null });
      }
    } catch (error) {
      for (const { dso } of behind) landed.get(dso.key)?.delete(id);
      failed(id, error);
    }
  }
}

function isAnyBehind(landed: ReadonlyMap<string, Landed> | undefined, homeId: string): boolean {
  const atHome = landed?.get(homeId);
  if (!landed || !atHome?.record) return false;
  return [...landed.values()].some(({ recordId }) => recordId !== atHome.recordId);
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
  known: Known,
): Promise<ReadonlyMap<string, Landed>> {
  const indexOf = indexPaths();
  const places = new Map(placed.map((one) => [one, overlaysOf(one, id, indexOf)]));
  const overlayPlaces = [...places.values()].flat();
  const indexes = new Set(overlayPlaces.flatMap(({ index }) => index ?? []));
  const paths = [...placed.flatMap((one) => pathsOf(one, id)), ...overlayPlaces.map(({ path }) => path), ...indexes];
  const entries = await repository.entries(paths);
  const idOf = (path: string | null): string | null => entries.get(path ?? '')?.id ?? null;
  const isKnown = ({ dso }: PlacedDso, recordId: string | null): boolean =>
    recordId !== null && known.records.find(dso.key, recordId) !== null;
  const unread = placed.filter((one) => !isKnown(one, idOf(recordPathAt(one, id))));
  const own = [...unread.map((one) => recordPathAt(one, id)), ...placed.map((one) => holdPathOf(one, id))];
  const listings = known.indexes.unknown([...indexes].flatMap((path) => idOf(path) ?? []));
  const texts = await repository.contents([...own.flatMap((path) => idOf(path) ?? []), ...listings]);
  known.indexes.take(listings, texts);
  const found = placed.map((one) => {
    const recordId = idOf(recordPathAt(one, id));
    const record = recordId === null ? null : recordOf(one, recordId, texts, known);
    return { one, recordId, record, places: places.get(one) ?? [] };
  });
  // What a person left in an overlay is told, and counted where there is no record.
  const isAsked = ({ dso }: PlacedDso, record: LandedRecord | null, name: string, path: string): boolean =>
    // What is no plain file is refused when it is written: nothing is read through a link.
    entries.get(path)?.mode === FILE_MODE && (isCounted(dso.key) || record?.members[name]?.overlay !== idOf(path));
  const asked = found.flatMap(({ one, record, places }) =>
    places.filter(({ name, path }) => isAsked(one, record, name, path)),
  );
  const overlayTexts = await repository.contents(asked.flatMap(({ path }) => idOf(path) ?? []));
  return new Map(
    found.map(({ one, recordId, record, places }) => {
      const overlays = places.map(({ name, path, index, settings }): [string, LandedOverlay] => {
        const overlayId = idOf(path);
        const listing = listingOf(index === null ? undefined : (entries.get(index) ?? null), one.dso.name, known);
        const text = isAsked(one, record, name, path) ? overlayTexts.get(overlayId ?? '') : undefined;
        const parsed = text === undefined ? { count: null, isUnreadable: false } : parseOverlay(settings, text);
        return [name, { path, id: overlayId, listing, ...parsed }];
      });
      const word = holdOf(idOf(holdPathOf(one, id)), texts);
      return [one.dso.key, { record, recordText: null, recordId, ...word, overlays: new Map(overlays) }];
    }),
  );
}

/** @param index undefined: the layout has none; null: it is not there */
function listingOf(
  index: { readonly mode: string; readonly id: string } | null | undefined,
  name: string,
  { indexes }: Known,
): Listing {
  if (index === undefined) return 'listed';
  // What stands behind a link is not read: nobody knows that it lists anything.
  return index && index.mode !== FILE_MODE ? 'leftOut' : indexes.listing(index?.id ?? null, name);
}

function recordOf(
  { dso: { key }, members, paths }: PlacedDso,
  id: string,
  texts: ReadonlyMap<string, string>,
  known: Known,
): LandedRecord | null {
  const found = known.records.find(key, id);
  if (found) return found;
  const record = parseRecord(texts.get(id) ?? '');
  if (!record) return null;
  // Copied: a word of the text that it was read from would keep all of that text in memory.
  const landed = structuredClone(landedRecord(record, id));
  // The same text as everywhere: the paths of a fleet are there once.
  const places = new Map(members.map(({ name }, index) => [name, paths[index]]));
  const own = [...pathsIn(landed)].map(([name, path]) => {
    const place = places.get(name);
    return path === place ? place : path;
  });
  const kept = { ...landed, paths: own };
  known.records.keep(key, kept);
  return kept;
}

function holdOf(id: string | null, texts: ReadonlyMap<string, string>): Pick<Landed, 'hold' | 'resumedAt'> {
  if (id === null) return { hold: null, resumedAt: null };
  const marker = parseHold(texts.get(id) ?? '');
  return marker.isHeld ? { hold: marker, resumedAt: null } : { hold: null, resumedAt: Date.parse(marker.time) };
}

/** Only home has it; null: elsewhere. */
function holdPathOf({ dso, home }: PlacedDso, id: string): string | null {
  return home.id === id ? holdPath(home.root, dso.namespace, dso.name) : null;
}

/** Paths of indexes, each made once: many overlays are in one. */
function indexPaths(): typeof indexPath {
  const made = new Map<string, string | null>();
  return (destination, member, namespace) => {
    const key = `${member}/${namespace}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const path = indexPath(destination, member, namespace);
    made.set(key, path);
    return path;
  };
}

function overlaysOf(
  { dso, members, paths }: PlacedDso,
  id: string,
  indexOf: typeof indexPath,
): readonly { name: string; path: string; index: string | null; settings: PlacedDso['home'] }[] {
  return members.flatMap(({ name, destination }, at) => {
    if (destination.id !== id) return [];
    const index = indexOf(destination, name, dso.namespace);
    return { name, path: paths[at] ?? '', index, settings: destination };
  });
}

/** Of its record and of a hold. */
function pathsOf(placed: PlacedDso, id: string): readonly string[] {
  const hold = holdPathOf(placed, id);
  return hold === null ? [recordPathAt(placed, id)] : [recordPathAt(placed, id), hold];
}
