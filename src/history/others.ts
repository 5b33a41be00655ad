import { blobId } from '../manifests/blob.ts';
import { recordOf } from './branch.ts';
import type { Place } from './verify.ts';

/** What is known of all destinations together. */
export interface Others {
  /** Texts of records by blob id. */
  readonly records: ReadonlyMap<string, string>;
  /** Ids of records that follow the one before them in some destination. */
  readonly linked: ReadonlySet<string>;
  /** Every version of every file, as path and blob id. */
  readonly files: ReadonlySet<string>;
  /** Some could not be read. */
  readonly isPart: boolean;
}

/**
 * What one place has to know of the others: a destination that was behind gets a record whose predecessor it never had.
 *
 * @param isPart some could not be read
 */
export function othersOf(places: readonly Pick<Place, 'root' | 'revisions'>[], isPart: boolean): Others {
  const [records, linked, files] = [new Map<string, string>(), new Set<string>(), new Set<string>()];
  if (places.length === 1) return { records, linked, files, isPart };
  for (const { root, revisions } of places) {
    const last = new Map<string, string | null>();
    for (const revision of revisions.toReversed()) {
      const { path, text } = revision;
      const id = text === null ? null : blobId(text);
      if (id !== null) files.add(`${path} ${id}`);
      if (!path.startsWith(`${root}/decisions/`)) continue;
      const record = recordOf(revision);
      if (record && id !== null && record.previous === (last.get(path) ?? null)) linked.add(id);
      if (text !== null && id !== null) records.set(id, text);
      last.set(path, id);
    }
  }
  return { records, linked, files, isPart };
}
