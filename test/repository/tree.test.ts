import { expect, it } from 'vitest';
import type { Git } from '../../src/repository/git.ts';
import { Tree } from '../../src/repository/tree.ts';

it('what could not be listed is asked again, never taken for absent', async () => {
  let failures = 1;
  const git: Git = {
    run: async () => '',
    feed: async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('no time');
      return Buffer.from('100644 blob abc\tscaling/a\0');
    },
  };
  const tree = new Tree(git, 'scaling', async () => undefined);
  await tree.moveTo('1111');
  await expect(tree.entries(['scaling/a'])).rejects.toThrow('no time');
  expect((await tree.entries(['scaling/a'])).get('scaling/a')).toEqual({ mode: '100644', id: 'abc' });
});
