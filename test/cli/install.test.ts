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
    'Role shop dso-gitops',
    'RoleBinding shop dso-gitops dso-gitops dso-gitops',
  ]);
  expect(rightsOf(await install(...secret, '--namespace', 'second'))).toEqual([
    'ClusterRole dso-gitops-second',
    'ClusterRoleBinding dso-gitops-second dso-gitops-second second',
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
