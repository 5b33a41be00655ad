import { describe, expect, it } from 'vitest';
import { countOf, decidedInTwo, overlayOf, World } from '../scenarios/world.ts';
import { RECORD } from './verified.ts';

interface Held {
  readonly seq: number;
  readonly total: { readonly after: number | null };
  readonly members: Readonly<Record<string, { readonly after: number | null }>>;
  readonly lost: { readonly is: string; readonly commit: string; readonly author: string } | null;
}

/** What `default/a` has now. */
async function heldNow(world: World): Promise<readonly Held[]> {
  const at = new Date(Math.max(Date.now(), world.now) + 10_000).toISOString();
  const { out, code } = await world.run('history', 'default/a', '--at', at, '-o', 'json');
  expect(code).toBe(0);
  return JSON.parse(out) as readonly Held[];
}

describe('a record that is lost', () => {
  it('says nothing where another one stands: its member has left', async () => {
    const { world, second } = await decidedInTwo();
    world.dso({ name: 'a', members: { one: 1 } });
    world.metric('a', 60);
    await world.tick();
    second.commit({ [RECORD]: null, [overlayOf('two', 'a')]: null });
    expect(await heldNow(world)).toMatchObject([{ seq: 2, total: { after: 12 }, lost: null }]);
  });

  it('says nothing where another one stands: the first repository has no part of it any more', async () => {
    const { world, second } = await decidedInTwo();
    await world.run('release', 'default/a', '--yes');
    world.restart();
    world.dso({ name: 'a', members: { two: 1 } });
    world.metric('a', 50);
    await world.tick();
    world.restart();
    await world.tick();
    expect(countOf(second, 'two', 'a')).toBe(10);
    const held = await heldNow(world);
    expect(held).toMatchObject([{ total: { after: 10 }, members: { two: { after: 10 } }, lost: null }]);
    expect(Object.keys(held[0]?.members ?? {})).toEqual(['two']);
  });

  it('leaves what its overlay has, where the one at home names it', async () => {
    const { world, second } = await decidedInTwo();
    second.commit({ [RECORD]: null });
    expect(await heldNow(world)).toMatchObject([{ total: { after: 4 }, members: { two: { after: 2 } }, lost: null }]);
  });

  it('was lost by who removed it, not by who merged another change afterwards', async () => {
    const world = new World();
    const { home } = world;
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    home.git('branch', 'side', 'main');
    const removal = home.commit({ [RECORD]: null }, 'main', 'rm', 'Ada');
    home.commit({ 'base/app.yaml': 'y\n' }, 'side', 'app', 'Bob');
    const tree = home.git('merge-tree', '--write-tree', 'main', 'side').trim();
    const who = ['-c', 'user.name=Max', '-c', 'user.email=max@example.com'];
    const merge = home.git(...who, 'commit-tree', tree, '-p', 'main', '-p', 'side', '-m', 'merge').trim();
    home.git('update-ref', 'refs/heads/main', merge);
    expect(await heldNow(world)).toMatchObject([{ lost: { is: 'removed', commit: removal, author: 'Ada' } }]);
  });
});
