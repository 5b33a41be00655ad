import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { established, SERVICE } from './control-plane.ts';
import { FaultProxy } from './fault-proxy.ts';
import { patchMetric } from './guide.ts';
import { conditionOf, dsoOf, type Hub, metricOf, product, startHub } from './hub.ts';
import { until } from './process.ts';
import { Service } from './service.ts';

interface AuditEvent {
  readonly verb: string;
  readonly stage: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly name?: string;
  };
  readonly requestURI: string;
  readonly responseStatus?: { readonly code: number };
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
}

const LEASE = ['--lease-namespace', 'dso-gitops'];
const CONFIGURATION = { members: { secret: { namespace: 'keda' } } };

let hub: Hub;
let proxy: FaultProxy;
let service: Service;
let manifest: string;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dso-gitops-audit-'));
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    rules: [{ level: 'Metadata', omitStages: ['RequestReceived'] }],
  };
  writeFileSync(join(directory, 'policy.yaml'), stringify(policy));
  const audit = [
    `--audit-policy-file=${join(directory, 'policy.yaml')}`,
    `--audit-log-path=${join(directory, 'audit.log')}`,
  ];
  hub = await startHub(audit, false);
  proxy = await FaultProxy.start(hub.server);
  service = new Service(hub.server, {
    kubeconfig: proxy.kubeconfig(SERVICE),
    configuration: CONFIGURATION,
    args: LEASE,
  });
  manifest = product(
    'install',
    '--export',
    '-c',
    join(service.directory, 'dso-gitops.yaml'),
    '--secret',
    'default/hidden',
  );
  await hub.server.kubectl('create', 'namespace', 'keda');
  hub.server.apply(manifest, '--server-side');
  await established(hub.server);
});

afterAll(async () => {
  await service?.stop();
  await proxy?.stop();
  await hub?.stop();
});

function documents(): readonly Manifest[] {
  return parseAllDocuments(manifest).map((document) => document.toJS() as Manifest);
}

function auditOfService(): readonly AuditEvent[] {
  const lines = readFileSync(join(directory, 'audit.log'), 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as AuditEvent).filter(({ user }) => user.username === SERVICE.user);
}

describe('what install exports', () => {
  it('is everything, in the order in which it can be applied', () => {
    expect(documents().map(({ kind }) => kind)).toEqual([
      'Namespace',
      'CustomResourceDefinition',
      'ServiceAccount',
      'ClusterRole',
      'ClusterRoleBinding',
      'Role',
      'RoleBinding',
      'Role',
      'RoleBinding',
      'Role',
      'RoleBinding',
      'ConfigMap',
      'Deployment',
    ]);
  });

  it('is accepted by the API server again, without a change', () => {
    const lines = hub.server.apply(manifest, '--server-side').trim().split('\n');
    expect(lines.length).toBe(documents().length);
  });

  it('holds a Pod to the restricted standard', async () => {
    const namespace = await hub.server.get<{ metadata: { labels: Record<string, string> } }>('namespace', 'dso-gitops');
    expect(namespace.metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
    const { spec } = await hub.server.get<{ spec: { template: object } }>(
      'deployment',
      '-n',
      'dso-gitops',
      'dso-gitops',
    );
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'probe', namespace: 'dso-gitops' },
      ...spec.template,
    };
    const asPod = JSON.stringify({ ...pod, metadata: { name: 'probe', namespace: 'dso-gitops' } });
    expect(() => hub.server.apply(asPod, '--dry-run=server')).not.toThrow();
  });
});

