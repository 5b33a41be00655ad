import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Engine } from '../../src/reconcile/engine.ts';
import type { BareRepository } from '../repository/bare-repository.ts';
import { wrapGit } from '../repository/git-wrapper.ts';
import { countOf, decidedInTwo, recordOf, savedStates, verdictsOf, World } from './world.ts';

/** Numbers of the decisions that the states beside a branch tell. */
function savedNumbers(repository: BareRepository): readonly number[] {
  return [...savedStates(repository).values()].map((text) => (JSON.parse(text) as { seq: number }).seq);
}

async function tickOf(engine: Engine, world: World): Promise<void> {
  await engine.tick({ mode: 'apply', now: world.now, signal: new AbortController().signal });
  world.now += 15_000;
}

it('a process saves no older state over that of another one, and learns from it', async () => {
  const { world, second } = await decidedInTwo();
  const service = await world.engine();
  await tickOf(service, world);
  // News, and the same total.
  world.metric('a', 19);
  await tickOf(service, world);
  const before = [world.home, second].map((repository) => repository.tip() ?? '');
  world.metric('a', 100);
  expect((await world.run('apply')).code).toBe(0);
  expect(savedNumbers(world.home)).toEqual([2]);
  await service.saveStates(world.now);
  expect(savedNumbers(world.home)).toEqual([2]);
  for (const [index, repository] of [world.home, second].entries())
    repository.git('update-ref', 'refs/heads/main', before[index] ?? '');
  const { out } = await world.run('verify', '-o', 'json');
  const { findings } = JSON.parse(out) as { findings: readonly { reason: string; repository: string }[] };
  expect(findings.map(({ reason, repository }) => [reason, repository])).toEqual([
    ['LostDecision', world.home.directory],
    ['LostDecision', second.directory],
  ]);
  await tickOf(service, world);
  world.restart();
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held Reverted' });
  expect([countOf(world.home, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([2, 2]);
});

it('small steps do not add up unseen where something is observed while one is pushed', async () => {
  const rules = [{ name: 'big', when: { direction: 'up', percent: { min: 120, max: 1000 } }, then: 'hold' }];
  const world = new World({ destinations: [{ repository: 'fleet.git', delivery: { rules } }] });
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  const quick = { background: { ms: 0, resume: () => undefined } };
  const go = `${world.directory}/go`;
  world.home.hook('pre-receive', `while [ ! -e '${go}' ]; do sleep 0.05; done`);
  world.metric('a', 30);
  world.now += 60_000;
  const isPushing = async (): Promise<boolean> => {
    return (await world.stay(quick)).destinations[0]?.waiting?.reason === 'Pushing';
  };
  while (!(await isPushing())) await sleep(50);
  // Comes to the same total.
  world.metric('a', 29);
  await world.stay(quick);
  world.write('../go', '');
  while (recordOf(world.home, 'a')?.seq === 1) await sleep(50);
  world.now += 60_000;
  await world.moment();
  world.metric('a', 50);
  world.now += 60_000;
  expect(verdictsOf(await world.moment())).toEqual({ 'default/a': 'wait ApprovalNeeded' });
});

it('a process that ends saves what it knows also where its branch is being read', async () => {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  // News, and the same total.
  world.metric('a', 19);
  world.now += 600_000;
  world.environment['PATH'] = wrapGit(world.directory, { word: 'ls-remote', script: 'sleep 1' }).path;
  await world.stay({ background: { ms: 0, resume: () => undefined } });
  await world.save();
  expect(savedStates(world.home).get('default/a')).toContain('"value":19');
});
