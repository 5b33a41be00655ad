import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fill } from '../manifests/template.ts';
import { gitEnvironment, NO_CREDENTIALS } from '../repository/environment.ts';
import { importStream } from '../repository/fast-import.ts';
import { gitIn } from '../repository/git.ts';

/** A hub made of files and a bare repository with an application, as the guide has them. */
export interface Demo {
  readonly directory: string;
  readonly configFile: string;
  readonly repository: string;
  readonly configMapFile: string;
}

const MEMBERS = ['member-1', 'member-2'];

/** Makes the guide's objects as files and a bare repository with the application, wired for the overlays. */
export async function makeDemo(directory: string, now: number, signal: AbortSignal): Promise<Demo> {
  const read = (name: string): Promise<string> =>
    readFile(new URL(`../../templates/quickstart/${name}`, import.meta.url), 'utf8');
  await mkdir(join(directory, 'hub'), { recursive: true });
  const configFile = join(directory, 'dso-gitops.yaml');
  const configMapFile = join(directory, 'hub', 'configmap.yaml');
  await writeFile(configFile, `${await read('dso-gitops.yaml')}\n${await read('first-sight.yaml')}`);
  await writeFile(join(directory, 'hub', 'dso.yaml'), await read('dso.yaml'));
  await writeFile(configMapFile, await read('configmap.yaml'));
  const memberFile = await read('member-kustomization.yaml');
  const files = new Map([
    ['base/deployment.yaml', await read('deployment.yaml')],
    ['base/kustomization.yaml', await read('base-kustomization.yaml')],
    ...MEMBERS.map((member): [string, string] => [
      `clusters/${member}/kustomization.yaml`,
      fill(memberFile, { member }),
    ]),
  ]);
  const repository = join(directory, 'fleet.git');
  await makeRepository(repository, files, now, signal);
  return { directory, configFile, repository, configMapFile };
}

async function makeRepository(
  directory: string,
  files: ReadonlyMap<string, string>,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(directory);
  const git = gitIn(directory, () => gitEnvironment(directory, NO_CREDENTIALS, directory, process.env), signal);
  await git.run(['init', '--quiet', '--bare', '--initial-branch=main', '.'], 'making the repository');
  const author = { name: 'platform team', email: 'platform@example.com' };
  const message = 'dso-demo-app on two clusters\n';
  const commit = { ref: 'refs/heads/main', parent: null, tree: null, author, time: now, message, files };
  await git.feed(
    ['fast-import', '--quiet', '--done', '--date-format=raw'],
    importStream([commit]),
    'making the repository',
  );
}

/** Sets the guide's metric, as `kubectl patch` does in a hub. */
export async function setMetric(demo: Demo, value: string): Promise<void> {
  const text = await readFile(demo.configMapFile, 'utf8');
  await writeFile(demo.configMapFile, text.replace(/metric-value: .*/, `metric-value: ${JSON.stringify(value)}`));
}
