import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { BareRepository } from '../repository/bare-repository.ts';
import { recordOf, World } from '../scenarios/world.ts';
import { expectUntouched, snapshotOf } from './untouched.ts';

/** Names that Git itself would never give a directory, but takes from whoever sends them. */
const NAMES = ['..', '.', '.git', '.GIT', 'Prod', 'a b', 'a\ndeleteall', '__proto__', 'x\u001b[2J', '-rf'];

/** Puts directories below `clusters/` at the tip, whatever they are called. */
function addDirectories(repository: BareRepository, names: readonly string[]): void {
  const run = (args: readonly string[], input: Buffer | string = ''): string =>
    execFileSync('git', ['--git-dir=.', ...args], { cwd: repository.directory, input })
      .toString()
      .trim();
  const inner = repository.git('rev-parse', 'refs/heads/main:base').trim();
  const tree = (entries: readonly (readonly [name: string, id: string])[]): string => {
    const sorted = entries.toSorted(([one], [other]) =>
      Buffer.compare(Buffer.from(`${one}/`), Buffer.from(`${other}/`)),
    );
    const lines = sorted.flatMap(([name, id]) => [Buffer.from(`40000 ${name}\0`), Buffer.from(id, 'hex')]);
    return run(['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'], Buffer.concat(lines));
  };
  const root = tree([
    ['base', inner],
    ['clusters', tree(names.map((name) => [name, inner]))],
  ]);
  const who = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.com'];
  const commit = run([...who, 'commit-tree', '-p', 'refs/heads/main', '-m', 'clusters', root]);
  run(['update-ref', 'refs/heads/main', commit]);
}

describe('members that are found in a hostile repository', () => {
  it('are those with a name that a member can have, and no path of the others is written', async () => {
    const world = new World({ members: { directories: 'clusters' } });
    addDirectories(world.home, ['one', 'two', ...NAMES]);
    world.dso({ name: 'web', members: {} });
    world.metric('web', 20);
    const before = snapshotOf(world.home);
    await world.tick();
    expectUntouched(world.home, before);
    expect(Object.keys(recordOf(world.home, 'web')?.members ?? {})).toEqual(['one', 'two']);
    expect(world.home.paths().filter((path) => path.startsWith('scaling/members/'))).toEqual([
      'scaling/members/one/default/kustomization.yaml',
      'scaling/members/one/default/web/kustomization.yaml',
      'scaling/members/two/default/kustomization.yaml',
      'scaling/members/two/default/web/kustomization.yaml',
    ]);
  });
});
