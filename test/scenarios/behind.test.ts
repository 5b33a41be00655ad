import { renameSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reportOf } from '../../src/reconcile/report.ts';
import { TWO_REPOSITORIES, World } from './world.ts';

it('what a branch holds that is behind is told as it is there, and as unknown while it cannot be read', async () => {
  const world = new World(TWO_REPOSITORIES);
  const second = world.repository('second.git');
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  const members = async (): Promise<unknown> => {
    const { out } = await world.run('status', 'default/a', '-o', 'json');
    return JSON.parse(out)[0];
  };
  expect(await members()).toMatchObject({ members: { one: 2, two: 2 }, waitsFor: '' });
  renameSync(second.directory, `${second.directory}.gone`);
  world.metric('a', 60);
  expect((await world.run('apply')).code).toBe(1);
  expect(await members()).toMatchObject({
    members: { one: 6, two: null },
    waitsFor: expect.stringContaining('two (not known)'),
  });
  expect((await world.run('status')).err).toContain('second.git');
  renameSync(`${second.directory}.gone`, second.directory);
  expect(await members()).toMatchObject({ members: { one: 6, two: 2 }, committed: 8 });
  world.restart();
  const [dso] = reportOf(await world.tick({ mode: 'plan' })).dsos;
  expect(dso?.members.map(({ committed }) => committed)).toEqual([6, 2]);
  expect((await world.run('apply')).code).toBe(0);
  expect(await members()).toMatchObject({ members: { one: 6, two: 6 }, waitsFor: '' });
});
