import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchContext } from './bench-context.ts';
import { type Fixture, mirrorOf } from './fixture.ts';
import { makeLongHistory } from './long-history.ts';
import { percentile } from './percentile.ts';
import { Product } from './product.ts';
import { spread } from './spread.ts';

const ROUNDS = 11;

/** `history` of one DSO against `git log` of its record, in the same mirror that already has everything. */
export async function history(directory: string): Promise<string> {
  const { fixture, commits, key, record, decisions } = await makeLongHistory(directory);
  const product = (): Promise<number> => ours(fixture, key, decisions);
  // The first one fetches what the mirror does not have.
  await product();
  const mine: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    mine.push(await product());
    bare.push(await gitLog(fixture, record));
  }
  return [
    `history of one DSO, ${decisions} of ${commits} commits:`,
    `  dso-gitops history  ${spread(mine)}`,
    `  git log -- <path>   ${spread(bare)}`,
    `  over git log ${(percentile(mine, 50) / percentile(bare, 50)).toFixed(2)}x (bound 1.5)`,
  ].join('\n');
}

async function ours({ directory }: Fixture, key: string, decisions: number): Promise<number> {
  const { wallMs } = await new Product(['history', key, '--limit', '0'], benchContext(directory)).ended();
  const lines = readFileSync(join(directory, 'output.txt'), 'utf8').trim().split('\n');
  if (lines.length !== decisions + 1) throw new Error(`expected ${decisions} decisions; found ${lines.length - 1}`);
  return wallMs;
}

async function gitLog(fixture: Fixture, record: string): Promise<number> {
  const mirror = await mirrorOf(fixture);
  const output = openSync(join(fixture.directory, 'log.txt'), 'w');
  const start = performance.now();
  const child = spawn('git', ['log', 'refs/dso-gitops/tip', '--', record], {
    cwd: mirror,
    stdio: ['ignore', output, 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`git log ended with exit code ${String(code)}`);
  return performance.now() - start;
}
