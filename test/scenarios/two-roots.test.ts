import { describe, expect, it } from 'vitest';
import { wrapGit } from '../repository/git-wrapper.ts';
import { countOf, errorsOf, recordOf, verdictsOf, World } from './world.ts';

describe('two roots in one branch', () => {
  const ROOTS = {
    destinations: [
      { name: 'first', repository: 'fleet.git', root: 'first', match: { members: ['one'] } },
      { name: 'second', repository: 'fleet.git', root: 'second', match: { members: ['two'] } },
    ],
  };

  /** `a` is at home in the first root and has a part in the second, where `b` is at home. */
  function sharing(): World {
    const world = new World(ROOTS);
    world.dso({ name: 'a' });
    world.metric('a', 20);
    world.dso({ name: 'b', members: { two: 1 } });
    world.metric('b', 20);
    return world;
  }

  /** Of `a` below each root, and of `b`. */
  function numbers({ home }: World): readonly (number | null)[] {
    return [
      countOf(home, 'one', 'a', 'default', 'first'),
      countOf(home, 'two', 'a', 'default', 'second'),
      countOf(home, 'two', 'b', 'default', 'second'),
    ];
  }

  it('are one commit and one push, whose message tells each DSO once', async () => {
    const world = sharing();
    await world.tick();
    expect(numbers(world)).toEqual([2, 2, 4]);
    expect(world.home.log()).toHaveLength(2);
    const message = world.home.git('log', '-1', '--format=%B', 'main');
    expect(message).toMatch(/^scale 2 workloads on 2 clusters\n/);
    expect(message.match(/^Dso: .*$/gm)).toEqual(['Dso: default/a', 'Dso: default/b']);
    expect(new Set(Object.values(verdictsOf(await world.tick())))).toEqual(new Set(['same']));
    await world.save();
    world.restart();
    expect(new Set(Object.values(verdictsOf(await world.tick())))).toEqual(new Set(['same']));
    expect(world.home.log()).toHaveLength(2);
  });

  it('are one commit in a process that stays as well, and nothing is decided twice', async () => {
    const world = sharing();
    await world.tick();
    for (const value of [60, 80]) {
      world.now += 60_000;
      world.metric('a', value);
      world.metric('b', value);
      const before = world.home.log().length;
      await world.moment();
      await world.moment();
      expect(numbers(world)).toEqual([value / 10, value / 10, value / 5]);
      expect(world.home.log()).toHaveLength(before + 1);
    }
    const records = [recordOf(world.home, 'a', 'default', 'first'), recordOf(world.home, 'b', 'default', 'second')];
    expect(records.map((record) => record?.seq)).toEqual([3, 3]);
    expect((await world.run('verify')).code).toBe(0);
  });

  it('take nothing from each other by a path that is not ours', async () => {
    const world = sharing();
    world.home.commit({ 'second/members/two/default/b/kustomization.yaml': { link: 'elsewhere' } });
    const result = await world.tick();
    expect(errorsOf(result)).toEqual(['PathNotOurs']);
    expect(numbers(world).slice(0, 2)).toEqual([2, 2]);
    expect(world.home.log()).toHaveLength(3);
  });

  it('leave a DSO out of both where the path that is not ours is at its home', async () => {
    const world = sharing();
    world.home.commit({ 'first/members/one/default/a/kustomization.yaml': { link: 'elsewhere' } });
    expect(errorsOf(await world.tick())).toContain('PathNotOurs');
    expect(numbers(world)).toEqual([null, null, 4]);
    expect(world.home.read('second/decisions/default/a.yaml')).toBeNull();
  });

  it('lose a race together, and both are decided again', async () => {
    const world = sharing();
    await world.tick();
    world.metric('a', 60);
    world.metric('b', 60);
    world.race(world.home, { 'base/app.yaml': 'z\n' });
    expect(errorsOf(await world.tick())).toEqual([]);
    expect(numbers(world)).toEqual([6, 6, 12]);
    expect(world.home.log()).toHaveLength(4);
  });

  it('learn the tip together also where one of them alone had lost the race', async () => {
    const world = sharing();
    await world.tick();
    world.metric('b', 60);
    world.race(world.home, { 'base/app.yaml': 'z\n' });
    expect(errorsOf(await world.tick())).toEqual([]);
    expect(numbers(world)).toEqual([2, 2, 12]);
  });

  it('are written side by side', async () => {
    const world = new World(ROOTS);
    world.dso({ name: 'a' });
    for (const value of [20, 60, 20, 80]) {
      world.metric('a', value);
      expect(errorsOf(await world.tick())).toEqual([]);
      expect(errorsOf(await world.tick())).toEqual([]);
    }
    const read = (path: string) => world.home.read(path);
    expect(read('first/members/one/default/a/kustomization.yaml')).toContain('value: 8');
    expect(read('second/members/two/default/a/kustomization.yaml')).toContain('value: 8');
    expect(read('second/decisions/default/a.yaml')?.replaceAll('second/', '')).toBe(
      read('first/decisions/default/a.yaml')?.replaceAll('second/', ''),
    );
  });

  it('wait for a home in another repository, wherever that stands in the configuration', async () => {
    const world = new World({
      members: ['one', 'two', 'three'],
      destinations: [
        { name: 'first', repository: 'fleet.git', root: 'first', match: { members: ['one'] } },
        { name: 'other', repository: 'other.git', match: { members: ['two'] } },
        { name: 'second', repository: 'fleet.git', root: 'second', match: { members: ['three'] } },
      ],
    });
    const other = world.repository('other.git');
    world.dso({ name: 'a', members: { two: 1, three: 1 } });
    world.dso({ name: 'b', members: { one: 1 } });
    world.metric('a', 20);
    world.metric('b', 20);
    await world.tick();
    const counts = [countOf(other, 'two', 'a'), countOf(world.home, 'three', 'a', 'default', 'second')];
    expect([...counts, world.home.log().length]).toEqual([2, 2, 2]);
  });

  it('are released in one commit', async () => {
    const world = sharing();
    await world.tick();
    expect((await world.run('release', 'default/a', '--yes')).code).toBe(0);
    expect([world.home.log().length, numbers(world)]).toEqual([3, [null, null, 4]]);
    const message = world.home.git('log', '-1', '--format=%B', 'main');
    expect(message).toContain('until now one 2, two 2');
    expect(message.match(/^Dso: .*$/gm)).toEqual(['Dso: default/a']);
  });

  it('save the states of both with the commit, and by one push where there is none', async () => {
    const world = sharing();
    await world.tick();
    await world.save();
    const states = () => [...world.home.refs()].filter(([ref]) => ref.startsWith('refs/dso-gitops/state/'));
    const before = states();
    expect(before).toHaveLength(2);
    for (const value of [10, 20]) {
      world.now += 15_000;
      world.metric('a', value);
      world.metric('b', value);
      await world.tick();
    }
    const git = wrapGit(world.directory);
    world.environment['PATH'] = git.path;
    await world.save();
    const pushes = git.argv().filter((line) => line.includes(' push '));
    expect([pushes.length, states().filter(([ref, id]) => new Map(before).get(ref) !== id).length]).toEqual([1, 2]);
  });
});
