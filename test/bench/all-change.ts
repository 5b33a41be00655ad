import { appendFile, readFile, rm } from 'node:fs/promises';
import type { Context } from '../../src/cli/context.ts';
import { benchContext } from './bench-context.ts';
import { raise, tipOf, whenMoved } from './change.ts';
import { type Fixture, filesOf, pathsOf, placesOf } from './fixture.ts';
import { type Floor, makeFloor, textsOf } from './floor.ts';
import { percentile } from './percentile.ts';
import { nodeOptions, Product, type Usage } from './product.ts';
import { run } from './run-git.ts';
import { spread } from './spread.ts';

const ROUNDS = 3;

/** Every DSO changes on every member: by a service that is running, and by the command `apply`; each alternates with bare Git. */
export async function allChange(fixture: Fixture): Promise<string> {
  await joinMetrics(fixture);
  const paths = [...placesOf(fixture.size)].flatMap((place) => pathsOf(place, fixture.size));
  const floor = await makeFloor(fixture, await textsOf(fixture, paths));
  const options = nodeOptions();
  const service = await throughService(fixture, floor, options);
  const command = await throughCommand(fixture, floor, options);
  await rm(floor.remote, { recursive: true });
  const { namespaces, dsosPerNamespace } = fixture.size;
  const bare = [...service.bare, ...command.bare];
  const over = (ours: readonly number[]): string => (percentile(ours, 50) / percentile(bare, 50)).toFixed(2);
  const rss = (usages: readonly Usage[]): string => Math.max(...usages.map((one) => one.peakRssMiB)).toFixed(0);
  return [
    `all DSOs change: one commit of ${paths.length} files, ${filesOf(fixture.size)} of them overlays, with ${options} as in a cluster:`,
    `  bare git commands    ${spread(bare)}`,
    `  the running service  ${spread(service.ours)}`,
    `    over bare git ${over(service.ours)}x (bound 2.5), peak RSS ${rss([service.usage])} MiB (bound 512)`,
    `  the command apply    ${spread(command.ours)}`,
    `    over bare git ${over(command.ours)}x, with its start and ${2 * namespaces * dsosPerNamespace} objects of YAML; peak RSS ${rss(command.usages)} MiB (bound 512)`,
  ].join('\n');
}

function contextOf({ directory }: Fixture, options: string): Context {
  const context = benchContext(directory);
  return { ...context, environment: { ...context.environment, NODE_OPTIONS: options } };
}

interface Samples {
  readonly ours: readonly number[];
  readonly bare: readonly number[];
}

async function throughService(
  fixture: Fixture,
  floor: Floor,
  options: string,
): Promise<Samples & { readonly usage: Usage }> {
  const product = new Product(['run'], contextOf(fixture, options));
  const ours: number[] = [];
  const bare: number[] = [];
  try {
    // It has started and watches when it commits the first change.
    await changeAll(fixture);
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await changeAll(fixture));
      bare.push(await floor.once());
    }
  } finally {
    product.stop();
  }
  return { ours, bare, usage: await product.ended() };
}

async function throughCommand(
  fixture: Fixture,
  floor: Floor,
  options: string,
): Promise<Samples & { readonly usages: readonly Usage[] }> {
  const usages: Usage[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = tipOf(fixture.repository);
    raise(fixture, fixture.metricsFile);
    usages.push(await new Product(['apply'], contextOf(fixture, options)).ended());
    await checkCommit(fixture, before);
    bare.push(await floor.once());
  }
  return { ours: usages.map(({ wallMs }) => wallMs), bare, usages };
}

async function changeAll(fixture: Fixture): Promise<number> {
  const before = tipOf(fixture.repository);
  raise(fixture, fixture.metricsFile);
  const took = await whenMoved(fixture, before);
  await checkCommit(fixture, before);
  return took;
}

/** One commit that holds everything, or the figures are of something else. */
async function checkCommit(fixture: Fixture, before: string): Promise<void> {
  const { namespaces, dsosPerNamespace } = fixture.size;
  const [commits, files] = await Promise.all([
    run(fixture.repository, ['rev-list', '--count', `${before}..main`]),
    run(fixture.repository, ['diff-tree', '-r', '--name-only', before, 'main']),
  ]);
  const expected = filesOf(fixture.size) + namespaces * dsosPerNamespace;
  const found = files.trim().split('\n').length;
  if (commits.trim() !== '1' || found !== expected)
    throw new Error(`expected one commit of ${expected} files; found ${commits.trim()} of ${found}`);
}

/** All ConfigMaps in one file, so that one rename changes them together. */
async function joinMetrics({ configMapFile, metricsFile }: Fixture): Promise<void> {
  await appendFile(metricsFile, `---\n${await readFile(configMapFile, 'utf8')}`);
  await rm(configMapFile);
}
