import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fixture } from './fixture.ts';

/** The sum of the weights of 20 members: with so many more replicas every member gets another count. */
export const STEP = 60;
const TIMEOUT_MS = 600_000;

/** Raises the values in a file of the hub and puts it in place by a rename. */
export function raise({ directory }: Fixture, file: string): void {
  const text = readFileSync(file, 'utf8');
  const raised = text.replaceAll(
    /metric-value: "(\d+)"/g,
    (_, value: string) => `metric-value: "${Number(value) + STEP}"`,
  );
  const temporary = join(directory, 'raised.tmp');
  writeFileSync(temporary, raised);
  renameSync(temporary, file);
}

/** Milliseconds until the branch has left a commit. */
export async function whenMoved({ repository }: Pick<Fixture, 'repository'>, before: string): Promise<number> {
  const start = performance.now();
  while (tipOf(repository) === before) {
    if (performance.now() - start > TIMEOUT_MS) throw new Error(`no commit within ${TIMEOUT_MS / 1000} s`);
    await sleep(1);
  }
  return performance.now() - start;
}

/** The commit at the tip of a bare repository's main branch. */
export function tipOf(repository: string): string {
  return readFileSync(join(repository, 'refs/heads/main'), 'utf8').trim();
}
