import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BareRepository } from '../repository/bare-repository.ts';
import { countOf, errorsOf, recordOf, verdictsOf, World } from './world.ts';

function mirrorOf(world: World): string {
  const cache = world.environment['DSO_GITOPS_CACHE'] ?? '';
  const [name] = readdirSync(cache).filter((entry) => entry.endsWith('.git'));
  return join(cache, name ?? '');
}

/** Every object of the mirror, spoilt. */
function spoilObjects(mirror: string): void {
  const objects = join(mirror, 'objects');
  const files = readdirSync(objects, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files) {
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    chmodSync(path, 0o644);
    writeFileSync(path, bytes.fill(0, 12, Math.max(13, bytes.length - 20)));
  }
}

async function started(): Promise<World> {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.metric('a', 40);
  return world;
}

type Damage = readonly [string, (mirror: string) => void];

const HEALED: readonly Damage[] = [
  ['HEAD is garbage', (mirror) => writeFileSync(join(mirror, 'HEAD'), 'garbage\n')],
  ['the configuration is garbage', (mirror) => writeFileSync(join(mirror, 'config'), '[broken\n')],
  ['a stale index.lock', (mirror) => writeFileSync(join(mirror, 'index.lock'), '')],
  ['a stale config.lock', (mirror) => writeFileSync(join(mirror, 'config.lock'), '')],
  ['a stale shallow.lock', (mirror) => writeFileSync(join(mirror, 'shallow.lock'), '')],
  ['a stale packed-refs.lock', (mirror) => writeFileSync(join(mirror, 'packed-refs.lock'), '')],
  ['spoilt objects', spoilObjects],
];

const REFS: readonly Damage[] = [
  ['a broken ref', (mirror) => writeFileSync(join(mirror, 'refs', 'dso-gitops', 'tip'), 'garbage\n')],
  ['a stale lock of the tip', (mirror) => writeFileSync(join(mirror, 'refs', 'dso-gitops', 'tip.lock'), '')],
];

const LIVE = HEALED.filter(([name]) => /HEAD|objects|shallow/.test(name));

async function heals(damage: (mirror: string) => void, isRestarted: boolean, isForeign: boolean): Promise<void> {
  const world = await started();
  damage(mirrorOf(world));
  if (isRestarted) world.restart();
  if (isForeign) world.home.commit({ theirs: 'x\n' });
  expect(errorsOf(await world.tick())).toEqual([]);
  expect([countOf(world.home, 'one', 'a'), recordOf(world.home, 'a')?.seq]).toEqual([4, 2]);
}

describe('a damaged mirror is replaced: it is only a cache', () => {
  it.each(HEALED)('%s, found by a new process', (_name, damage) => heals(damage, true, true));
  it.each(LIVE)('%s, found by the same process', (_name, damage) => heals(damage, false, true));
  it.each(REFS)('%s, found by a new process', (_name, damage) => heals(damage, true, true));
  it.each(LIVE.filter(([name]) => !/shallow/.test(name)))('%s, when nothing is to be fetched', (_name, damage) =>
    heals(damage, false, false),
  );
});

it.each(HEALED)('%s, found by who reads the past', async (_name, damage) => {
  const world = await started();
  await world.tick();
  damage(mirrorOf(world));
  expect(JSON.parse((await world.run('history', '-o', 'json')).out)).toHaveLength(2);
  damage(mirrorOf(world));
  const { code, out } = await world.run('verify');
  expect([code, out]).toEqual([0, expect.stringContaining('2 decisions computed again')]);
});

it('a mirror without HEAD inside of a checkout never makes Git work on that checkout', async () => {
  const world = new World();
  const checkout = join(world.directory, 'checkout');
  mkdirSync(checkout);
  const around = BareRepository.make(join(checkout, '.git'));
  around.git('config', 'core.bare', 'false');
  world.environment['DSO_GITOPS_CACHE'] = join(checkout, '.cache');
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  writeFileSync(join(mirrorOf(world), 'HEAD'), 'garbage\n');
  world.restart();
  world.metric('a', 40);
  await world.tick();
  expect(existsSync(join(checkout, '.git', 'shallow'))).toBe(false);
  expect([...around.refs().keys()]).toEqual([]);
});

it('a cache that is gone is made again', async () => {
  const world = await started();
  world.environment['DSO_GITOPS_CACHE'] = join(world.directory, 'elsewhere');
  world.restart();
  await world.tick();
  expect(countOf(world.home, 'one', 'a')).toBe(4);
});

it('a mirror that has grown too large is made again, and nothing is said meanwhile', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  const mirror = mirrorOf(world);
  // As many names as two hundred thousand objects have here; Git counts them in the same way.
  mkdirSync(join(mirror, 'objects/17'), { recursive: true });
  for (let index = 0; index < 800; index += 1)
    writeFileSync(join(mirror, 'objects/17', index.toString(16).padStart(38, '0')), '');
  world.metric('a', 60);
  const result = await world.tick();
  expect([verdictsOf(result), errorsOf(result)]).toEqual([{ 'default/a': 'change' }, []]);
  expect(existsSync(join(mirror, 'objects/17'))).toBe(false);
  expect([countOf(world.home, 'one', 'a'), recordOf(world.home, 'a')?.seq]).toEqual([6, 2]);
});
