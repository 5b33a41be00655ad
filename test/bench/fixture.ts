import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run-git.ts';

/** A hub of files and a bare repository that already holds every overlay. */
export interface Fixture {
  readonly directory: string;
  readonly configFile: string;
  readonly repository: string;
  /** The ConfigMap of the one DSO that changes. */
  readonly configMapFile: string;
  readonly members: number;
}

/** How large a fixture is; overlays = members x DSOs. */
export interface FixtureSize {
  readonly members: number;
  readonly namespaces: number;
  readonly dsosPerNamespace: number;
}

/** Writes the hub and an empty bare repository; the product itself fills it at its first tick. */
export async function makeFixture(directory: string, size: FixtureSize): Promise<Fixture> {
  const hub = join(directory, 'hub');
  await mkdir(hub, { recursive: true });
  const memberNames = Array.from({ length: size.members }, (_, index) => `member-${index + 1}`);
  const documents: string[] = [];
  const metrics: string[] = [];
  for (let namespace = 0; namespace < size.namespaces; namespace += 1) {
    for (let index = 0; index < size.dsosPerNamespace; index += 1) {
      const isChanging = namespace === 0 && index === 0;
      documents.push(dso(`team-${namespace}`, `web-${index}`, memberNames));
      if (!isChanging) metrics.push(configMap(`team-${namespace}`, `web-${index}`, '100'));
    }
  }
  await writeFile(join(hub, 'dsos.yaml'), documents.join('---\n'));
  await writeFile(join(hub, 'metrics.yaml'), metrics.join('---\n'));
  const configMapFile = join(hub, 'changing.yaml');
  await writeFile(configMapFile, configMap('team-0', 'web-0', '100'));
  const repository = join(directory, 'fleet.git');
  await run(directory, ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
  await run(repository, ['config', 'gc.auto', '0']);
  await run(repository, ['config', 'receive.autogc', 'false']);
  const configFile = join(directory, 'dso-gitops.yaml');
  await writeFile(
    configFile,
    `apiVersion: dso-gitops.dev/v1alpha1
kind: Configuration
source: {files: [hub]}
members: [${memberNames.join(', ')}]
destinations:
  - {repository: fleet.git, pacing: {minInterval: 0s}}
firstSight: write
demand: {tolerance: 0}
`,
  );
  return { directory, configFile, repository, configMapFile, members: size.members };
}

/** The ConfigMap that a DSO of the fixture reads. */
export function configMap(namespace: string, name: string, value: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: ${namespace}}
data: {metric: "${value}"}
`;
}

function dso(namespace: string, name: string, members: readonly string[]): string {
  return `apiVersion: keda.kedify.io/v1alpha1
kind: DistributedScaledObject
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  memberClusters: [${members.map((member, index) => `{name: ${member}, weight: ${1 + (index % 5)}}`).join(', ')}]
  scaledObjectSpec:
    scaleTargetRef: {name: ${name}}
    maxReplicaCount: 100000
    triggers:
      - type: kubernetes-resource
        metadata: {resourceKind: ConfigMap, resourceName: ${name}, key: metric, targetValue: "1"}
`;
}
