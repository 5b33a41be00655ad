import { afterAll, beforeAll, expect, it } from 'vitest';
import { ArgoCd } from './argocd.ts';
import { Flux } from './flux.ts';
import { CONFIG_MAP, DEPLOYMENT, DSO, patchMetric } from './guide.ts';
import { type Hub, startHub } from './hub.ts';
import { Member } from './member.ts';
import { until } from './process.ts';
import { Service } from './service.ts';

let hub: Hub;
let first: Member;
let second: Member;
let service: Service;
let flux: Flux;
let argocd: ArgoCd;

const kustomization = (body: string): string =>
  `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n${body}`;

/** How every member is wired, once. */
function wired(member: string): string {
  return kustomization(`resources:\n  - ../../base\ncomponents:\n  - ../../scaling/members/${member}/default\n`);
}

beforeAll(async () => {
  hub = await startHub();
  [first, second] = await Promise.all([Member.start('member-1', hub.etcd), Member.start('member-2', hub.etcd)]);
  service = new Service(hub.server);
  service.fleet.commit({
    'base/deployment.yaml': DEPLOYMENT,
    'base/kustomization.yaml': kustomization('resources:\n  - deployment.yaml\n'),
    'clusters/member-1/kustomization.yaml': wired('member-1'),
    'clusters/member-2/kustomization.yaml': wired('member-2'),
  });
  await service.start();
  hub.server.apply(CONFIG_MAP);
  hub.server.apply(DSO);
  await until('the components', async () =>
    service.fleet.paths().some((path) => path.startsWith('scaling/members/member-2')) ? true : null,
  );
  [flux, argocd] = await Promise.all([
    Flux.start(first.server, service.fleet, './clusters/member-1'),
    ArgoCd.start(hub.server, second.server, service.fleet, 'clusters/member-2'),
  ]);
  await Promise.all([first.ready('dso-demo-app', 0, 90_000), second.ready('dso-demo-app', 0, 90_000)]);
}, 300_000);

afterAll(async () => {
  await argocd?.stop();
  await flux?.stop();
  await service?.stop();
  await Promise.all([first?.stop(), second?.stop()]);
  await hub?.stop();
});

it('a patch of the ConfigMap in the hub ends as ready Pods in both members, by Flux and by Argo CD', async () => {
  const added: number[] = [];
  const steps: readonly (readonly [value: string, one: number, two: number])[] = [
    ['20', 2, 2],
    ['25', 2, 3],
    ['30', 2, 4],
    ['35', 3, 4],
    ['50', 4, 6],
  ];
  for (const [value, one, two] of steps) {
    await hub.server.kubectl(...patchMetric(value));
    const patched = performance.now();
    await service.committed([one, two]);
    const committed = performance.now();
    const [flown, argued] = await Promise.all([first.ready('dso-demo-app', one), second.ready('dso-demo-app', two)]);
    added.push(committed - patched);
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
    process.stdout.write(
      `${value}: patch to commit ${seconds(committed - patched)}, commit to ready Pods ${seconds(flown - committed)} under Flux, ${seconds(argued - committed)} under Argo CD\n`,
    );
  }
  const median = added.toSorted((a, b) => a - b)[2] ?? Number.POSITIVE_INFINITY;
  process.stdout.write(`added by us (median): ${Math.round(median)} ms\n`);
  expect(median).toBeLessThan(300);
}, 180_000);
