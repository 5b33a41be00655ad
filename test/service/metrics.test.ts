import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Metrics } from '../../src/service/metrics.ts';
import { ROOT } from '../docs/pages.ts';
import { manifestOf, World } from '../scenarios/world.ts';

/** Values by name with labels. */
async function valuesOf(metrics: Metrics): Promise<ReadonlyMap<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

it('tells demand, split, commits, what is unplaced and held, and how long a change took', async () => {
  const [world, metrics] = [new World(), new Metrics()];
  for (const name of ['a', 'b']) {
    world.dso({ name });
    world.metric(name, 20);
  }
  metrics.noteChange(1000);
  metrics.noteTick(await world.tick(), 250, 3000);
  const first = await valuesOf(metrics);
  expect(
    Object.fromEntries([...first].filter(([key]) => /^(dso_gitops|controller)/.test(key) && !/_bucket/.test(key))),
  ).toEqual({
    'controller_runtime_reconcile_total{controller="distributedscaledobject",result="success"}': 1,
    'controller_runtime_reconcile_time_seconds_sum{controller="distributedscaledobject"}': 0.25,
    'controller_runtime_reconcile_time_seconds_count{controller="distributedscaledobject"}': 1,
    'dso_gitops_commits_total{destination="destinations[0]"}': 1,
    dso_gitops_change_to_push_seconds_sum: 2,
    dso_gitops_change_to_push_seconds_count: 1,
    'controller_runtime_reconcile_errors_total{controller="distributedscaledobject"}': 0,
    // The commit of the same tick holds them.
    'dso_gitops_objects{verdict="same"}': 2,
    'dso_gitops_committed_replicas{namespace="default",name="a"}': 4,
    'dso_gitops_committed_replicas{namespace="default",name="b"}': 4,
    'dso_gitops_decided_replicas{namespace="default",name="a"}': 4,
    'dso_gitops_decided_replicas{namespace="default",name="b"}': 4,
    'dso_gitops_member_replicas{member="one"}': 4,
    'dso_gitops_member_replicas{member="two"}': 4,
  });
  const path = 'scaling/members/one/default/a/kustomization.yaml';
  world.home.commit({ [path]: (world.home.read(path) ?? '').replace(/value: \d+/, 'value: 3') });
  world.remove('default.b.yaml');
  metrics.noteTick(await world.tick(), 10, 5000);
  metrics.noteFailure();
  metrics.noteLeading(true);
  const second = await valuesOf(metrics);
  expect(second.get('dso_gitops_objects{verdict="held"}')).toBe(1);
  expect(second.get('dso_gitops_committed_replicas{namespace="default",name="a"}')).toBe(5);
  expect([...second.keys()].filter((key) => key.includes('name="b"'))).toEqual([]);
  expect(second.get('controller_runtime_reconcile_errors_total{controller="distributedscaledobject"}')).toBe(1);
  expect(second.get('leader_election_master_status{name="dso-gitops"}')).toBe(1);
  expect(second.get('dso_gitops_change_to_push_seconds_count')).toBe(1);
});

it('what has no place is told, and what cannot be delivered with its reason', async () => {
  const [world, metrics] = [new World(), new Metrics()];
  const manifest = JSON.stringify(manifestOf({ name: 'a' })).replaceAll('"weight":1', '"weight":1,"maxReplicas":1');
  world.write('a.json', manifest);
  world.metric('a', 20);
  world.home.hook('pre-receive', '#!/bin/sh\necho no; exit 1\n');
  metrics.noteTick(await world.tick(), 10, 1000);
  const values = await valuesOf(metrics);
  expect(values.get('dso_gitops_delivery_failures_total{destination="destinations[0]",reason="HookDeclined"}')).toBe(1);
  expect(values.get('dso_gitops_unplaced_replicas{namespace="default",name="a"}')).toBe(2);
  expect([...values.keys()].filter((key) => key.startsWith('dso_gitops_commits_total'))).toEqual([]);
});

it('what cannot be read is told, also to two who ask at the same time, and nothing at the end of a term', async () => {
  const [world, metrics] = [new World(), new Metrics()];
  world.dso({ name: 'a' });
  world.metric('a', 20);
  await world.tick();
  world.metric('a', 'abc');
  metrics.noteTick(await world.tick(), 10, 1000);
  const name = 'dso_gitops_missing_readings{namespace="default",name="a"}';
  const [one, two] = await Promise.all([valuesOf(metrics), valuesOf(metrics)]);
  expect([one.get(name), one.get('dso_gitops_member_replicas{member="one"}')]).toEqual([1, 2]);
  expect(two).toEqual(one);
  metrics.forgetObjects();
  expect([...(await valuesOf(metrics)).keys()].filter((key) => /_replicas|_objects|_readings/.test(key))).toEqual([]);
});

it('every metric of ours is explained, and every explained one is there', () => {
  const page = readFileSync(join(ROOT, 'docs/run-in-a-hub-cluster.md'), 'utf8');
  const explained = [...page.matchAll(/^\| `([a-z_]+)`/gm)]
    .map(([, name = '']) => name)
    .filter((name) => /_/.test(name));
  const own = new Metrics().names.filter((name) => !/^(process|nodejs)_/.test(name));
  expect(explained.toSorted()).toEqual([...own].sort());
});
