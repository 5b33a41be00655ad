import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeKubeconfig } from '../kubernetes/kubeconfig.ts';
import { countOf, World } from '../scenarios/world.ts';
import { silentHost } from '../silent-host.ts';
import { PRODUCT } from './product.ts';

it('run commits every change of the files and ends cleanly on SIGTERM', async () => {
  const world = new World({ destinations: [{ repository: 'fleet.git', pacing: { minInterval: '0s' } }] });
  world.dso({ name: 'web', members: { one: 4, two: 6 }, max: 10 });
  world.metric('web', 20);
  const { child, said } = start(world);
  try {
    await until(() => countOf(world.home, 'two', 'web') === 2, said);
    world.metric('web', 37);
    await until(() => countOf(world.home, 'two', 'web') === 5, said);
    world.metric('web', 'abc');
    await until(() => said().includes('found "abc"'), said);
    world.write('broken.yaml', 'kind: [');
    await until(() => said().includes('broken.yaml:1'), said);
    world.metric('web', 45);
    await until(() => countOf(world.home, 'two', 'web') === 5 && countOf(world.home, 'one', 'web') === 4, said);
  } finally {
    child.kill('SIGTERM');
  }
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(said()).toMatch(/commit [0-9a-f]{40} on .*: scale default\/web 4 -> 8 \(one 2 -> 3, two 2 -> 5\)/);
  expect(said().trimEnd()).toMatch(/ ended$/);
  // The same thing is said once, however often it is looked at.
  expect(said().split('found "abc"').length).toBe(2);
});

it('run and apply with one cache have a mirror each, and neither removes the other', async () => {
  const world = new World({ destinations: [{ repository: 'fleet.git', pacing: { minInterval: '0s' } }] });
  world.dso({ name: 'web' });
  world.metric('web', 20);
  const { child, said } = start(world);
  const cache = world.environment['DSO_GITOPS_CACHE'] ?? '';
  const mirrors = () => readdirSync(cache).filter((name) => name.endsWith('.git'));
  try {
    await until(() => countOf(world.home, 'one', 'web') === 2, said);
    const [mirror = ''] = mirrors();
    // A lock of Git that is busy there is no damage here.
    const lock = join(cache, mirror, 'refs', 'dso-gitops', 'tip.lock');
    writeFileSync(lock, '');
    expect((await world.run('apply')).code).toBe(0);
    expect([existsSync(lock), mirrors()]).toEqual([true, [mirror.replace('.git', '-2.git'), mirror]]);
    rmSync(lock);
    world.metric('web', 40);
    await until(() => countOf(world.home, 'one', 'web') === 4, said);
    expect(said()).not.toContain('MirrorDamaged');
  } finally {
    child.kill('SIGTERM');
  }
  await once(child, 'exit');
});

it('run ends at once on SIGTERM where the hub takes connections and never says a word', async () => {
  const world = new World({ source: { kubernetes: { kubeconfig: 'hub.kubeconfig' } } });
  writeKubeconfig(join(world.directory, 'hub.kubeconfig'), await silentHost());
  const { child, said } = start(world);
  await until(() => said().includes('watching'), said);
  // It is in the midst of reading the hub.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const begun = performance.now();
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(performance.now() - begun).toBeLessThan(4000);
  expect(code).toBe(0);
  expect(said()).not.toContain('failed');
  expect(said().trimEnd()).toMatch(/ ended$/);
});

/** `run` in a process of its own, and what it said so far. */
function start(world: World): { readonly child: ChildProcess; readonly said: () => string } {
  const child = spawn(process.execPath, [...PRODUCT, 'run'], {
    cwd: world.directory,
    env: { ...world.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  return { child, said: () => output };
}

async function until(isDone: () => boolean, said: () => string): Promise<void> {
  const start = Date.now();
  while (!isDone()) {
    if (Date.now() - start > 15_000) throw new Error(`waited for 15 s; it said:\n${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
