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
  const documents = dsosOf(size).map(([namespace, name]) => dso(namespace, name, memberNames));
  await writeFile(join(hub, 'dsos.yaml'), documents.join('---\n'));
  await writeOtherMetrics(directory, size, '100');
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

/** One value for all DSOs but the one that changes. */
export async function writeOtherMetrics(directory: string, size: FixtureSize, value: string): Promise<void> {
  const [, ...others] = dsosOf(size);
  const metrics = others.map(([namespace, name]) => configMap(namespace, name, value));
  await writeFile(join(directory, 'hub/metrics.yaml'), metrics.join('---\n'));
}

/** Namespace and name of every DSO, the one that changes first. */
function dsosOf({ namespaces, dsosPerNamespace }: FixtureSize): readonly (readonly [string, string])[] {
  return Array.from({ length: namespaces * dsosPerNamespace }, (_, index) => {
    return [`team-${Math.floor(index / dsosPerNamespace)}`, `web-${index % dsosPerNamespace}`] as const;
  });
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
    maxReplicaCount: 1000000
    triggers:
      - type: kubernetes-resource
        metadata: {resourceKind: ConfigMap, resourceName: ${name}, key: metric, targetValue: "1"}
`;
}
