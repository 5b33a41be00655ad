import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gitAfter } from '../repository/git-wrapper.ts';
import { patchMetric } from './guide.ts';
import { dsoOf, type Hub, metricOf, startHub } from './hub.ts';
import { until } from './process.ts';
import { Service } from './service.ts';

interface LeaseList {
  readonly items: readonly {
    readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number; readonly renewTime: string };
  }[];
}

const LEASE = ['--lease-namespace', 'default'];

let hub: Hub;
let one: Service;
let two: Service;
let bin: string;

beforeAll(async () => {
  hub = await startHub();
  bin = hub.server.path('bin');
  // A push stops before it begins, as long as the file is there.
  const stops = `case " $* " in *" push "*) [ ! -e ${bin}/stop ] || { echo $$ > ${bin}/stopped; kill -STOP $$; };; esac`;
  const env = { POD_NAME: 'one', PATH: gitAfter(stops, bin) };
  one = new Service(hub.server, { args: LEASE, env }, hub.server.path('one'));
  const shared = { args: LEASE, env: { POD_NAME: 'two' }, fleet: one.fleet };
  two = new Service(hub.server, shared, hub.server.path('two'));
  hub.server.apply(metricOf('web', '20'));
  const { scaledObjectSpec } = (JSON.parse(dsoOf('web')) as { spec: { scaledObjectSpec: object } }).spec;
  hub.server.apply(dsoOf('web', { scaledObjectSpec: { ...scaledObjectSpec, maxReplicaCount: 1000 } }));
  await one.start();
  await one.committed([2, 2], 'web');
  await two.start();
});

afterAll(async () => {
  await one?.stop('SIGKILL');
  await two?.stop('SIGKILL');
  await hub?.stop();
});

async function holder(): Promise<string> {
  const { items } = await hub.server.get<LeaseList>('leases');
  expect(items).toHaveLength(1);
  return items[0]?.spec.holderIdentity ?? '';
}

function decisions(): readonly string[] {
  return one.fleet.git('log', '--format=%H', 'main', '--', 'scaling').trim().split('\n');
}

it('one writes, the other waits, is ready, and says for whom', async () => {
  expect(await holder()).toMatch(/^one_/);
  const waits = await two.logged('waits for the Lease');
  expect(waits['holder']).toBe(await holder());
  await two.ready();
  await hub.server.kubectl(...patchMetric('37', 'web'));
  await two.committed([3, 5], 'web');
  expect(two.log().some(({ msg }) => msg === 'watching' || msg === 'committed')).toBe(false);
});

it('takes over within 15 seconds of a kill, and no decision is lost or doubled', async () => {
  const before = decisions().length;
  await one.stop('SIGKILL');
  const killed = performance.now();
  await hub.server.kubectl(...patchMetric('50', 'web'));
  await two.committed([4, 6], 'web', 20_000);
  const took = performance.now() - killed;
  process.stdout.write(`taken over ${(took / 1000).toFixed(1)} s after the kill\n`);
  expect(took).toBeLessThan(15_000);
  expect(decisions().length).toBe(before + 1);
  expect(await holder()).toMatch(/^two_/);
});

it('who ends gives it back at once', async () => {
  await one.start();
  await one.logged('waits for the Lease');
  const asked = performance.now();
  expect(await two.stop()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(5000);
  await one.logged('leads', 4000);
  await two.start();
  await two.logged('waits for the Lease');
});

it('who stood still in the middle of a push wakes up and lands nothing, though nothing else was pushed', async () => {
  const fence = (): string => one.fleet.git('for-each-ref', '--format=%(objectname)', 'refs/dso-gitops/fence');
  writeFileSync(join(bin, 'stop'), '');
  const [before, fenced] = [decisions(), fence()];
  await hub.server.kubectl(...patchMetric('100', 'web'));
  const pid = await until('the push', async () => Number(readFileSync(join(bin, 'stopped'), 'utf8').trim()) || null);
  one.signal('SIGSTOP');
  // What is asked for now is what is committed: the other one has nothing to push.
  await hub.server.kubectl(...patchMetric('50', 'web'));
  await until('the other one', async () => (fence() === fenced ? null : true), 20_000);
  rmSync(join(bin, 'stop'));
  process.kill(pid, 'SIGCONT');
  one.signal('SIGCONT');
  await until('it waits', async () => (one.log().at(-1)?.msg === 'waits for the Lease' ? true : null));
  expect([decisions(), await holder()]).toEqual([before, expect.stringMatching(/^two_/)]);
  await hub.server.kubectl(...patchMetric('150', 'web'));
  await two.committed([12, 18], 'web');
  expect(decisions()).toHaveLength(before.length + 1);
});
