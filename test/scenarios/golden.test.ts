import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { World } from './world.ts';

const GOLDEN = fileURLToPath(new URL('../golden', import.meta.url));

/** What stands in a golden directory, by path. */
function golden(name: string): Readonly<Record<string, string>> {
  const directory = join(GOLDEN, name);
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [relative(directory, path), readFileSync(path, 'utf8')]));
}

/** Everything of ours at the tip; with UPDATE_GOLDEN=1 it becomes the golden directory. */
function written(world: World, name: string): Readonly<Record<string, string>> {
  const paths = world.home.paths().filter((path) => path.startsWith('scaling/'));
  const files = Object.fromEntries(paths.map((path) => [path, world.home.read(path) ?? '']));
  if (process.env['UPDATE_GOLDEN']) {
    rmSync(join(GOLDEN, name), { recursive: true, force: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(GOLDEN, name, path)), { recursive: true });
      writeFileSync(join(GOLDEN, name, path), text);
    }
  }
  return files;
}

it('Components: what is written is the golden directory, byte for byte', async () => {
  const world = new World({
    members: ['member-1', 'member-2'],
    workloads: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', replicasPath: '/spec/replicas' }],
  });
  world.dso({ name: 'dso-demo', members: { 'member-1': 4, 'member-2': 6 }, max: 10 });
  world.dso({
    name: 'web.v2',
    namespace: 'shop',
    members: { 'member-1': 1 },
    targetNamespace: 'shop-eu',
    target: { kind: 'Rollout', apiVersion: 'argoproj.io/v1alpha1', name: 'web.v2' },
  });
  world.dso({
    name: '1',
    namespace: 'shop',
    members: { 'member-1': 1, 'member-2': 0 },
    target: { kind: 'StatefulSet', name: 'true' },
  });
  world.dso({ name: 'quiet', members: { 'member-1': 4, 'member-2': 6 } });
  world.metric('dso-demo', 20);
  world.metric('web.v2', 12, 'shop');
  world.metric('1', 3, 'shop');
  world.metric('quiet', 0);
  await world.tick();
  world.metric('dso-demo', 37);
  await world.tick();
  expect(written(world, 'component')).toEqual(golden('component'));
});

it('Helm values: what is written is the golden directory, byte for byte, and holds the count at the key', async () => {
  const destinations = [{ repository: 'fleet.git', layout: 'helm-values', helmValuesKey: 'web.on.replicaCount' }];
  const world = new World({ members: ['member-1', 'member-2'], destinations });
  world.dso({ name: 'dso-demo', members: { 'member-1': 4, 'member-2': 6 } });
  world.dso({ name: 'quiet', members: { 'member-1': 1 } });
  world.metric('dso-demo', 37);
  world.metric('quiet', 0);
  await world.tick();
  const files = written(world, 'helm-values');
  expect(files).toEqual(golden('helm-values'));
  const values = Object.entries(files).filter(([path]) => path.endsWith('values.yaml'));
  expect(values.map(([path, text]) => [path, parse(text)])).toEqual([
    ['scaling/members/member-1/default/dso-demo/values.yaml', { web: { on: { replicaCount: 3 } } }],
    ['scaling/members/member-1/default/quiet/values.yaml', {}],
    ['scaling/members/member-2/default/dso-demo/values.yaml', { web: { on: { replicaCount: 5 } } }],
  ]);
});
