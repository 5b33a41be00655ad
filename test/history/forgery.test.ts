import { describe, expect, it } from 'vitest';
import { blobId } from '../../src/manifests/blob.ts';
import { countOf, overlayOf, World } from '../scenarios/world.ts';
import { forge, forgeRecord, RECORD, scaled, verified } from './verified.ts';

const ONE = overlayOf('one', 'a');
const TWO = overlayOf('two', 'a');
const INDEX = 'scaling/members/one/default/kustomization.yaml';

/** Reasons, paths and commits of what is found. */
async function found(world: World): Promise<readonly (readonly [string, string, string])[]> {
  const { findings, code } = await verified(world);
  expect(code).toBe(findings.length > 0 ? 1 : 0);
  return findings.map(({ reason, path, commit }) => [reason, path, commit] as const);
}

describe('an index of ours is named where somebody', () => {
  it.each<[string, (text: string) => string | null]>([
    ['lets it patch as well', (text) => `${text}patches:\n  - path: ../more.yaml\n`],
    ['lets it include what lies elsewhere', (text) => `${text}  - ../../../../evil\n`],
    ['lets it include an address', (text) => `${text}  - https://example.com/evil\n`],
    ['lets it include what is not there', (text) => `${text}  - evil\n`],
    ['takes a name out', (text) => text.replace(/^ {2}- a\n/m, '').replace('components:', 'components: []')],
    ['removes it', () => null],
    ['makes it something else', () => 'kind: Kustomization\n'],
  ])('%s', async (_, change) => {
    const world = await scaled();
    const text = world.home.read(INDEX) ?? '';
    expect(text).toContain('  - a\n');
    const commit = world.home.commit({ [INDEX]: change(text) });
    expect(await found(world)).toEqual([['HandEdit', INDEX, commit]]);
    world.home.commit({ [INDEX]: text });
    expect(await found(world)).toEqual([['HandEdit', INDEX, commit]]);
  });

  it('lets it include what was there before anything was decided', async () => {
    const own = overlayOf('one', 'own');
    const world = new World({}, { 'base/app.yaml': 'x\n', [own]: 'kind: Component\n' });
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    const text = world.home.read(INDEX) ?? '';
    // It was made from what lay there.
    expect(text).toContain('  - own\n');
    expect(await found(world)).toEqual([]);
    const without = world.home.commit({ [INDEX]: text.replace('  - own\n', '') });
    const again = world.home.commit({ [INDEX]: text, [own]: 'kind: Component\npatches: [{path: more.yaml}]\n' });
    expect(await found(world)).toEqual([
      ['HandEdit', INDEX, without],
      ['HandEdit', INDEX, again],
    ]);
  });

  it('and not where DSOs come and go', async () => {
    const world = await scaled();
    world.dso({ name: 'b' });
    world.metric('b', 20);
    await world.tick();
    expect(world.home.read(INDEX)).toContain('  - b\n');
    await world.run('release', 'default/a', '--yes', '--reason', 'moved', '--delete-files');
    expect(world.home.read(INDEX)).not.toContain('  - a\n');
    expect(await found(world)).toEqual([]);
  });
});

describe('a file below the root is named that becomes', () => {
  it.each([
    ['a link with the same text', ONE, (text: string) => ({ link: text })],
    ['a program', ONE, (text: string) => ({ executable: text })],
    ['another repository', ONE, () => ({ submodule: 'a'.repeat(40) })],
    ['another repository beside the overlays', 'scaling/members/one/more', () => ({ submodule: 'a'.repeat(40) })],
    ['a link in the place of an index', INDEX, (text: string) => ({ link: text })],
  ])('%s', async (_, path, change) => {
    const world = await scaled();
    const commit = world.home.commit({ [path]: change(world.home.read(path) ?? '') });
    expect(await found(world)).toEqual([['HandEdit', path, commit]]);
  });

  it('a link, if it is a record', async () => {
    const world = await scaled();
    const commit = world.home.commit({ [RECORD]: { link: world.home.read(RECORD) ?? '' } });
    expect(await found(world)).toEqual([['UnreadableRecord', RECORD, commit]]);
  });
});

