import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/cli/connect.ts';
import { runLoop } from '../../src/reconcile/loop.ts';
import { importStream, parseImport } from '../../src/repository/fast-import.ts';
import { contextOf } from './context.ts';
import { configMap, type Fixture, type FixtureSize, makeFixture } from './fixture.ts';
import { percentile } from './percentile.ts';
import { run } from './run-git.ts';

/** Milliseconds from the changed file to the commit at the remote, ours and bare Git's. */
export interface Latency {
  readonly files: number;
  readonly samples: number;
  readonly ours: { readonly p50: number; readonly p99: number };
  readonly floor: { readonly p50: number; readonly p99: number };
  readonly ratio: { readonly p50: number; readonly p99: number };
}

const WARM_UPS = 20;

/** Alternates one change through the product with the same commit by bare Git in the same mirror. */
export async function measureLatency(size: FixtureSize, samples: number): Promise<Latency> {
  const directory = await mkdtemp(join(tmpdir(), 'dso-gitops-bench-'));
  try {
    const fixture = await makeFixture(directory, size);
    const context = contextOf(directory);
    const { open, engine } = await connect(fixture.configFile, {}, false, context);
    await engine.tick({ mode: 'apply', now: Date.now(), signal: context.signal });
    await engine.saveStates(Date.now());
    const floor = await makeFloor(fixture, directory);
    const stop = new AbortController();
    const failures: unknown[] = [];
    const loop = runLoop({
      engine,
      watch: open.watch,
      now: () => Date.now(),
      onTick: () => undefined,
      onError: (error) => failures.push(error),
      stop: stop.signal,
      abort: new AbortController().signal,
    });
    await sleep(1000);
    const ours: number[] = [];
    const bare: number[] = [];
    for (let index = 0; index < WARM_UPS + samples; index += 1) {
      const mine = await change(fixture, String(1000 * (index + 2)));
      const theirs = await floor();
      if (index >= WARM_UPS) {
        ours.push(mine);
        bare.push(theirs);
      }
    }
    stop.abort();
    await loop;
    if (failures.length > 0) throw failures[0];
    return summarize(size, samples, ours, bare);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function summarize(size: FixtureSize, samples: number, ours: readonly number[], bare: readonly number[]): Latency {
  const floor = { p50: percentile(bare, 50), p99: percentile(bare, 99) };
  const product = { p50: percentile(ours, 50), p99: percentile(ours, 99) };
  return {
    files: size.members * size.namespaces * size.dsosPerNamespace,
    samples,
    ours: product,
    floor,
    ratio: { p50: product.p50 / floor.p50, p99: product.p99 / floor.p50 },
  };
}

/** Renames a new ConfigMap into place and waits until the branch of the remote has moved. */
async function change(fixture: Fixture, value: string): Promise<number> {
  const before = await tipOf(fixture.repository);
  const temporary = `${fixture.directory}/changing.tmp`;
  await writeFile(temporary, configMap('team-0', 'web-0', value));
  await rename(temporary, fixture.configMapFile);
  const start = performance.now();
  while ((await tipOf(fixture.repository)) === before) {
    if (performance.now() - start > 30_000) throw new Error('no commit within 30 s');
    await sleep(1);
  }
  return performance.now() - start;
}

async function tipOf(repository: string): Promise<string> {
  return readFile(join(repository, 'refs/heads/main'), 'utf8');
}

/** Bare Git doing the same: fast-import of the same files into the same mirror, and a push of the branch alone. */
async function makeFloor(fixture: Fixture, directory: string): Promise<() => Promise<number>> {
  const remote = join(directory, 'floor.git');
  await cp(fixture.repository, remote, { recursive: true });
  const cache = join(directory, 'cache');
  const [name] = await readdir(cache);
  const mirror = join(cache, name ?? '');
  let tip = (await tipOf(fixture.repository)).trim();
  let round = 0;
  const paths = Array.from(
    { length: fixture.members },
    (_, index) => `scaling/members/member-${index + 1}/team-0/web-0/kustomization.yaml`,
  );
  const texts = new Map<string, string>();
  for (const path of [...paths, 'scaling/decisions/team-0/web-0.yaml'])
    texts.set(path, await run(mirror, ['show', `${tip}:${path}`]));
  return async () => {
    round += 1;
    const files = new Map([...texts].map(([path, text]) => [path, `${text}# ${round}\n`]));
    const author = { name: 'floor', email: 'floor@localhost' };
    const commit = {
      ref: 'refs/bench/floor',
      parent: tip,
      tree: null,
      author,
      time: Date.now(),
      message: `floor ${round}\n`,
      files,
    };
    const start = performance.now();
    const output = await run(
      mirror,
      ['fast-import', '--quiet', '--force', '--done', '--date-format=raw'],
      importStream([commit]),
    );
    tip = parseImport(output)[0]?.commit ?? '';
    await run(mirror, ['-c', 'gc.auto=0', 'push', '--quiet', remote, `${tip}:refs/heads/main`]);
    return performance.now() - start;
  };
}
