import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { countOf, World } from '../scenarios/world.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const TSX = fileURLToPath(new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url));

it('run commits every change of the files and ends cleanly on SIGTERM', async () => {
  const world = new World({ destinations: [{ repository: 'fleet.git', pacing: { minInterval: '0s' } }] });
  world.dso({ name: 'web', members: { one: 4, two: 6 }, max: 10 });
  world.metric('web', 20);
  const child = spawn(process.execPath, ['--import', TSX, MAIN, 'run'], {
    cwd: world.directory,
    env: { ...world.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  try {
    await until(
      () => countOf(world.home, 'two', 'web') === 2,
      () => output,
    );
    world.metric('web', 37);
    await until(
      () => countOf(world.home, 'two', 'web') === 5,
      () => output,
    );
    world.metric('web', 'abc');
    await until(
      () => output.includes('found "abc"'),
      () => output,
    );
    world.write('broken.yaml', 'kind: [');
    await until(
      () => output.includes('broken.yaml:1'),
      () => output,
    );
    world.metric('web', 45);
    await until(
      () => countOf(world.home, 'two', 'web') === 5 && countOf(world.home, 'one', 'web') === 4,
      () => output,
    );
  } finally {
    child.kill('SIGTERM');
  }
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(output).toMatch(/commit [0-9a-f]{40} scale default\/web 4 -> 8 \(one 2 -> 3, two 2 -> 5\)/);
  expect(output.trimEnd()).toMatch(/ ended$/);
  // The same thing is said once, however often it is looked at.
  expect(output.split('found "abc"').length).toBe(2);
});

async function until(isDone: () => boolean, said: () => string): Promise<void> {
  const start = Date.now();
  while (!isDone()) {
    if (Date.now() - start > 15_000) throw new Error(`waited for 15 s; it said:\n${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
