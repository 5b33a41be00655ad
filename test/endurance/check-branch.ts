import { expect } from 'vitest';
import { blobId } from '../../src/manifests/blob.ts';
import { DsoState } from '../../src/manifests/record.ts';
import type { BareRepository } from '../repository/bare-repository.ts';
import { countOf, overlayOf, recordOf } from '../scenarios/world.ts';
import { commitsOf, movesOf, type PastRecord } from './past.ts';
import type { Stream } from './stream.ts';

/** Makes a repository say later how its branch moved. */
export function logMoves(repository: BareRepository): void {
  repository.git('config', 'core.logAllRefUpdates', 'always');
  // The log of moves and what only it still names stay as they are.
  repository.git('config', 'gc.auto', '0');
}

/** One line of commits, never forced, nothing damaged. @returns the commits, the oldest first */
export function checkLine(repository: BareRepository): readonly string[] {
  expect(repository.git('rev-list', '--merges', 'main')).toBe('');
  const commits = commitsOf(repository);
  const position = new Map(commits.map((commit, index) => [commit, index]));
  // A forced move would leave a commit outside the line, or go back in it.
  for (const [from, to] of movesOf(repository))
    expect(position.get(to), `${from} -> ${to}`).toBeGreaterThan(position.get(from) ?? Number.NaN);
  expect(repository.git('fsck', '--strict', '--no-dangling', '--no-progress')).toBe('');
  return commits;
}

/**
 * Every decision of a stream once, in the order of its values, each on the one before, and the tip as the last value
 * demands, overlays and state included.
 *
 * @returns its decisions, the oldest first
 */
export function checkStream(
  repository: BareRepository,
  stream: Stream,
  members: readonly string[],
  past: readonly PastRecord[],
  root = 'scaling',
): readonly PastRecord[] {
  const key = `${stream.namespace}/${stream.name}`;
  let before: PastRecord | null = null;
  let last = -1;
  for (const one of past) {
    const { seq, previous, total } = one.record;
    const what = `decision ${seq} of ${key} in ${one.commit}`;
    expect(seq, what).toBe((before?.record.seq ?? 0) + 1);
    expect(previous, what).toBe(before?.id ?? null);
    expect(total.before, what).toBe(before?.record.total.after ?? null);
    const index = stream.indexOf(total.after) ?? Number.NaN;
    expect(index, what).toBeGreaterThan(last);
    last = index;
    before = one;
  }
  checkTip(repository, stream, members, root);
  return past;
}

function checkTip(repository: BareRepository, stream: Stream, members: readonly string[], root: string): void {
  const { name, namespace, total } = stream;
  const record = recordOf(repository, name, namespace, root);
  expect(record?.total.after, `${namespace}/${name}`).toBe(total);
  let sum = 0;
  for (const member of members) {
    const path = overlayOf(member, name, namespace, root);
    const count = countOf(repository, member, name, namespace, root);
    expect(record?.members[member], path).toMatchObject({
      path,
      after: count,
      overlay: blobId(repository.read(path) ?? ''),
    });
    sum += count ?? 0;
  }
  expect(sum, `${namespace}/${name}`).toBe(total);
  const state = stateOf(repository, `${namespace}/${name}`);
  expect(state.seq, `state of ${namespace}/${name}`).toBe(record?.seq);
  expect(state.demand.total).toBe(total);
}

/** What the refs beside the branch remember of a DSO: in exactly one of them. */
function stateOf(repository: BareRepository, key: string): DsoState {
  const refs = [...repository.refs().keys()].filter((ref) => ref.startsWith('refs/dso-gitops/state/'));
  const found = refs.flatMap((ref) =>
    repository.paths(ref).flatMap((path) => (path.endsWith(`/${key}.json`) ? { ref, path } : [])),
  );
  expect(found, `states of ${key}`).toHaveLength(1);
  const [{ ref, path } = { ref: '', path: '' }] = found;
  return DsoState.parse(JSON.parse(repository.read(path, ref) ?? ''));
}
