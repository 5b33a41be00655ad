import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { Metrics } from '../../src/service/metrics.ts';
import { ROOT } from '../docs/pages.ts';
import { temporaryDirectory } from '../repository/temporary-directory.ts';
import { runCli } from './run-cli.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly roleRef?: { readonly name: string };
  readonly subjects?: readonly { readonly namespace: string }[];
  readonly spec?: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly object[];
        readonly volumes: readonly { readonly name: string; readonly secret?: object }[];
      };
    };
  };
}

async function install(...args: readonly string[]): Promise<readonly Manifest[]> {
  const { code, stdout, stderr } = await runCli(['install', '--export', ...args], { directory: temporaryDirectory() });
  expect(code, stderr).toBe(0);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

function rightsOf(manifests: readonly Manifest[]): readonly string[] {
  return manifests
    .filter(({ kind }) => /Role/.test(kind))
    .map(({ kind, metadata, roleRef, subjects }) =>
      [kind, metadata.namespace, metadata.name, roleRef?.name, subjects?.[0]?.namespace].filter(Boolean).join(' '),
    );
}

it('names the rights after another namespace, so that two installations keep theirs', async () => {
  const secret = ['--secret', 'shop/queue'];
  expect(rightsOf(await install(...secret))).toEqual([
    'ClusterRole dso-gitops',
    'ClusterRoleBinding dso-gitops dso-gitops dso-gitops',
    'Role dso-gitops dso-gitops-lease',
    'RoleBinding dso-gitops dso-gitops-lease dso-gitops-lease dso-gitops',
    'Role shop dso-gitops',
    'RoleBinding shop dso-gitops dso-gitops dso-gitops',
  ]);
  expect(rightsOf(await install(...secret, '--namespace', 'second'))).toEqual([
    'ClusterRole dso-gitops-second',
    'ClusterRoleBinding dso-gitops-second dso-gitops-second second',
    'Role second dso-gitops-lease',
    'RoleBinding second dso-gitops-lease dso-gitops-lease second',
    'Role shop dso-gitops-second',
    'RoleBinding shop dso-gitops-second dso-gitops-second second',
  ]);
});

it('writes the components that are asked for beside the manifest, in its namespace', async () => {
  const directory = temporaryDirectory();
  const wanted = ['service-monitor', 'alerts', 'network-policy'].flatMap((name) => ['--component', name]);
  const { code, stdout } = await runCli(['install', '--export', 'hub', '--namespace', 'second', ...wanted], {
    directory,
  });
  expect(code).toBe(0);
  const files = stdout.trim().split('\n');
  expect(files.map((file) => file.slice(directory.length + 1)).sort()).toEqual([
    'hub/components/alerts/kustomization.yaml',
    'hub/components/alerts/prometheus-rule.yaml',
    'hub/components/network-policy/kustomization.yaml',
    'hub/components/network-policy/network-policy.yaml',
    'hub/components/service-monitor/kustomization.yaml',
    'hub/components/service-monitor/service-monitor.yaml',
    'hub/components/service-monitor/service.yaml',
    'hub/dso-gitops.yaml',
    'hub/kustomization.yaml',
  ]);
  const own = files.filter((file) => /components/.test(file) && !file.endsWith('kustomization.yaml'));
  for (const file of own) expect(readFileSync(file, 'utf8')).toContain('namespace: second');
  const { components } = parse(readFileSync(join(directory, 'hub/kustomization.yaml'), 'utf8')) as {
    components: string[];
  };
  expect(components).toEqual(['components/service-monitor', 'components/alerts', 'components/network-policy']);
});

it('writes the rights of KEDA so that a second installation has its own', async () => {
  const directory = temporaryDirectory();
  const { code } = await runCli(['install', '--export', 'hub', '--namespace', 'second', '--component', 'keda'], {
    directory,
  });
  expect(code).toBe(0);
  const read = (file: string): unknown => parse(readFileSync(join(directory, 'hub/components/keda', file), 'utf8'));
  const name = 'dso-gitops-keda-second';
  expect(read('cluster-role.yaml')).toMatchObject({ kind: 'ClusterRole', metadata: { name } });
  expect(read('cluster-role-binding.yaml')).toMatchObject({
    metadata: { name },
    roleRef: { name },
    subjects: [{ name: 'dso-gitops', namespace: 'second' }],
  });
});

it('writes components into a directory alone, and knows which there are', async () => {
  const run = (...args: readonly string[]) => runCli(['install', ...args], { directory: temporaryDirectory() });
  expect((await run('--export', '--component', 'alerts')).stderr).toContain('give --export a directory');
  expect((await run('--export', 'hub', '--component', 'alert')).stderr).toContain(
    'service-monitor, network-policy, alerts, keda',
  );
});

it('alerts on metrics that there are', () => {
  const file = join(ROOT, 'templates/components/alerts/prometheus-rule.yaml');
  const { spec } = parse(readFileSync(file, 'utf8')) as {
    spec: { groups: { rules: { alert: string; expr: string }[] }[] };
  };
  const rules = spec.groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(5);
  const names = new Metrics().names;
  for (const { alert, expr } of rules) {
    const used = expr.match(/\b(?:dso_gitops|controller_runtime|leader_election)\w+/g) ?? [];
    expect(used.length, alert).toBeGreaterThan(0);
    for (const name of used) expect(names, alert).toContain(name.replace(/_bucket$/, ''));
  }
});

it('leaves the CRD out when told, and nothing else', async () => {
  const kinds = (await install()).map(({ kind }) => kind);
  expect(kinds).toContain('CustomResourceDefinition');
  const without = (await install('--without-crd')).map(({ kind }) => kind);
  expect(without).toEqual(kinds.filter((kind) => kind !== 'CustomResourceDefinition'));
});

it('lets the group of the Pod read the credentials, and gives the first reading time', async () => {
  const deployment = (await install()).find(({ kind }) => kind === 'Deployment');
  const { containers, volumes } = deployment?.spec?.template.spec ?? {};
  const probe = { httpGet: { path: '/livez', port: 'health' }, timeoutSeconds: 5 };
  expect(containers?.[0]).toMatchObject({ startupProbe: { ...probe, failureThreshold: 24 }, livenessProbe: probe });
  const git = volumes?.find(({ name }) => name === 'git');
  expect(git?.secret).toEqual({ secretName: 'dso-gitops-git', optional: true, defaultMode: 0o440 });
});

it('refuses a configuration that works on a machine of a person and not in a Pod, and names files that are nowhere', async () => {
  const directory = temporaryDirectory();
  const exported = async (source: string, destination: string): ReturnType<typeof runCli> => {
    const head = 'apiVersion: dso-gitops.dev/v1alpha1\nkind: Configuration\n';
    const text = `${head}source: ${source}\nmembers: [one]\ndestinations:\n  - ${destination}\n`;
    writeFileSync(join(directory, 'dso-gitops.yaml'), text);
    return runCli(['install', '--export', '-c', 'dso-gitops.yaml'], { directory });
  };
  const bad = await exported('{kubernetes: {context: hub}}', 'repository: fleet.git');
  expect(bad.code).toBe(1);
  expect(bad.stderr).toContain('there is no kubeconfig in a Pod; expected {}');
  expect(bad.stderr).toContain('repository of destinations[0]: a relative path is nowhere in a Pod');
  const url = 'repository: https://git.example.com/fleet.git\n    credentials: {tokenFile:';
  const elsewhere = await exported('{kubernetes: {}}', `${url} /home/me/token}`);
  expect(elsewhere).toMatchObject({ code: 0, stderr: expect.stringContaining('/home/me/token is not mounted') });
  const mounted = await exported('{kubernetes: {}}', `${url} /var/run/dso-gitops/git/token}`);
  expect(mounted).toMatchObject({ code: 0, stderr: '' });
});
