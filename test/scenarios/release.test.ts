import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BareRepository } from '../repository/bare-repository.ts';
import { countOf, overlayOf, recordOf, savedStates, TWO_REPOSITORIES, verdictsOf, World } from './world.ts';

const INDEX = 'scaling/members/one/default/kustomization.yaml';
const RECORD = 'scaling/decisions/default/a.yaml';

async function running(configuration: Readonly<Record<string, unknown>> = {}, names = ['a']): Promise<World> {
  const world = new World(configuration);
  for (const name of names) {
    world.dso({ name });
    world.metric(name, 20);
  }
  await world.tick();
  return world;
}

function isEmpty(repository: BareRepository, member: string): boolean {
  return repository.read(overlayOf(member, 'a'))?.includes('patches: []') === true;
}

describe('release', () => {
  it('without --yes says what every count becomes, and writes nothing', async () => {
    const world = await running();
    const tip = world.home.tip();
    const { code, out } = await world.run('release', 'a');
    expect(code).toBe(0);
    expect(out).toMatch(/one +Deployment default\/a-app +2 +1, or what its base says/);
    expect(out).toContain('put <now> where each member has its own number first');
    expect(out).toContain('nothing was written; --yes does it');
    expect(world.home.tip()).toBe(tip);
  });

  it('with --yes leaves overlays that set nothing, and no record', async () => {
    const world = await running();
    const { code, out } = await world.run('release', 'default/a', '--yes', '--reason', 'one cluster is enough');
    expect([code, out]).toEqual([0, expect.stringContaining('release default/a')]);
    expect([isEmpty(world.home, 'one'), isEmpty(world.home, 'two')]).toEqual([true, true]);
    expect(world.home.read(RECORD)).toBeNull();
    expect(world.home.read(INDEX)).toContain('- a\n');
    expect(world.home.log()[0]?.body).toContain('one cluster is enough; until now one 2, two 2');
  });

  it('is not undone by a service that still sees the DSO', async () => {
    const world = await running();
    await world.run('release', 'a', '--yes');
    world.metric('a', 100);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Held' });
    world.restart();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Held' });
    expect(isEmpty(world.home, 'one')).toBe(true);
  });

  it('that is taken back waits for the total, as at first sight, and the past can be verified', async () => {
    const world = await running({ firstSight: 'wait' }, []);
    world.dso({ name: 'a', annotations: { 'dso-gitops.dev/initial-total': '4' } });
    world.metric('a', 20);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(2);
    world.dso({ name: 'a' });
    await world.run('release', 'a', '--yes');
    expect((await world.run('resume', 'a')).code).toBe(0);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait AdoptionPending' });
    expect((await world.run('apply', '--adopt', 'default/a=6')).code).toBe(0);
    expect(recordOf(world.home, 'a')).toMatchObject({
      seq: 2,
      previous: null,
      state: { before: { demand: { total: 6 } } },
    });
    const verified = await world.run('verify');
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining('2 decisions computed again')]);
  });

  it('of a DSO that is gone needs no marker, and its workload is free', async () => {
    const world = await running();
    world.remove('default.a.yaml');
    await world.run('release', 'a', '--yes');
    expect(world.home.paths().filter((path) => path.includes('/holds/'))).toEqual([]);
    world.dso({ name: 'b', target: { name: 'a-app' } });
    world.metric('b', 20);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/b': 'change' });
  });

  it('with --delete-files removes the overlays and their line in the index, and nothing else', async () => {
    const world = await running({}, ['a', 'b']);
    await world.run('release', 'a', '--yes', '--delete-files');
    const left = world.home.paths().filter((path) => path.startsWith('scaling/members/one/'));
    expect(left).toEqual([overlayOf('one', 'b'), INDEX]);
    expect(world.home.read(INDEX)).toMatch(/components:\n {2}- b\n$/);
    await world.run('release', 'b', '--yes', '--delete-files');
    expect(world.home.read(INDEX)).toMatch(/components: \[\]\n$/);
    expect(world.home.read('base/app.yaml')).toBe('x\n');
  });

  it('with --delete-files removes what an earlier release left, once', async () => {
    const world = await running({}, ['a', 'b']);
    await world.run('release', 'a', '--yes', '--reason', 'moves');
    const marker = world.home.read('scaling/holds/default/a.yaml');
    expect(marker).toContain('released: moves');
    const { code, out } = await world.run('release', 'a', '--yes', '--delete-files');
    expect(world.home.read('scaling/holds/default/a.yaml')).toBe(marker);
    expect([code, out]).toEqual([0, expect.stringMatching(/one +default\/a +- /)]);
    const left = world.home.paths().filter((path) => path.startsWith('scaling/members/'));
    expect(left.filter((path) => path.includes('/a/'))).toEqual([]);
    expect(world.home.read(INDEX)).toMatch(/components:\n {2}- b\n$/);
    expect(countOf(world.home, 'one', 'b')).toBe(2);
    expect((await world.run('release', 'a', '--yes', '--delete-files')).err).toContain('there is no decision');
    expect((await world.run('release', 'b', '--delete-files')).out).not.toContain('default/a');
  });

  it('writes nothing where one of the repositories cannot be read', async () => {
    const world = new World(TWO_REPOSITORIES);
    const second = world.repository('second.git');
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    const before = world.home.tip();
    renameSync(second.directory, `${second.directory}.away`);
    const { code, err } = await world.run('release', 'a', '--yes');
    expect([code, world.home.tip()]).toEqual([1, before]);
    expect(err).toContain('second.git');
  });

  it('goes to every repository that has a part of it', async () => {
    const world = new World(TWO_REPOSITORIES);
    const second = world.repository('second.git');
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    await world.run('release', 'a', '--yes');
    expect([isEmpty(world.home, 'one'), isEmpty(second, 'two')]).toEqual([true, true]);
    expect([world.home.read(RECORD), second.read(RECORD)]).toEqual([null, null]);
    expect(second.paths().filter((path) => path.includes('/holds/'))).toEqual([]);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Held' });
  });

  it('wins a race against a foreign commit, and loses nothing of it', async () => {
    const world = await running();
    world.race(world.home, { 'base/app.yaml': 'y\n' });
    expect((await world.run('release', 'a', '--yes')).code).toBe(0);
    expect([world.home.read('base/app.yaml'), world.home.read(RECORD)]).toEqual(['y\n', null]);
  });

  it('of what is not in the hub any more forgets its state, and of what is remembers it', async () => {
    const world = await running({}, ['a', 'b']);
    await world.run('release', 'a', '--yes');
    expect([...savedStates(world.home).keys()]).toEqual(['default/a', 'default/b']);
    world.remove('default.b.yaml');
    await world.run('release', 'b', '--yes');
    expect([...savedStates(world.home).keys()]).toEqual(['default/a']);
    expect((await world.run('verify')).code).toBe(0);
  });

  it.each([
    ['the index of the namespace', INDEX],
    ['the overlay of another DSO', overlayOf('one', 'b')],
    ['a file outside the root', 'base/kustomization.yaml'],
    ['a way out of the root', 'scaling/../base/kustomization.yaml'],
  ])('believes no record that names %s as its overlay', async (_what, path) => {
    const world = await running({}, ['a', 'b']);
    world.home.commit({ 'base/kustomization.yaml': 'patches: []\n' });
    const forged = world.home.read(RECORD)?.replace(`path: ${overlayOf('one', 'a')}`, `path: ${path}`) ?? '';
    expect(forged).toContain(`path: ${path}`);
    world.home.commit({ [RECORD]: forged });
    const before = [INDEX, overlayOf('one', 'b'), 'base/kustomization.yaml'].map((file) => world.home.read(file));
    await world.run('release', 'a', '--yes', '--delete-files');
    const after = [INDEX, overlayOf('one', 'b'), 'base/kustomization.yaml'].map((file) => world.home.read(file));
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(after[0]).toBe(before[0]?.replace('  - a\n', ''));
  });

  it.each([
    [
      'a name of nobody',
      ['release', 'nobody'],
      /NotFound.*no decision about default\/nobody.*decisions\/default\/nobody\.yaml/,
    ],
    ['more than a name', ['release', 'a/b/c'], /expected <namespace>\/<name>; found a\/b\/c/],
  ])('says what is wrong with %s', async (_what, args, message) => {
    const { code, err } = await (await running()).run(...args);
    expect([code, err]).toEqual([1, expect.stringMatching(message)]);
  });

  it('leaves the record of another installation alone', async () => {
    const world = await running();
    world.configure({ owner: 'another' });
    const { code, err } = await world.run('release', 'a', '--yes');
    expect([code, err]).toEqual([1, expect.stringContaining('ForeignOwner')]);
    expect(countOf(world.home, 'one', 'a')).toBe(2);
  });
});
