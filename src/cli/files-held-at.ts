import type { Destination } from '../config/load.ts';
import { recordOf } from '../history/branch.ts';
import type { Revision } from '../history/decision-history.ts';
import { lastReadable, overlaysOf, type PastFiles } from '../history/held-at.ts';
import type { Engine } from '../reconcile/engine.ts';
import type { Repository } from '../reconcile/repository.ts';

/**
 * What the branch of a destination held at an instant.
 *
 * @param path of the records that are asked for, below the root
 * @param when epoch milliseconds
 */
export async function filesHeldAt(
  engine: Engine,
  destination: Destination,
  path: string,
  when: { readonly instant: number; readonly now: number },
): Promise<PastFiles> {
  const found = await engine.past(destination.id, async (repository, { root }) => {
    const commit = await repository.commitAt(when.instant, when.now);
    if (commit === null) return null;
    const standing = await repository.filesAt(commit, [`${root}/${path}`]);
    const records = standing.filter((one) => recordOf(one) !== null);
    const unreadable = standing.filter((one) => recordOf(one) === null);
    const lost = await lostRecords(repository, commit, `${root}/${path}`, unreadable);
    const replaced = await repository.contents(records.flatMap((one) => one.replaced.flatMap((id) => id ?? [])));
    const overlays = await repository.filesAt(commit, overlaysOf([...records, ...lost], destination));
    return { records, lost, replaced, overlays };
  });
  return { settings: destination, ...(found ?? { records: [], lost: [], replaced: new Map(), overlays: [] }) };
}

/** Records that there are no more: with what they said last, in the commit that lost them. */
async function lostRecords(
  repository: Repository,
  commit: string,
  path: string,
  unreadable: readonly Revision[],
): Promise<PastFiles['lost']> {
  const paths = [...unreadable.map((one) => one.path), ...(await repository.removedAt(commit, path))];
  return paths.length === 0 ? [] : lastReadable(await repository.revisions(paths, commit), new Set(paths));
}
