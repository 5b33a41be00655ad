import type { Destination } from '../config/load.ts';
import { recordOf } from '../history/branch.ts';
import { lastReadable, overlaysOf, type PastFiles } from '../history/held-at.ts';
import type { Repository } from './repository.ts';

/**
 * What the branch of a destination held at an instant.
 *
 * @param path of the records that are asked for, below the root
 * @param when epoch milliseconds
 */
export async function readHeld(
  repository: Repository,
  destination: Destination,
  path: string,
  when: { readonly instant: number; readonly now: number },
): Promise<PastFiles> {
  const place = { repository: destination.url, settings: destination };
  const commit = await repository.commitAt(when.instant, when.now);
  if (commit === null) return { ...place, records: [], replaced: new Map(), overlays: [] };
  const directory = `${destination.root}/${path}`;
  const standing = await repository.filesAt(commit, [directory]);
  const readable = standing.filter((one) => recordOf(one) !== null).map((one) => ({ ...one, lost: null }));
  const lost = new Set([...standing.map((one) => one.path), ...(await repository.removedAt(commit, directory))]);
  for (const { path: there } of readable) lost.delete(there);
  const past = lost.size > 0 ? await repository.revisions([...lost], commit) : [];
  // Of many paths the directory of all is asked for.
  const records = [...readable, ...lastReadable(past.filter((one) => lost.has(one.path)))];
  const replaced = await repository.contents(records.flatMap((one) => one.replaced.flatMap((id) => id ?? [])));
  return { ...place, records, replaced, overlays: await repository.filesAt(commit, overlaysOf(records, destination)) };
}
