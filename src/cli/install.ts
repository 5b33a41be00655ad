import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { customResourceDefinition } from '../api/crd.ts';
import { type Configuration, parseConfiguration } from '../config/load.ts';
import { mustAct } from '../errors.ts';
import {
  DEFAULT_NAMESPACE,
  type InstallTemplates,
  renderComponentFile,
  renderInstallation,
} from '../install/render.ts';
import type { Context } from './context.ts';
import { renderData } from './print-report.ts';
import { readVersion } from './version.ts';

interface InstallOptions {
  readonly export: string | true;
  readonly config?: string;
  readonly namespace: string;
  readonly image?: string;
  readonly withoutCrd?: boolean;
  readonly secret?: ReadonlyMap<string, readonly string[]>;
  readonly component?: readonly string[];
}

const MANIFEST = 'dso-gitops.yaml';
/** Where the configuration is in the Pod; what is relative in it is relative to this. */
const MOUNTED = '/etc/dso-gitops';
/** Where the Secret with the credentials is. */
const CREDENTIALS = '/var/run/dso-gitops/git';
const TEMPLATES = new URL('../../templates/install/', import.meta.url);
const COMPONENTS = new URL('../../templates/components/', import.meta.url);
/** What can stand beside the service, as kustomize components. */
const COMPONENT_NAMES = ['service-monitor', 'network-policy', 'alerts', 'keda'];

/** `install`: everything that the service needs in a hub cluster, as one manifest. Applies nothing itself. */
export function addInstall(program: Command, context: Context): void {
  program
    .command('install')
    .description('print what the service needs in a hub cluster, for kubectl apply or Git')
    .requiredOption('--export [directory]', 'print the manifest; with a directory, write it there with a kustomization')
    .option('-c, --config <file>', 'configuration to install (default: a starter to adapt)')
    .option('--namespace <namespace>', 'namespace of the service', DEFAULT_NAMESPACE)
    .option('--image <image>', 'image of the service (default: dso-gitops:<version>)')
    .option('--without-crd', 'leave the CustomResourceDefinition out')
    .option('--secret <namespace/name>', 'a Secret that a trigger reads; may be given again', parseSecret)
    .option(
      '--component <name>',
      `with a directory: a kustomize component beside it; may be given again (choices: ${COMPONENT_NAMES.join(', ')})`,
      parseComponent,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (options: InstallOptions) => {
      if (options.component && options.export === true)
        throw mustAct('InputInvalid', '--component is written beside the manifest: give --export a directory');
      const manifest = await render(options, context);
      if (options.export === true) context.stdout(manifest);
      else await write(resolve(context.directory, options.export), manifest, options, context);
    });
}

async function render(options: InstallOptions, context: Context): Promise<string> {
  const { text, configuration } = await readConfiguration(options, context);
  const secrets = new Map(options.secret);
  if ('secret' in configuration.members) {
    const { namespace, name } = configuration.members.secret;
    secrets.set(namespace, [...new Set([...(secrets.get(namespace) ?? []), name])]);
  }
  return renderInstallation(await loadInstallTemplates(), {
    namespace: options.namespace,
    image: options.image ?? `dso-gitops:${await readVersion()}`,
    configuration: text,
    secrets,
    crd: options.withoutCrd === true ? null : renderData(customResourceDefinition(), 'yaml'),
  });
}

async function readConfiguration(
  { config }: InstallOptions,
  context: Context,
): Promise<{ readonly text: string; readonly configuration: Configuration }> {
  const path = config === undefined ? new URL('dso-gitops.yaml', TEMPLATES) : resolve(context.directory, config);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw mustAct('ConfigurationMissing', `cannot read the configuration ${config}`, error);
  });
  const shown = config ?? basename(MANIFEST);
  const configuration = parseConfiguration(text, `${MOUNTED}/dso-gitops.yaml`, shown);
  const problems = problemsInPod(configuration);
  if (problems.length > 0)
    throw mustAct('ConfigurationInvalid', problems.map((problem) => `${shown}: ${problem}`).join('\n'));
  for (const file of filesOf(configuration).filter((one) => !one.startsWith(`${CREDENTIALS}/`)))
    context.stderr(
      `${shown}: ${file} is not mounted by this manifest; ${CREDENTIALS} is, from the Secret dso-gitops-git\n`,
    );
  return { text, configuration };
}

