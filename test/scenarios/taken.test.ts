import { describe, expect, it } from 'vitest';
import { countOf, World } from './world.ts';

describe('a workload that a record of another DSO scales', () => {
  it('is not taken by a newcomer, also where the other one is gone or was renamed', async () => {
    const world = new World();
    world.dso({ name: 'old', target: { name: 'web' } });
    world.metric('old', 20);
    await world.tick();
    world.remove('default.old.yaml');
    world.dso({ name: 'a-new', target: { name: 'web' } });
    world.metric('a-new', 100);
    const [outcome] = (await world.tick()).outcomes;
    expect(outcome?.verdict).toMatchObject({ kind: 'stalled', reason: 'WorkloadTaken' });
    expect(countOf(world.home, 'one', 'a-new')).toBeNull();
    const path = (member: string): string => `scaling/members/${member}/default/old/kustomization.yaml`;
    world.home.commit({
      'scaling/decisions/default/old.yaml': null,
      [path('one')]: null,
      [path('two')]: null,
    });
    await world.tick();
    expect(countOf(world.home, 'one', 'a-new')).not.toBeNull();
  });

  it('is not taken while the other one is not valid', async () => {
    const world = new World();
    world.dso({ name: 'a', target: { name: 'web' } });
    world.metric('a', 20);
    await world.tick();
    world.dso({ name: 'b', target: { name: 'web' } });
    world.metric('b', 50);
    await world.tick();
    world.dso({ name: 'a', target: { name: 'web' }, members: { one: 0, two: 0 } });
    const verdicts = (await world.tick()).outcomes.map(({ key, verdict }) => [
      key,
      'reason' in verdict && verdict.reason,
    ]);
    expect(verdicts).toEqual([
      ['default/a', 'InvalidSpec'],
      ['default/b', 'WorkloadTaken'],
    ]);
    expect(countOf(world.home, 'one', 'b')).toBeNull();
  });
});
