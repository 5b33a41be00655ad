import { describe, expect, it } from 'vitest';
import { DsoStatus } from '../../src/api/status.ts';
import { ProductError } from '../../src/errors.ts';
import type { TickResult } from '../../src/reconcile/outcome.ts';
import type { StoredDso } from '../../src/sources/hub.ts';
import { Packed } from '../../src/sources/packed.ts';
import { statusOf } from '../../src/status/status-of.ts';
import { transitionsOf } from '../../src/status/transitions.ts';
import { reviewedWorld } from '../review/reviewed-world.ts';
import { World } from '../scenarios/world.ts';

const STORED: StoredDso = {
  namespace: 'default',
  name: 'a',
  uid: 'uid-1',
  generation: 3,
  status: new Packed(undefined),
  lastCommit: null,
  replicas: 0,
  scale: 0,
  resourceVersion: '1',
  engine: null,
  counted: null,
  requestedAt: null,
  isBeingDeleted: false,
  foreignWriter: null,
};

/** The status of the only DSO after a tick. */
function statusAfter({ outcomes, destinations, now }: TickResult, previous: DsoStatus | null = null): DsoStatus {
  const [outcome] = outcomes;
  if (!outcome) throw new Error('no outcome');
  const byId = new Map(destinations.map((one) => [one.destination.id, one]));
  return statusOf({ stored: STORED, outcome, destinations: byId, earlier: null, isScaledByKeda: false, previous, now });
}

function conditions(status: DsoStatus): Readonly<Record<string, string>> {
  return Object.fromEntries((status.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]));
}

function worldAt(value: string | number): World {
  const world = new World();
  world.dso({ name: 'a' });
  world.metric('a', value);
  return world;
}

describe('the status', () => {
  it('of a delivered decision is Ready, and is what the CRD takes', async () => {
    const status = statusAfter(await worldAt(20).tick());
    expect(DsoStatus.safeParse(status).success).toBe(true);
    expect(conditions(status)).toEqual({
      Ready: 'True Committed',
      ScaledObjectActive: 'True ScalerActive',
      Paused: 'False NotPaused',
      Delivered: 'True Committed',
      Confirmed: 'Unknown NotObserved',
    });
    expect(status).toMatchObject({
      observedGeneration: 3,
      totalCurrentReplicas: 4,
      selector: 'dso-gitops.dev/uid=uid-1',
      membersTotalCount: 2,
      print: { totalReplicas: '4/4', membersCount: '?/2' },
      memberClusterStatuses: {
        one: { currentReplicas: 2, desiredReplicas: 2, committedReplicas: 2, state: 'Unknown' },
      },
    });
    expect(status.gitOps?.state).toMatchObject({ seq: 1, hasRecord: true });
  });

  it('is the same when nothing happened, but for the time of nothing', async () => {
    const world = worldAt(20);
    const before = statusAfter(await world.tick());
    const { gitOps, ...after } = statusAfter(await world.tick(), before);
    const { gitOps: was, ...first } = before;
    expect(after).toEqual(first);
    expect(gitOps?.lastCommit).toBe(was?.lastCommit);
  });

  it('of what waits for its time is on its way, with the numbers that are committed', async () => {
    const world = worldAt(20);
    world.configure({ destinations: [{ repository: 'fleet.git', pacing: { minInterval: '1h' } }] });
    const before = statusAfter(await world.tick());
    world.metric('a', 60);
    const status = statusAfter(await world.stay(), before);
    expect(conditions(status)).toMatchObject({
      Ready: 'False Paced',
      Delivered: 'False Paced',
      Reconciling: 'True Progressing',
    });
    expect(status.memberClusterStatuses?.['one']).toMatchObject({ currentReplicas: 2, desiredReplicas: 6 });
    expect(status.print?.totalReplicas).toBe('4/12');
    expect(status.gitOps?.pending).toHaveLength(1);
  });

  it('of a missing reading says what is missing, and keeps the numbers', async () => {
    const world = worldAt(20);
    const before = statusAfter(await world.tick());
    world.metric('a', 'abc');
    const status = statusAfter(await world.tick(), before);
    expect(conditions(status)).toMatchObject({
      Ready: 'False ValueNotNumeric',
      ScaledObjectActive: 'Unknown TriggerError',
    });
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toContain('not lowered: total 4');
    expect(status.totalCurrentReplicas).toBe(4);
  });

  it('of what cannot be served is Stalled, and keeps what was known', async () => {
    const world = worldAt(20);
    const before = statusAfter(await world.tick());
    world.dso({ name: 'a', members: { nowhere: 1 } });
    const status = statusAfter(await world.tick(), before);
    expect(conditions(status)).toMatchObject({ Ready: 'False UnknownMember', Stalled: 'True UnknownMember' });
    expect(status.memberClusterStatuses).toEqual(before.memberClusterStatuses);
    expect(status.gitOps?.state).toEqual(before.gitOps?.state);
  });

  it('of what a person changed is Held, and Stalled for kstatus', async () => {
    const world = worldAt(20);
    await world.tick();
    const path = 'scaling/members/one/default/a/kustomization.yaml';
    world.home.commit({ [path]: (world.home.read(path) ?? '').replace('value: 2', 'value: 9') });
    const status = statusAfter(await world.tick());
    expect(status.print?.totalReplicas).toBe('11/4');
    expect(status.memberClusterStatuses?.['one']).toMatchObject({ currentReplicas: 9, committedReplicas: 9 });
    expect(conditions(status)).toMatchObject({
      Held: 'True HandEdit',
      Stalled: 'True HandEdit',
      Ready: 'False HandEdit',
    });
  });

  it('keeps the time of a condition as long as its status is the same', async () => {
    const world = worldAt(20);
    const before = statusAfter(await world.tick());
    world.now += 60_000;
    world.metric('a', 60);
    const after = statusAfter(await world.tick(), before);
    const timeOf = (status: DsoStatus): string | undefined =>
      status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
    expect(timeOf(after)).toBe(timeOf(before));
  });
});

