import { expect } from 'vitest';
import { blobId } from '../../src/manifests/blob.ts';
import type { BareRepository } from '../repository/bare-repository.ts';
import { overlayOf, World } from '../scenarios/world.ts';

/** The record of `default/a`. */
export const RECORD = 'scaling/decisions/default/a.yaml';

/** What `verify -o json` says. */
export interface Verification {
  readonly accepted: number;
  readonly findings: readonly { readonly reason: string; readonly path: string; readonly commit: string }[];
  readonly recomputed: number;
  readonly notRecomputed: number;
  readonly reverts: readonly { readonly path: string; readonly commit: string }[];
  readonly removed: readonly { readonly path: string; readonly commit: string }[];
  readonly resumed: readonly { readonly path: string; readonly commit: string; readonly author: string }[];
}

/** Two members that the last commit took from 2 to 10 each. */
export async function scaled(configuration: Readonly<Record<string, unknown>> = {}): Promise<World> {
  const world = new World(configuration);
  world.dso({ name: 'a' });
  for (const value of [20, 100]) {
    world.metric('a', value);
    await world.tick();
  }
  return world;
}

/** The last commit again, as somebody would have it who changes its files, in the order of the chain. */
export function forge(world: World, change: (files: Record<string, string>) => void): void {
  const { home } = world;
  const paths = [RECORD, overlayOf('one', 'a'), overlayOf('two', 'a')];
  const files = Object.fromEntries(paths.map((path) => [path, home.read(path) ?? '']));
  const before = structuredClone(files);
  change(files);
  expect(files).not.toEqual(before);
  home.git('update-ref', 'refs/heads/main', 'main^');
  home.commit(files);
}

/** One overlay becomes another one, and the record names it. */
export function forgeOverlay(change: (text: string) => string): (files: Record<string, string>) => void {
  return (files) => {
    const path = overlayOf('one', 'a');
    const [before, after] = [files[path] ?? '', change(files[path] ?? '')];
    files[path] = after;
    // Both members have the same; the first is one.
    files[RECORD] = (files[RECORD] ?? '').replace(blobId(before), blobId(after));
  };
}

/** Merges branches into main, with the tree of another one. @returns the merge */
export function mergeOf(home: BareRepository, parents: readonly string[], tree: string): string {
  const who = ['-c', 'user.name=Eve', '-c', 'user.email=eve@example.com'];
  const options = parents.flatMap((parent) => ['-p', parent]);
  const merge = home.git(...who, 'commit-tree', ...options, '-m', 'merge', `${tree}^{tree}`).trim();
  home.git('update-ref', 'refs/heads/main', merge);
  return merge;
}

/** The record says something else. */
export function forgeRecord(from: string | RegExp, to: string): (files: Record<string, string>) => void {
  return (files) => {
    files[RECORD] = (files[RECORD] ?? '').replace(from, to);
  };
}

/** Runs `verify` with its output as data. */
export async function verified(
  world: World,
  ...args: readonly string[]
): Promise<Verification & { readonly code: number }> {
  const { out, code } = await world.run('verify', '-o', 'json', ...args);
  return { ...(JSON.parse(out) as Verification), code };
}
