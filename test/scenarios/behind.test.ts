import { renameSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reportOf } from '../../src/reconcile/report.ts';
import { decidedInTwo, overlayOf, TWO_REPOSITORIES, World } from './world.ts';

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

it('a hand edit in a branch that is behind is told as it is, and so is what follows from it', async () => {
  const { world, second } = await decidedInTwo();
  renameSync(second.directory, `${second.directory}.gone`);
  world.metric('a', 60);
  expect((await world.run('apply')).code).toBe(1);
  renameSync(`${second.directory}.gone`, second.directory);
  const path = overlayOf('two', 'a');
  second.commit({ [path]: second.read(path)?.replace(/value: \d+/, 'value: 30') ?? '' });
  const { out } = await world.run('status', 'default/a', '-o', 'json');
  expect(JSON.parse(out)[0]).toMatchObject({
    committed: 36,
    members: { one: 6, two: 30 },
    hold: expect.stringContaining('changed by hand'),
  });
  expect((await world.run('resume', 'default/a')).code).toBe(0);
  const steps = [world.home, second].map(
    (repository) => /\(.*two 30 -> \d+\)/.exec(repository.subjects()[0] ?? '') !== null,
  );
  expect(steps).toEqual([true, true]);
});

it('the step of a branch whose record was removed is from what stands there', async () => {
  const { world, second } = await decidedInTwo();
  second.commit({ 'scaling/decisions/default/a.yaml': null });
  world.metric('a', 60);
  const { out } = await world.run('apply', '-o', 'json');
  const [dso] = (JSON.parse(out) as { dsos: { members: { name: string; committed: number | null }[] }[] }).dsos;
  expect(dso?.members.map(({ name, committed }) => [name, committed])).toEqual([
    ['one', 2],
    ['two', 2],
  ]);
  expect(second.subjects()[0]).toBe('scale default/a at 12 (one 2 -> 6, two 2 -> 6)');
});