describe('the service with the rights of the manifest and no others', () => {
  it('takes the members from the keys of the Secret, and says what it knows', async () => {
    const data = {
      'member-1-cluster.kubeconfig': encoded('top-secret-1'),
      'member-2-cluster.kubeconfig': encoded('top-secret-2'),
    };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'kedify-agent-multicluster-kubeconfigs', namespace: 'keda' },
    };
    // Applied in the client it would hold them in an annotation as well.
    hub.server.apply(JSON.stringify({ ...secret, data }), '--server-side');
    await service.start();
    await service.ready();
    hub.server.apply(metricOf('web', '20'));
    hub.server.apply(dsoOf('web'));
    await service.committed([2, 2], 'web');
    hub.server.apply(dsoOf('unknown', { memberClusters: [{ name: 'member-3' }] }));
    const stalled = await conditionOf(hub.server, 'unknown', 'Stalled', () => true);
    expect(stalled.message).toContain('known: member-1, member-2');
    const patch = JSON.stringify({ stringData: { 'member-3-cluster.kubeconfig': 'top-secret-3' } });
    await hub.server.kubectl('-n', 'keda', 'patch', 'secret', 'kedify-agent-multicluster-kubeconfigs', '-p', patch);
    hub.server.apply(metricOf('unknown', '20'));
    await conditionOf(hub.server, 'unknown', 'Ready', ({ status }) => status === 'True');
    expect(service.counts('unknown', 'default', ['member-3'])).toEqual([4]);
  });

  it('never gets the kubeconfigs that the Secret holds, only its metadata', async () => {
    const whole = await hub.server.kubectl('-n', 'keda', 'get', 'secrets', '-o', 'json');
    const answered = proxy.answered('/api/v1/namespaces/keda/secrets');
    expect(answered).toContain('"kedify-agent-multicluster-kubeconfigs"');
    expect(answered).toContain('member-3-cluster.kubeconfig');
    for (const number of [1, 2, 3]) {
      expect(whole).toContain(encoded(`top-secret-${number}`));
      expect(answered).not.toContain(encoded(`top-secret-${number}`));
    }
    expect(answered).not.toContain('top-secret');
    const files = readdirSync(service.directory, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    const kept = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('');
    expect(kept).toContain('member-3');
    expect(kept).not.toMatch(/top-secret|dG9wLXNlY3JldC/);
  });

  it('reads the Secret that it was allowed to', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hidden', namespace: 'default' } };
    hub.server.apply(JSON.stringify({ ...secret, stringData: { 'metric-value': '20' } }));
    hub.server.apply(dsoOf('hidden').replace('"resourceKind":"ConfigMap"', '"resourceKind":"Secret"'));
    await service.committed([2, 2], 'hidden');
  });

  it('was never refused, and used every rule', async () => {
    // A Lease is renewed some seconds after it was taken.
    await until('a renewal', async () => auditOfService().some(({ verb }) => verb === 'update') || null);
    const seen = auditOfService();
    expect(seen.length).toBeGreaterThan(10);
    expect(
      seen.filter(({ responseStatus }) => responseStatus?.code === 403).map(({ requestURI }) => requestURI),
    ).toEqual([]);
    const used = new Set(
      seen.flatMap(({ verb, objectRef }) => {
        if (!objectRef) return [];
        const { apiGroup = '', resource, subresource, name } = objectRef;
        const place = `${apiGroup}/${subresource ? `${resource}/${subresource}` : resource}`;
        return [`${verb} ${place}`, `${verb} ${place} ${name}`];
      }),
    );
    const granted = documents()
      .flatMap(({ rules }) => rules ?? [])
      .flatMap(grantsOf);
    expect(granted.length).toBeGreaterThan(8);
    expect(granted.filter((grant) => !used.has(grant))).toEqual([]);
  });

  it('says what it lost when a right is taken away, and lowers nothing', async () => {
    const role = await hub.server.get<{ rules: readonly Rule[] }>('clusterrole', 'dso-gitops');
    const rules = role.rules.filter(({ resources }) => !resources.includes('configmaps'));
    await hub.server.kubectl('patch', 'clusterrole', 'dso-gitops', '--type=merge', '-p', JSON.stringify({ rules }));
    hub.server.apply(metricOf('forbidden', '20'));
    hub.server.apply(dsoOf('forbidden'));
    const ready = await conditionOf(hub.server, 'forbidden', 'Ready', ({ message }) => message.includes('forbids'));
    expect(ready.message).toContain('list and watch configmaps forbidden in namespace default');
    expect(service.counts('web')).toEqual([2, 2]);
    hub.server.apply(manifest, '--server-side', '--force-conflicts');
    await service.committed([2, 2], 'forbidden', 45_000);
    await hub.server.kubectl(...patchMetric('37', 'web'));
    await service.committed([3, 5], 'web');
  });

  it('keeps its rights when a second one is installed in another namespace', async () => {
    hub.server.apply(
      product('install', '--export', '--namespace', 'second', '--secret', 'default/hidden'),
      '--server-side',
    );
    const can = (user: string, ...what: readonly string[]): Promise<string> =>
      hub.server.kubectl('auth', 'can-i', ...what, `--as=system:serviceaccount:${user}`).catch(() => 'no');
    for (const user of ['dso-gitops:dso-gitops', 'second:dso-gitops']) {
      expect(await can(user, 'watch', 'distributedscaledobjects.keda.kedify.io', '-A')).toContain('yes');
      expect(await can(user, 'watch', 'secrets/hidden', '-n', 'default')).toContain('yes');
    }
    expect(await can('third:dso-gitops', 'watch', 'secrets/hidden', '-n', 'default')).toContain('no');
    await hub.server.kubectl(...patchMetric('20', 'web'));
    await hub.server.kubectl(...patchMetric('45', 'web'));
    await service.committed([4, 5], 'web');
  });
});

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** `verb group/resource`, with the name where the rule has names. */
function grantsOf({ apiGroups, resources, resourceNames, verbs }: Rule): readonly string[] {
  return verbs.flatMap((verb) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => {
        const grant = `${verb} ${group}/${resource}`;
        return resourceNames ? resourceNames.map((name) => `${grant} ${name}`) : [grant];
      }),
    ),
  );
}
