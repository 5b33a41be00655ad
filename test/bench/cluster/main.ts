import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProduct } from '../../programs/build-product.ts';
import type { FixtureSize } from '../fixture.ts';
import { created } from './created.ts';
import { Fleet } from './fleet.ts';
import { idle } from './idle.ts';
import { latency } from './latency.ts';
import { storm } from './storm.ts';

const LARGE: FixtureSize = { members: 20, namespaces: 100, dsosPerNamespace: 100 };
const SHORT: FixtureSize = { members: 20, namespaces: 2, dsosPerNamespace: 100 };

/**
 * `npm run bench:cluster`: the service on a real API server with 10,000 DSOs on 20 members; prints what it measured beside
 * its bound. With `-- --short` 200 of them, and less of everything.
 */
async function main(args: readonly string[]): Promise<void> {
  const isShort = args.includes('--short');
  buildProduct();
  const directory = await mkdtemp(join(tmpdir(), 'dso-gitops-bench-'));
  const fleet = await Fleet.make(directory, isShort ? SHORT : LARGE);
  try {
    print(await created(fleet));
    print(await idle(fleet, isShort ? 5 : 60));
    print(await storm(fleet, isShort ? 100 : 1000));
    print(await latency(fleet, isShort ? 20 : 200));
  } finally {
    await fleet.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main(process.argv.slice(2));
