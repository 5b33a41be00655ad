import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../src/cli/connect.ts';
import { benchContext } from './bench-context.ts';
import { run } from './run-git.ts';

/** A hub of files and a bare repository that already holds every overlay. */
export interface Fixture {
  readonly directory: string;
  readonly configFile: string;
  readonly repository: string;
  /** The ConfigMap of the one DSO that changes alone. */
  readonly configMapFile: string;
  /** The ConfigMaps of all others. */
  readonly metricsFile: string;
  readonly size: FixtureSize;
}

/** How large a fixture is; overlays = members x DSOs. */
export interface FixtureSize {
  readonly members: number;
  readonly namespaces: number;
  readonly dsosPerNamespace: number;
}

/** Overlays of a fixture; records and indexes come on top. */
export function filesOf({ members, namespaces, dsosPerNamespace }: FixtureSize): number {
  return members * namespaces * dsosPerNamespace;
}

/** A hub, and a repository that the product itself has filled, so that its mirror is warm. */
export async function makeFixture(directory: string, size: FixtureSize): Promise<Fixture> {
  const fixture = await writeFixture(directory, size);
  const context = benchContext(directory);
  const { engine } = await connect(fixture.configFile, {}, false, context);
  await engine.tick({ mode: 'apply', now: Date.now(), signal: context.signal });
  await engine.saveStates(Date.now());
  return fixture;
}

/** The product's mirror of a fixture's repository. */
export async function mirrorOf({ directory }: Pick<Fixture, 'directory'>): Promise<string> {
  const cache = join(directory, 'cache');
  const [name = ''] = await readdir(cache);
  return join(cache, name);
}

/** An empty bare repository that never collects its garbage. */
export async function makeRepository(directory: string): Promise<string> {
  const repository = join(directory, 'fleet.git');
  await run(directory, ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
  await run(repository, ['config', 'gc.auto', '0']);
  await run(repository, ['config', 'receive.autogc', 'false']);
  return repository;
}

/** Where the DSOs of a fixture are. */
export function* placesOf({ namespaces, dsosPerNamespace }: FixtureSize): Generator<Place> {
  for (let namespace = 0; namespace < namespaces; namespace += 1)
    for (let index = 0; index < dsosPerNamespace; index += 1)
      yield { namespace: `team-${namespace}`, name: `web-${index}` };
}

/** A DSO, its workload and its ConfigMap have one name. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** The members of a fixture. */
export function membersOf({ members }: FixtureSize): readonly string[] {
  return Array.from({ length: members }, (_, index) => `member-${index + 1}`);
}

/** What the product commits about one DSO when its total changes on every member: overlays, then the record. */
export function pathsOf({ namespace, name }: Place, size: FixtureSize): readonly string[] {
  const overlays = membersOf(size).map((member) => `scaling/members/${member}/${namespace}/${name}/kustomization.yaml`);
  return [...overlays, `scaling/decisions/${namespace}/${name}.yaml`];
}

/** The configuration for the repository in a directory; gives its path. @param source as YAML */
export async function writeConfiguration(
  directory: string,
  source: string,
  members: readonly string[],
  pacing: string,
): Promise<string> {
  const configFile = join(directory, 'dso-gitops.yaml');
  await writeFile(
    configFile,
    `apiVersion: dso-gitops.dev/v1alpha1
kind: Configuration
source: ${source}
members: [${members.join(', ')}]
destinations:
  - {repository: fleet.git, pacing: {minInterval: ${pacing}}}
firstSight: write
demand: {tolerance: 0}
`,
  );
  return configFile;
}

async function writeFixture(directory: string, size: FixtureSize): Promise<Fixture> {
  const hub = join(directory, 'hub');
  await mkdir(hub, { recursive: true });
  const memberNames = membersOf(size);
  const documents: string[] = [];
  const metrics: string[] = [];
  for (const place of placesOf(size)) {
    documents.push(dso(place, memberNames));
    if (documents.length > 1) metrics.push(configMap(place, '100'));
  }
  await writeFile(join(hub, 'dsos.yaml'), documents.join('---\n'));
  const metricsFile = join(hub, 'metrics.yaml');
  await writeFile(metricsFile, metrics.join('---\n'));
  const configMapFile = join(hub, 'changing.yaml');
  await writeFile(configMapFile, configMap({ namespace: 'team-0', name: 'web-0' }, '100'));
  const repository = await makeRepository(directory);
  const configFile = await writeConfiguration(directory, '{files: [hub]}', memberNames, '0s');
  return { directory, configFile, repository, configMapFile, metricsFile, size };
}

/** The ConfigMap of a DSO, as YAML. */
export function configMap({ namespace, name }: Place, value: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: ${namespace}}
data: {metric-value: "${value}"}
`;
}

/** A DSO whose total is the value of its ConfigMap, as YAML. */
export function dso({ namespace, name }: Place, members: readonly string[]): string {
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
        metadata: {resourceKind: ConfigMap, resourceName: ${name}, key: metric-value, targetValue: "1"}
`;
}
