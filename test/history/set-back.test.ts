import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { World } from '../scenarios/world.ts';
import { RECORD, scaled, verified } from './verified.ts';

/** What a new clone finds, such as one in CI. */
function anew(world: World): ReturnType<typeof verified> {
  rmSync(join(world.directory, 'cache'), { recursive: true, force: true });
  return verified(world);
}

async function reasons(world: World): Promise<readonly string[]> {
  return (await anew(world)).findings.map(({ reason }) => reason);
}

describe('a branch', () => {
  it('that was set back lacks decisions that have landed', async () => {
    const world = await scaled();
    world.home.git('update-ref', 'refs/heads/main', 'main^');
    expect((await anew(world)).findings).toMatchObject([{ reason: 'LostDecision', path: RECORD, commit: '' }]);
  });

  it('that was removed lacks all of them, and an empty one is not taken for one without a fault', async () => {
    const world = await scaled();
    world.home.git('update-ref', 'refs/heads/main', 'main~2');
    expect(await reasons(world)).toEqual(['LostDecision']);
    world.home.git('update-ref', '-d', 'refs/heads/main');
    expect(await reasons(world)).toEqual(['LostDecision']);
    expect((await world.run('verify')).out).toContain('no decision was found');
  });

  it('with a state beside it that cannot be read is verified all the same', async () => {
    const world = await scaled();
    const { home } = world;
    const ref = [...home.refs().keys()].find((one) => one.startsWith('refs/dso-gitops/state/')) ?? '';
    const [path = ''] = home.paths(ref);
    home.git('update-ref', ref, home.commit({ [path]: '{ broken' }, 'spoilt'));
    home.git('update-ref', '-d', 'refs/heads/spoilt');
    const { findings, recomputed } = await anew(world);
    expect([findings, recomputed]).toEqual([[], 2]);
  });

  it('with a revert has all of them', async () => {
    const world = await scaled();
    const files = world.home.git('diff', '--name-only', 'main^', 'main').trim().split('\n');
    world.home.commit(Object.fromEntries(files.map((path) => [path, world.home.read(path, 'main^')])));
    expect(await reasons(world)).toEqual([]);
  });
});

describe('a record that is put back', () => {
  it('without what it says was written is named as long as that is so', async () => {
    const world = await scaled();
    const [old, now] = [world.home.read(RECORD, 'main^') ?? '', world.home.read(RECORD) ?? ''];
    world.home.commit({ [RECORD]: old });
    expect(new Set(await reasons(world))).toEqual(new Set(['MissingOverlay']));
    world.home.commit({ [RECORD]: now });
    expect(await reasons(world)).toEqual([]);
  });
});
