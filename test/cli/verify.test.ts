import { describe, expect, it } from 'vitest';
import { overlayOf, World } from '../scenarios/world.ts';

const RECORD = 'scaling/decisions/default/a.yaml';

interface Verification {
  readonly findings: readonly { readonly reason: string; readonly path: string; readonly commit: string }[];
  readonly recomputed: number;
  readonly notRecomputed: number;
  readonly reverts: readonly { readonly path: string }[];
}

/** Decisions with ups, a stabilised down, a missing reading, an adoption, weights and a fallen total. */
async function past(): Promise<World> {
  const world = new World();
  world.dso({ name: 'a' });
  world.dso({ name: 'b', members: { one: 3, two: 7 } });
  world.metric('b', 95);
  for (const value of [20, 60, 'abc', 35, 100]) {
    world.metric('a', value);
    await world.tick();
    world.now += 90_000;
  }
  world.metric('a', 10);
  await world.tick();
  world.now += 900_000;
  await world.tick();
  world.dso({ name: 'b', members: { one: 1, two: 1 } });
  await world.tick();
  return world;
}

async function verified(world: World): Promise<Verification & { readonly code: number }> {
  const { out, code } = await world.run('verify', '-o', 'json');
  return { ...(JSON.parse(out) as Verification), code };
}

describe('verify', () => {
  it('finds nothing in what the product wrote, and has computed all of it again', async () => {
    const world = await past();
    const result = await verified(world);
    expect(result.findings).toEqual([]);
    expect(result.code).toBe(0);
    expect(result.recomputed).toBeGreaterThan(5);
    expect(result.notRecomputed).toBe(0);
  });

  it('also where a hold was resumed, a record removed, and a commit reverted', async () => {
    const world = await past();
    const path = overlayOf('one', 'a');
    const text = world.home.read(path) ?? '';
    world.home.commit({ [path]: text.replace(/value: \d+/, 'value: 9') });
    await world.run('resume', 'default/a');
    world.home.commit({ 'scaling/decisions/default/b.yaml': null });
    await world.tick();
    const { findings } = await verified(world);
    expect(findings.map(({ reason }) => reason)).toEqual(['HandEdit']);
  });

  it('names a hand edit and its commit', async () => {
    const world = await past();
    const path = overlayOf('one', 'a');
    const text = world.home.read(path) ?? '';
    const commit = world.home.commit({ [path]: text.replace(/value: \d+/, 'value: 9') });
    world.home.commit({ [path]: text });
    const result = await verified(world);
    expect(result.findings).toMatchObject([{ reason: 'HandEdit', path, commit }]);
    expect(result.code).toBe(1);
  });

  it.each([
    ['a total', (text: string) => text.replace(/(total: \{before: \d+, after: )\d+/, '$117'), 'WrongTotal'],
    ['a reading', (text: string) => text.replace('reading: {value: 10}', 'reading: {value: 500}'), 'WrongTotal'],
    ['a weight', (text: string) => text.replace(/weight: 1$/m, 'weight: 9'), 'WrongSplit'],
    ['what it is', () => 'nothing\n', 'UnreadableRecord'],
    ['an overlay', (text: string) => text.replace(/(overlay: "?)[0-9a-f]{6}/, '$1abcdef'), 'MissingOverlay'],
    ['its number', (text: string) => text.replace(/^seq: \d+$/m, 'seq: 99'), 'BrokenChain'],
  ])('names a record of which %s was changed', async (_, change, reason) => {
    const world = await past();
    const text = world.home.read(RECORD) ?? '';
    const changed = change(text);
    expect(changed).not.toBe(text);
    const commit = world.home.commit({ [RECORD]: changed });
    const { findings } = await verified(world);
    expect(findings.map((one) => one.reason)).toContain(reason);
    expect(findings.every((one) => one.commit === commit)).toBe(true);
  });

  it('names a chain that is broken, and tells a revert without blame', async () => {
    const world = await past();
    const text = world.home.read(RECORD) ?? '';
    const older = world.home.git('log', '--format=%H', 'main', '--', RECORD).trim().split('\n').at(-1) ?? '';
    world.home.commit({ [RECORD]: world.home.read(RECORD, older) });
    const reverted = await verified(world);
    expect(reverted.findings.filter(({ reason }) => reason === 'BrokenChain')).toEqual([]);
    expect(reverted.reverts).toHaveLength(1);
    world.home.commit({ [RECORD]: text.replace(/^previous: .*$/m, `previous: "${'0'.repeat(40)}"`) });
    const { findings } = await verified(world);
    expect(findings.map(({ reason }) => reason)).toContain('BrokenChain');
  });

  it('says in a table what it proved and what not', async () => {
    const world = await past();
    const { out } = await world.run('verify');
    expect(out).toMatch(/\d+ decisions computed again, 0 of other rules not, 0 findings/);
    expect(out).toContain('not who wrote them');
  });
});