describe('texts that nobody limits', () => {
  it('are cut to what the CRD takes', async () => {
    const { outcomes, destinations, now } = await worldAt(20).tick();
    const [outcome] = outcomes;
    if (!outcome) throw new Error('no outcome');
    const error = new ProductError('later', 'PushRejected', 'é'.repeat(40_000));
    const byId = new Map(destinations.map((one) => [one.destination.id, { ...one, commit: null, error }]));
    const stored = { ...STORED, requestedAt: 'x'.repeat(2000) };
    const status = statusOf({
      stored,
      outcome,
      destinations: byId,
      earlier: null,
      isScaledByKeda: false,
      previous: null,
      now,
    });
    expect(conditions(status)['Delivered']).toBe('False PushRejected');
    expect(status.gitOps?.pending?.[0]?.message).toMatch(/^é+\.\.\.$/);
    expect(DsoStatus.safeParse(status).error).toBeUndefined();
  });

  it('are cut to 1,024 bytes in events, between two characters', async () => {
    const tick = await worldAt(20).tick();
    const [outcome] = tick.outcomes;
    if (!outcome) throw new Error('no outcome');
    const status = statusAfter(tick);
    const message = `a${'😀'.repeat(500)}`;
    const ready = { type: 'Ready', status: 'False', reason: 'Refused', message } as const;
    const after = { ...status, conditions: [{ ...ready, lastTransitionTime: '2026-01-01T00:00:00Z' }] };
    const [transition] = transitionsOf(outcome, status, after);
    expect(transition?.message).toBe(`a${'😀'.repeat(255)}...`);
  });
});

describe('transitions', () => {
  it('are a commit, a change of Ready, and nothing else', async () => {
    const world = worldAt(20);
    const first = await world.tick();
    const one = statusAfter(first);
    const [outcome] = first.outcomes;
    if (!outcome) throw new Error('no outcome');
    expect(transitionsOf(outcome, null, one).map(({ type, reason }) => [type, reason])).toEqual([
      ['Normal', 'Committed'],
    ]);
    const again = await world.tick();
    const [same] = again.outcomes;
    if (!same) throw new Error('no outcome');
    expect(transitionsOf(same, one, statusAfter(again, one))).toEqual([]);
    world.metric('a', 'abc');
    const failed = await world.tick();
    const [missing] = failed.outcomes;
    if (!missing) throw new Error('no outcome');
    const reasons = transitionsOf(missing, one, statusAfter(failed, one)).map(({ type, reason }) => [type, reason]);
    expect(reasons).toEqual([['Warning', 'ValueNotNumeric']]);
    world.metric('a', 20);
    const recovered = await world.tick();
    const [over] = recovered.outcomes;
    if (!over) throw new Error('no outcome');
    const last = transitionsOf(over, statusAfter(failed, one), statusAfter(recovered, statusAfter(failed, one)));
    expect(last).toMatchObject([{ type: 'Normal', reason: 'Recovered', message: expect.stringContaining('total 4') }]);
  });

  it('are a pull request that is opened, merged or closed', async () => {
    const { world, standIn } = await reviewedWorld();
    world.dso({ name: 'a' });
    world.metric('a', 20);
    let before: DsoStatus | null = null;
    const reasons = async (): Promise<readonly string[]> => {
      const tick = await world.tick();
      const [outcome] = tick.outcomes;
      if (!outcome) throw new Error('no outcome');
      const after = statusAfter(tick, before);
      const transitions = transitionsOf(outcome, before, after);
      before = after;
      return transitions
        .filter(({ action }) => action === 'Propose')
        .map(({ reason, message }) => `${reason} ${message}`);
    };
    const url = 'https://github.test/acme/fleet/pull';
    expect(await reasons()).toEqual([`PullRequestOpen #1: ${url}/1`]);
    expect(await reasons()).toEqual([]);
    standIn.repository.merge(1, 'squash', 'alice');
    expect(await reasons()).toEqual([`PullRequestMerged #1: ${url}/1`]);
    world.metric('a', 60);
    expect(await reasons()).toEqual([`PullRequestOpen #2: ${url}/2`]);
    standIn.repository.close(2, 'bob');
    expect(await reasons()).toEqual([`PullRequestClosed #2: ${url}/2`]);
  });
});
