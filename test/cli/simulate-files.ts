import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type CliResult, runCli } from './run-cli.ts';

/** A DSO as an object, to be written as YAML; `scaled` goes into scaledObjectSpec, `trigger` into its metadata. */
export function dsoOf(
  scaled: object = {},
  trigger: object = {},
  rest: { name?: string; members?: readonly object[] | null } = {},
): object {
  const members =
    rest.members === undefined
      ? [
          { name: 'member-1', weight: 4 },
          { name: 'member-2', weight: 6 },
        ]
      : rest.members;
  return {
    apiVersion: 'keda.kedify.io/v1alpha1',
    kind: 'DistributedScaledObject',
    metadata: { name: rest.name ?? 'web', namespace: 'shop' },
    spec: {
      ...(members ? { memberClusters: members } : {}),
      scaledObjectSpec: {
        scaleTargetRef: { name: 'web' },
        minReplicaCount: 0,
        maxReplicaCount: 10,
        triggers: [{ type: 'kubernetes-resource', metadata: { ...METADATA, ...trigger } }],
        ...scaled,
      },
    },
  };
}

/** Metadata of a trigger that asks for one replica per 5. */
export const METADATA = { resourceKind: 'ConfigMap', resourceName: 'load', key: 'value', targetValue: '5' };

/** Runs `simulate` over these objects and this series in a directory of its own. */
export async function simulateFiles(
  dsos: readonly object[] | string,
  series: string,
  ...args: readonly string[]
): Promise<CliResult> {
  const directory = await mkdtemp(join(tmpdir(), 'simulate-'));
  const text = typeof dsos === 'string' ? dsos : dsos.map((dso) => `---\n${stringify(dso)}`).join('');
  await writeFile(join(directory, 'dso.yaml'), text);
  await writeFile(join(directory, 'load.csv'), series);
  return runCli(['simulate', '--file', 'dso.yaml', '--series', 'load.csv', ...args], { directory });
}
