import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
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