/** What works on a machine of a person and not in a Pod. */
function problemsInPod({ source, destinations }: Configuration): readonly string[] {
  const problems: string[] = [];
  if (source.kind === 'files') problems.push('source.files cannot be read in a Pod; expected source.kubernetes: {}');
  else if (source.kubeconfig !== null || source.context !== null)
    problems.push('source.kubernetes: there is no kubeconfig in a Pod; expected {}, the cluster that it runs in');
  for (const { name, url } of destinations)
    if (url.startsWith(`${MOUNTED}/`))
      problems.push(`repository of ${name}: a relative path is nowhere in a Pod; expected a URL`);
  return problems;
}

function filesOf({ destinations }: Configuration): readonly string[] {
  return destinations.flatMap(({ credentials, signing }) => {
    const { tokenFile, sshKeyFile, knownHostsFile, caFile } = credentials;
    const files = [tokenFile, sshKeyFile, knownHostsFile, caFile, signing?.keyFile, signing?.passphraseFile];
    return files.filter((file) => file != null);
  });
}

async function loadInstallTemplates(): Promise<InstallTemplates> {
  const read = (name: string): Promise<string> => readFile(new URL(`${name}.yaml`, TEMPLATES), 'utf8');
  return {
    namespace: await read('namespace'),
    serviceAccount: await read('service-account'),
    clusterRole: await read('cluster-role'),
    clusterRoleBinding: await read('cluster-role-binding'),
    leaseRole: await read('lease-role'),
    leaseRoleBinding: await read('lease-role-binding'),
    secretRole: await read('secret-role'),
    secretRoleBinding: await read('secret-role-binding'),
    configMap: await read('config-map'),
    deployment: await read('deployment'),
  };
}

async function write(
  directory: string,
  manifest: string,
  { component: components = [], namespace }: InstallOptions,
  context: Context,
): Promise<void> {
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [MANIFEST],
    ...(components.length > 0 && { components: components.map((name) => `components/${name}`) }),
  };
  const files = new Map([
    [MANIFEST, manifest],
    ['kustomization.yaml', stringify(kustomization)],
  ]);
  for (const name of components)
    for (const file of await readdir(new URL(`${name}/`, COMPONENTS))) {
      const text = await readFile(new URL(`${name}/${file}`, COMPONENTS), 'utf8');
      files.set(join('components', name, file), renderComponentFile(text, namespace));
    }
  for (const [file, text] of files) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), text);
    context.stdout(`${join(directory, file)}\n`);
  }
}

function parseComponent(value: string, before: readonly string[] = []): readonly string[] {
  if (COMPONENT_NAMES.includes(value)) return [...new Set([...before, value])];
  throw new InvalidArgumentError(`expected one of ${COMPONENT_NAMES.join(', ')}; found ${JSON.stringify(value)}`);
}

function parseSecret(
  value: string,
  before: ReadonlyMap<string, readonly string[]> = new Map(),
): ReadonlyMap<string, readonly string[]> {
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(value) ?? [];
  if (!namespace || !name)
    throw new InvalidArgumentError(
      `expected <namespace>/<name>, for instance shop/queue; found ${JSON.stringify(value)}`,
    );
  return new Map([...before, [namespace, [...(before.get(namespace) ?? []), name]]]);
}

const EXAMPLES = `
Examples:
  dso-gitops install --export | kubectl apply --server-side -f -
  dso-gitops install --export -c dso-gitops.yaml --image registry.example.com/dso-gitops:1.0.0
  dso-gitops install --export hub/dso-gitops      write it for Argo CD or Flux
  dso-gitops install --export --secret shop/queue let triggers in shop read the Secret queue
`;
