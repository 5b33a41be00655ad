import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { BareRepository } from '../repository/bare-repository.ts';
import { type RunEnded, runBundle } from '../suites/action/action-run.ts';
import { dsoOf, type Hub, metricOf, type StoredDso, startHub } from './hub.ts';

let hub: Hub;
let fleet: BareRepository;
let workspace: string;

beforeAll(async () => {
  hub = await startHub();
  hub.server.apply(metricOf('web', '20'));
  hub.server.apply(dsoOf('web'));
  workspace = hub.server.path('checkout');
  mkdirSync(workspace);
  fleet = BareRepository.make(hub.server.path('fleet.git'), { 'README.md': 'fleet\n' });
  write(hub.server.kubeconfig());
});

afterAll(async () => {
  await hub?.stop();
});

function write(kubeconfig: string): void {
  const configuration = {
    apiVersion: 'dso-gitops.dev/v1alpha1',
    kind: 'Configuration',
    source: { kubernetes: { kubeconfig } },
    members: ['member-1', 'member-2'],
    destinations: [{ repository: fleet.directory }],
    firstSight: 'write',
  };
  writeFileSync(join(workspace, 'dso-gitops.yaml'), stringify(configuration));
}

function run(command: string): Promise<RunEnded> {
  const host = { serverUrl: 'https://github.test', apiUrl: 'https://api.github.test' };
  return runBundle({ ...host, workspace, inputs: { command } });
}

it('the action reads a cluster by its kubeconfig, commits, and writes the status', async () => {
  const { code, outputs, log } = await run('apply');
  expect([code, log]).toEqual([0, expect.stringContaining('none -> 2')]);
  expect(outputs).toMatchObject({ changed: 'true', commit: fleet.tip(), total: '4' });
  const { status } = await hub.server.get<StoredDso>('dso', 'web');
  expect(status?.gitOps?.lastCommit).toBe(fleet.tip());
  expect(status?.totalCurrentReplicas).toBe(4);
});

it('its plan writes nothing, neither there nor in Git', async () => {
  hub.server.apply(metricOf('web', '40'));
  const before = await hub.server.get<StoredDso>('dso', 'web');
  const tip = fleet.tip();
  const { code, outputs } = await run('plan');
  expect([code, outputs['changed'], outputs['total'], fleet.tip()]).toEqual([0, 'true', '8', tip]);
  const after = await hub.server.get<StoredDso>('dso', 'web');
  expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
});

it('a cluster that does not answer makes the job red, and nothing is written', async () => {
  const kubeconfig = join(workspace, 'gone.yaml');
  const cluster = { server: 'https://127.0.0.1:1' };
  writeFileSync(
    kubeconfig,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'gone', cluster }],
      users: [{ name: 'nobody', user: {} }],
      contexts: [{ name: 'gone', context: { cluster: 'gone', user: 'nobody' } }],
      'current-context': 'gone',
    }),
  );
  write(kubeconfig);
  const tip = fleet.tip();
  const { code, log } = await run('apply');
  expect([code, log, fleet.tip()]).toEqual([1, expect.stringContaining('::error::HubUnreachable'), tip]);
});
