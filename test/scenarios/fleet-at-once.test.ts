import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gitAfter } from '../repository/git-wrapper.ts';
import { countOf, errorsOf, manifestOf, recordOf, verdictsOf, World } from './world.ts';

/** More than are decided at once. */
const NAMES = Array.from({ length: 620 }, (_, index) => `web-${index}`);

/** A fleet at 2 and 2 replicas each. */
async function scaled(): Promise<World> {
  const world = new World();
  world.write('dsos.json', list(NAMES.map((name) => manifestOf({ name }))));
  value(world, 20);
  await world.tick();
  return world;
}

function list(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** Sets the value of all of them. */
function value(world: World, metric: number): void {
  const items = NAMES.map((name) => {
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
      data: { value: `${metric}` },
    };
  });
  world.write('metrics.json', list(items));
}

function countsIn(world: World): ReadonlySet<number | null> {
  return new Set(
    ['web-0', 'web-499', 'web-500', 'web-619'].flatMap((name) => [
      countOf(world.home, 'one', name),
      countOf(world.home, 'two', name),
    ]),
  );
}

/** Whatever writes objects dies in the midst of it. @returns makes room again */
function fillDisk(world: World, when = 'if true; then'): () => void {
  const real = world.environment['PATH'];
  const dies = 'head -c 100000 >/dev/null; echo "fatal: write error: No space left on device" >&2; exit 128';
  const script = `case " $* " in *" fast-import "*) ${when} ${dies}; fi;; esac`;
  world.environment['PATH'] = gitAfter(script, join(world.directory, 'full'), real);
  return () => {
    world.environment['PATH'] = real;
  };
}

/** A tick that does not wait for its push. */
async function pushing(world: World): Promise<{ readonly answered: Promise<void> }> {
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await world.stay({ background: { ms: 0, resume: answer } });
  return { answered };
}

describe('a fleet that changes at once', () => {
  it('is one commit with a record for each, and verify finds nothing', async () => {
    const world = await scaled();
    const before = world.home.log().length;
    value(world, 40);
    const result = await world.tick();
    expect([errorsOf(result), world.home.log().length - before]).toEqual([[], 1]);
    expect([...countsIn(world)]).toEqual([4]);
    expect(NAMES.filter((name) => recordOf(world.home, name)?.seq !== 2)).toEqual([]);
    expect((await world.run('verify')).code).toBe(0);
    expect(world.home.git('fsck', '--strict', '--no-dangling')).toBe('');
    const unchanged = await world.tick();
    expect(new Set(Object.values(verdictsOf(unchanged)))).toEqual(new Set(['same']));
  });

  it('is written while it is decided: the commit has the tree that was drafted', async () => {
    const world = await scaled();
    value(world, 40);
    await world.tick();
    const cache = join(world.directory, 'cache');
    const [mirror = ''] = readdirSync(cache).filter((name) => name.endsWith('.git'));
    const inMirror = ['-C', join(cache, mirror)];
    const draft = world.home
      .git(...inMirror, 'for-each-ref', '--format=%(tree)', 'refs/dso-gitops/work/*-draft-0')
      .trim();
    expect(draft).toBe(world.home.git('rev-parse', 'main^{tree}').trim());
  });

  it('is decided again on the tip of another writer', async () => {
    const world = await scaled();
    world.race(world.home, { 'theirs.txt': 'x\n' });
    value(world, 40);
    expect(errorsOf(await world.tick())).toEqual([]);
    expect(world.home.read('theirs.txt')).toBe('x\n');
    expect([...countsIn(world)]).toEqual([4]);
    expect(world.home.log().length).toBe(4);
  });

  it('is observed while a push is under way, and what it came to lands after it', async () => {
    const world = await scaled();
    value(world, 40);
    world.home.hook('pre-receive', '#!/bin/sh\nsleep 2\n');
    const { answered } = await pushing(world);
    // What is observed meanwhile counts: the window holds the highest.
    value(world, 60);
    await world.stay({ background: { ms: 0, resume: () => undefined } });
    value(world, 40);
    await answered;
    await world.moment();
    world.now += 15_000;
    await world.moment();
    expect([...countsIn(world)]).toEqual([6]);
  });

  it('is not decided in the tick that tells of its push, but in the next one, which is due at once', async () => {
    const world = await scaled();
    await world.stay();
    value(world, 40);
    world.home.hook('pre-receive', '#!/bin/sh\nsleep 1\n');
    const { answered } = await pushing(world);
    await answered;
    value(world, 60);
    world.now += 15_000;
    const telling = await world.stay();
    expect(telling.destinations.map(({ commit }) => commit)).toEqual([world.home.tip()]);
    expect([telling.outcomes.length, telling.deadline]).toEqual([0, telling.now + 1]);
    const next = await world.stay();
    expect([next.outcomes.length, ...countsIn(world)]).toEqual([NAMES.length, 6]);
  });

  it('is not lost when only what goes to Git ahead of the commit cannot be written', async () => {
    const world = await scaled();
    const mend = fillDisk(world, 'if mkdir ../once 2>/dev/null; then');
    value(world, 40);
    expect(errorsOf(await world.tick())).toEqual(['DiskFull']);
    expect([...countsIn(world)]).toEqual([2]);
    expect(errorsOf(await world.tick())).toEqual([]);
    expect([...countsIn(world)]).toEqual([4]);
    mend();
  });

  it('is not lost when it cannot be written to the disk, and nothing half written stays', async () => {
    const world = await scaled();
    const mend = fillDisk(world);
    value(world, 40);
    expect(errorsOf(await world.tick())).toEqual(['DiskFull']);
    expect([...countsIn(world)]).toEqual([2]);
    mend();
    expect(errorsOf(await world.tick())).toEqual([]);
    expect([...countsIn(world)]).toEqual([4]);
    const [mirror = ''] = readdirSync(join(world.directory, 'cache'));
    const packs = readdirSync(join(world.directory, 'cache', mirror, 'objects/pack'));
    expect(packs.filter((name) => name.startsWith('tmp_'))).toEqual([]);
  });
});
