import { expect, it } from 'vitest';
import { recordOf, verdictsOf, World } from '../scenarios/world.ts';

const RECORD = 'scaling/decisions/default/a.yaml';

async function running(): Promise<World> {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  return world;
}

it('the name of an author forges no commit in the history', async () => {
  const world = await running();
  const forged = `x\x01${'a'.repeat(40)}\x02mallory\x022026-01-01T00:00:00Z\x02`;
  const text = world.home.read(RECORD) ?? '';
  const commit = world.home.commit({ [RECORD]: text.replace('seq: 1', 'seq: 2') }, 'main', 'foreign', forged);
  const { out } = await world.run('history', '-o', 'json');
  const decisions = JSON.parse(out) as readonly { readonly commit: string; readonly author: string }[];
  expect(decisions.map((one) => one.commit)).toContain(commit);
  expect(decisions.map((one) => one.commit)).not.toContain('a'.repeat(40));
});

it('a line of a foreign file is no record of a DSO: nothing is held for it', async () => {
  const world = await running();
  world.home.commit({ 'scaling/decisions/default/note.txt': `++ b/${RECORD}\nseq: 99\n` });
  for (const ref of world.home.refs().keys())
    if (ref.startsWith('refs/dso-gitops/')) world.home.git('update-ref', '-d', ref);
  world.restart();
  world.metric('a', 60);
  expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'change' });
  expect(recordOf(world.home, 'a')?.seq).toBe(2);
});