describe('a release by hand is named that', () => {
  it.each([
    ['lets the overlay include something', 'patches: []\ncomponents: [../../../../evil]\n'],
    ['lets the overlay set replicas', 'patches: []\nreplicas:\n  - name: a-app\n    count: 50\n'],
    ['hides a patch behind an empty list', 'patches: []\n---\npatches:\n  - path: evil.yaml\n'],
    ['leaves nothing that can be built', ''],
  ])('%s', async (_, text) => {
    const world = await scaled();
    const commit = world.home.commit({ [RECORD]: null, [TWO]: 'patches: []\n', [ONE]: text });
    expect(await found(world)).toEqual([
      ['RemovedRecord', RECORD, commit],
      ['HandEdit', TWO, commit],
      ['HandEdit', ONE, commit],
    ]);
  });
});

describe('what a member that left keeps is named', () => {
  it('where an older count is put back, and not where it is cleared away', async () => {
    const world = await scaled();
    const older = world.home.read(ONE, 'main^');
    world.dso({ name: 'a', members: { two: 1 } });
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(10);
    expect(await found(world)).toEqual([]);
    const commit = world.home.commit({ [ONE]: older });
    expect(await found(world)).toEqual([['HandEdit', ONE, commit]]);
    world.home.git('update-ref', 'refs/heads/main', 'main^');
    world.home.commit({
      [ONE]: null,
      [INDEX]: (world.home.read(INDEX) ?? '').replace(':\n  - a\n', ': []\n'),
    });
    expect(await found(world)).toEqual([]);
  });
});

/** The record and the overlays of another DSO that decided first what `default/a` decided first. */
function secondOf(world: World, change: (record: string) => string): Record<string, string> {
  const first = (path: string) => world.home.read(path, 'main^') ?? '';
  const renamed = (text: string) => text.replaceAll('default/a', 'default/z').replace('name: a}', 'name: z}');
  const overlays = [ONE, TWO].map((path) => [path.replace('/a/', '/z/'), renamed(first(path))] as const);
  let record = renamed(first(RECORD)).replaceAll('ConfigMap default/z', 'ConfigMap default/a');
  for (const [path, text] of overlays)
    record = record.replaceAll(blobId(first(path.replace('/z/', '/a/'))), blobId(text));
  return { ...Object.fromEntries(overlays), [RECORD.replace('/a.', '/z.')]: change(record) };
}

describe('a record of a DSO that never was is named', () => {
  it('where it scales a workload that has a record', async () => {
    const world = await scaled();
    const files = secondOf(world, (record) => record);
    const commit = world.home.commit(files);
    expect(await found(world)).toEqual([['NotDecided', RECORD.replace('/a.', '/z.'), commit]]);
  });

  it('where it takes the overlay of another one', async () => {
    const world = await scaled();
    const files = secondOf(world, (record) =>
      record.replaceAll('a-app', 'z-app').replace('/one/default/z/', '/one/default/a/'),
    );
    const text = (files[ONE.replace('/a/', '/z/')] ?? '').replaceAll('a-app', 'z-app');
    const commit = world.home.commit({ ...files, [ONE]: text });
    const reasons = (await found(world)).map(([reason, path, by]) => [reason, path, by]);
    expect(reasons).toContainEqual(['WrongOverlay', RECORD.replace('/a.', '/z.'), commit]);
  });
});

describe('verify ends in time', () => {
  const behavior = {
    scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 1 }], stabilizationWindowSeconds: 0 },
    scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 1 }], stabilizationWindowSeconds: 0 },
  };

  it.each(['0', '1000', '-9000000000000', '1700000000000'])(
    'whatever a record says of its time: asOf %s',
    async (asOf) => {
      const world = new World();
      world.dso({ name: 'a', behavior, max: 2_000_000_000 });
      for (const value of [20, 1e12]) {
        world.metric('a', value);
        await world.tick();
      }
      expect(await found(world)).toEqual([]);
      forge(world, (files) => {
        // Of a record that is not there no more is known than what this one says of it.
        forgeRecord(/^previous: .*$/m, `previous: "${'0'.repeat(40)}"`)(files);
        forgeRecord(/asOf: \d+/, `asOf: ${asOf}`)(files);
        forgeRecord('{kind: value, value: 20}', '{kind: value, value: 1000000000000}')(files);
        forgeRecord(/at: \d+, change/, `at: ${asOf}, change`)(files);
      });
      const start = performance.now();
      const findings = await found(world);
      expect(performance.now() - start).toBeLessThan(15_000);
      expect(findings.length).toBeGreaterThan(0);
      expect(findings.every(([, path, commit]) => path === RECORD && commit === world.home.tip())).toBe(true);
    },
  );
});
