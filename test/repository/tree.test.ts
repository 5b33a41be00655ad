import { expect, it } from 'vitest';
import type { Git } from '../../src/repository/git.ts';
import { Tree } from '../../src/repository/tree.ts';

it('what could not be listed is asked again, never taken for absent', async () => {
  let failures = 1;
  const git: Git = {
    run: async () => '',
    read: async () => undefined,
    feed: async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('no time');
      return Buffer.from('100644 blob abc\tscaling/a\0');
    },
  };
  const tree = new Tree(git, ['scaling'], async () => undefined);
  await tree.moveTo('1111');
  await expect(tree.entries(['scaling/a'])).rejects.toThrow('no time');
  expect((await tree.entries(['scaling/a'])).get('scaling/a')).toEqual({ mode: '100644', id: 'abc' });
});

/** A root with one file, and how often it was asked. */
function counted(): { readonly git: Git; readonly asked: string[]; readonly changes: (() => string)[] } {
  const [asked, changes]: [string[], (() => string)[]] = [[], []];
  const answer = async ([command = '']: readonly string[]): Promise<string> => {
    asked.push(command);
    return command === 'diff-tree' ? (changes.shift()?.() ?? '') : '100644 blob abc\tscaling/a\0';
  };
  return {
    asked,
    changes,
    git: { run: answer, read: async () => undefined, feed: async (args) => Buffer.from(await answer(args)) },
  };
}

it('remembers no more paths than can be of use, and asks again then', async () => {
  const { git, asked } = counted();
  const tree = new Tree(git, ['scaling'], async () => undefined);
  await tree.moveTo('0');
  for (let round = 1; round <= 60; round += 1) {
    const gone = Array.from({ length: 1000 }, (_, index) => [`scaling/${round}/${index}`, null] as const);
    tree.advanceTo(String(round), new Map(gone));
    expect((await tree.entries(['scaling/a'])).get('scaling/a')).toEqual({ mode: '100644', id: 'abc' });
  }
  expect(asked).toEqual(['ls-tree', 'ls-tree']);
});

it('remembers no more changes of others than can be of use, and asks again then', async () => {
  const { git, asked, changes } = counted();
  const tree = new Tree(git, ['scaling'], async () => undefined);
  await tree.moveTo('0');
  await tree.entries(Array.from({ length: 1001 }, (_, index) => `scaling/${index}`));
  for (let round = 1; round <= 60; round += 1) {
    changes.push(() => Array.from({ length: 1000 }, (_, index) => `scaling/${round}/${index}\0`).join(''));
    await tree.moveTo(String(round));
    expect((await tree.entries(['scaling/a'])).get('scaling/a')).toEqual({ mode: '100644', id: 'abc' });
  }
  expect(asked.filter((command) => command === 'ls-tree')).toHaveLength(2);
});
