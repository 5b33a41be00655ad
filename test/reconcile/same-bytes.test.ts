import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blobId } from '../../src/manifests/blob.ts';
import { textOf } from '../../src/manifests/change-set.ts';
import { recordOf, World } from '../scenarios/world.ts';

function made(): World {
  const world = new World();
  world.dso({ name: 'web', members: { one: 4, two: 6 }, max: 10 });
  world.dso({ name: 'api', members: { two: 1, one: 2 }, max: 10 });
  world.metric('web', 37);
  world.metric('api', 12);
  return world;
}

/** Everything a plan would write. */
async function planned(world: World): Promise<ReadonlyMap<string, string | null>> {
  const { destinations } = await world.tick({ mode: 'plan' });
  return new Map(
    destinations.flatMap(({ composition }) =>
      [...(composition?.files ?? [])].map(([path, content]) => [path, textOf(content)] as const),
    ),
  );
}

describe('identical arguments', () => {
  it('give identical change sets, byte for byte, in another process and at another place', async () => {
    const [one, other] = [await planned(made()), await planned(made())];
    expect([...other]).toEqual([...one]);
    expect(one.size).toBe(8);
  });

  it('are written as they were planned', async () => {
    const world = made();
    const plan = await planned(world);
    world.now -= 15_000;
    await world.tick();
    for (const [path, text] of plan) expect(world.home.read(path), path).toBe(text);
  });

  it('do not depend on the order of members and files', async () => {
    const world = made();
    const plan = await planned(world);
    world.dso({ name: 'web', members: { two: 6, one: 4 }, max: 10 });
    world.now -= 15_000;
    expect(Object.fromEntries(await planned(world))).toEqual(Object.fromEntries(plan));
  });
});

describe('the record', () => {
  it('says what was decided, from what, and why', async () => {
    const world = made();
    await world.tick();
    world.metric('web', 1000);
    await world.tick();
    const record = recordOf(world.home, 'web');
    expect(record).toMatchObject({
      seq: 2,
      rules: 1,
      owner: 'default',
      total: { before: 8, after: 10 },
      unplaced: 0,
      reason: 'value 1000 / 5 per replica = 200 replicas; limited to maxReplicaCount 10',
      readings: [{ trigger: 'value', source: 'ConfigMap default/web key "value"', reading: { value: 1000 } }],
      members: { one: { before: 3, after: 4, weight: 4, exact: 4 }, two: { before: 5, after: 6, weight: 6, exact: 6 } },
    });
    expect(record?.state.before?.seq).toBe(1);
    expect(record?.state.after.demand.total).toBe(10);
    for (const { path, overlay } of Object.values(record?.members ?? {}))
      expect(blobId(world.home.read(path) ?? '')).toBe(overlay);
  });

  it('holds no text of this machine', async () => {
    const world = made();
    await world.tick();
    const text = world.home.read('scaling/decisions/default/web.yaml') ?? '';
    expect(text).not.toContain(world.directory);
    expect(text).not.toContain(await readFile(join(world.directory, 'dso-gitops.yaml'), 'utf8'));
  });
});
