import { describe, expect, it } from 'vitest';
import { countOf, overlayOf, recordOf, scaledTwice, verdictsOf, type World } from './world.ts';

const INDEX = overlayOf('one', 'a').replace('/a/', '/');

/** Somebody takes `a` out of the index of member one. */
function takeOut(world: World): string {
  const index = world.home.read(INDEX) ?? '';
  expect(index).toContain('\n  - a\n');
  return world.home.commit({ [INDEX]: index.replace('\n  - a\n', '\n') }, 'main', 'not here');
}

describe('an overlay that its index leaves out', () => {
  it('is a hand edit: it is said who did it, the others go on, and nothing is decided that no member would see', async () => {
    const world = await scaledTwice();
    const commit = takeOut(world);
    for (const name of ['a', 'b']) world.metric(name, 200);
    const result = await world.tick();
    expect(verdictsOf(result)['default/a']).toBe('held HandEdit');
    const { verdict } = result.outcomes.find(({ key }) => key === 'default/a') ?? {};
    expect(verdict).toMatchObject({ path: INDEX, commit });
    expect(JSON.stringify(verdict)).toContain('leaves a out, so one does not apply it');
    expect(countOf(world.home, 'one', 'a')).toBe(10);
    expect(countOf(world.home, 'one', 'b')).toBe(20);
  });

  it('is listed again by resume, and found by another process as well', async () => {
    const world = await scaledTwice();
    takeOut(world);
    world.restart();
    expect(verdictsOf(await world.tick())['default/a']).toBe('held HandEdit');
    expect((await world.run('resume', 'default/a', '--reason', 'it belongs there')).code).toBe(0);
    expect(world.home.read(INDEX)).toContain('\n  - a\n  - b\n');
    expect(recordOf(world.home, 'a')).toMatchObject({
      reason: expect.stringContaining(' resumed it: it belongs there; total 20, as it was found'),
      resumed: { reason: 'it belongs there' },
    });
    expect((await world.run('verify')).code).toBe(0);
    expect(verdictsOf(await world.tick())['default/a']).not.toContain('held');
    world.metric('a', 200);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(20);
  });

  it('is listed again at once where the index was removed', async () => {
    const world = await scaledTwice();
    world.home.commit({ [INDEX]: null });
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'change', 'default/b': 'change' });
    expect(world.home.read(INDEX)).toContain('\n  - a\n  - b\n');
    expect(recordOf(world.home, 'a')?.reason).toBe('overlays are written as they have to be; the total stays 20');
    // The removal by a person, once for each, and nothing of ours.
    const { findings } = JSON.parse((await world.run('verify', '-o', 'json')).out);
    expect(findings.map(({ reason }: { reason: string }) => reason)).toEqual(['HandEdit', 'HandEdit']);
    expect(new Set(Object.values(verdictsOf(await world.tick())))).toEqual(new Set(['same']));
  });

  it('is one also where the rest of the index is not ours, or a link stands in its place', async () => {
    const world = await scaledTwice();
    const before = world.home.read(INDEX) ?? '';
    for (const index of [`${before.replace('\n  - a\n', '\n')}commonAnnotations: {team: x}\n`, { link: 'elsewhere' }]) {
      world.home.commit({ [INDEX]: index });
      world.metric('a', 200);
      expect(verdictsOf(await world.tick())['default/a']).toBe('held HandEdit');
      expect(countOf(world.home, 'one', 'a')).toBe(10);
    }
  });

  it('is none where an index that is not ours lists it', async () => {
    const world = await scaledTwice();
    world.home.commit({ [INDEX]: `${world.home.read(INDEX)}commonAnnotations: {team: x}\n` });
    world.metric('a', 200);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(20);
  });

  it('goes on when somebody puts it back', async () => {
    const world = await scaledTwice();
    const before = world.home.read(INDEX) ?? '';
    takeOut(world);
    await world.tick();
    world.home.commit({ [INDEX]: before });
    world.metric('a', 200);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(20);
  });
});

describe('verify', () => {
  it('takes no other decision beside a shortened index for its end', async () => {
    const world = await scaledTwice();
    takeOut(world);
    world.dso({ name: 'd' });
    world.metric('d', 20);
    await world.tick();
    await world.tick();
    expect(countOf(world.home, 'one', 'd')).toBe(2);
    const { code, out } = await world.run('verify', '-o', 'json');
    expect([code, JSON.parse(out).findings]).toMatchObject([
      1,
      [{ reason: 'HandEdit', path: INDEX, message: expect.stringContaining('it does not list a any more') }],
    ]);
  });
});
