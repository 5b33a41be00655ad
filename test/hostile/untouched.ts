import { expect } from 'vitest';
import type { BareRepository } from '../repository/bare-repository.ts';

/** What of a repository must be the same whatever we do. */
export interface Snapshot {
  readonly tip: string;
  readonly entries: ReadonlyMap<string, string>;
  readonly refs: ReadonlyMap<string, string>;
}

/** Takes it. */
export function snapshotOf(repository: BareRepository): Snapshot {
  return { tip: repository.tip() ?? '', entries: repository.entries(), refs: repository.refs() };
}

/**
 * Whatever was there is there, byte for byte; what is new is below `scaling/`; every commit and every other ref is kept.
 *
 * @param ours paths that were there and are ours to change
 */
export function expectUntouched(repository: BareRepository, before: Snapshot, ours: readonly string[] = []): void {
  const after = repository.entries();
  const isOther = (path: string): boolean => !ours.includes(path);
  for (const [path, entry] of before.entries) if (isOther(path)) expect(after.get(path), path).toBe(entry);
  const added = [...after.keys()].filter((path) => !before.entries.has(path));
  expect(added.filter((path) => !path.startsWith('scaling/'))).toEqual([]);
  expect(repository.git('merge-base', before.tip, repository.tip() ?? '').trim()).toBe(before.tip);
  const refs = repository.refs();
  for (const [ref, id] of before.refs) if (ref !== 'refs/heads/main') expect(refs.get(ref), ref).toBe(id);
  const fresh = [...refs.keys()].filter((ref) => !before.refs.has(ref));
  expect(fresh.filter((ref) => !ref.startsWith('refs/dso-gitops/state/'))).toEqual([]);
}
