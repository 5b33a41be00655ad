import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decidedInTwo, type World } from '../scenarios/world.ts';
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

  it('that was set back lacks it for ever, also after a person went on without it', async () => {
    const world = await scaled();
    world.home.git('update-ref', 'refs/heads/main', 'main^');
    expect((await world.run('resume', 'default/a')).code).toBe(0);
    world.metric('a', 200);
    await world.tick();
    const resumed = world.home.git('rev-parse', 'main~1').trim();
    const { findings } = await anew(world);
    expect(findings).toMatchObject([
      {
        reason: 'LostDecision',
        path: RECORD,
        commit: resumed,
        message: 'decision 2 is in no commit: the branch was set back, or made anew, before decision 3',
      },
    ]);
    expect((await world.run('verify', '--since', resumed)).code).toBe(0);
  });

  it('that is not at home lacks it as well, and one that was only behind lacks nothing', async () => {
    const { world, second } = await decidedInTwo();
    const [first, gone] = [second.tip() ?? '', `${second.directory}.gone`];
    world.metric('a', 100);
    expect((await world.run('apply')).code).toBe(0);
    second.git('update-ref', 'refs/heads/main', first);
    const { findings } = await anew(world);
    expect(findings).toMatchObject([{ reason: 'LostDecision', repository: second.directory, commit: '' }]);
    expect((await world.run('resume', 'default/a')).code).toBe(0);
    renameSync(second.directory, gone);
    world.metric('a', 200);
    expect((await world.run('apply')).code).toBe(1);
    renameSync(gone, second.directory);
    world.metric('a', 220);
    expect((await world.run('apply')).code).toBe(0);
    expect(await reasons(world)).toEqual([]);
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
