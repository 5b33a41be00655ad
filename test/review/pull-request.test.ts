import { describe, expect, it } from 'vitest';
import { countOf, recordOf, verdictsOf } from '../scenarios/world.ts';
import { reviewedWorld } from './reviewed-world.ts';

const HEAD = 'dso-gitops/default/all/main';

describe('what a rule proposes', () => {
  it('is one pull request, which is not touched while nothing changes, and merged it is what is committed', async () => {
    const { world, standIn } = await reviewedWorld();
    for (const name of ['a', 'b']) {
      world.dso({ name });
      world.metric(name, 20);
    }
    const first = await world.tick();
    expect(verdictsOf(first)).toEqual({ 'default/a': 'wait Proposed', 'default/b': 'wait Proposed' });
    expect(first.proposals).toMatchObject([{ step: 'create', error: null, pull: { number: 1 } }]);
    expect(countOf(world.home, 'one', 'a')).toBeNull();
    const pull = standIn.repository.pull(1);
    expect(pull).toMatchObject({ head: HEAD, base: 'main', state: 'open' });
    expect(pull.body).toContain('`default/a`');
    expect(world.home.git('rev-list', '--count', `main..${HEAD}`).trim()).toBe('1');
    const asked = standIn.seen.length;
    world.restart();
    const second = await world.tick();
    expect(second.proposals).toMatchObject([{ step: 'none', pull: { number: 1 } }]);
    expect(
      standIn
        .requests()
        .slice(asked)
        .every((line) => line.startsWith('GET ')),
    ).toBe(true);
    standIn.repository.merge(1, 'squash', 'alice');
    const third = await world.tick();
    expect(verdictsOf(third)).toEqual({ 'default/a': 'same', 'default/b': 'same' });
    expect([countOf(world.home, 'one', 'a'), recordOf(world.home, 'a')?.seq]).toEqual([2, 1]);
    expect(world.home.tip(HEAD)).toBeNull();
    expect((await world.run('verify')).code).toBe(0);
  });
});
