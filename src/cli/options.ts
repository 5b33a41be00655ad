import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Ansis } from 'ansis';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { mustAct } from '../errors.ts';
import type { GivenMetric } from '../sources/given-metrics.ts';
import type { Context } from './context.ts';
import type { ClusterOptions } from './open-hub.ts';
import { FORMATS, type Format } from './print-report.ts';

export const CONFIG_FILE = 'dso-gitops.yaml';

/** Options of every command that is about some DSOs. */
export interface SelectionOptions {
  readonly config: string;
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
}

/** Options of every command that reads a hub. */
export interface HubOptions extends ClusterOptions, SelectionOptions {}

/** Adds `--kubeconfig` and `--context`. */
export function withClusterOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig of the hub, for source.kubernetes')
    .option('--context <name>', 'context of the kubeconfig');
}

/** Adds `--config`, `-n`, `-A` and the cluster's options. */
export function withHubOptions(command: Command): Command {
  return withSelection(withClusterOptions(command));
}

/** Adds `--config`. */
export function withConfiguration(command: Command): Command {
  return command.option('-c, --config <file>', 'configuration file', CONFIG_FILE);
}

/** Adds `--config`, `-n` and `-A`. */
export function withSelection(command: Command): Command {
  return withConfiguration(command)
    .option('-n, --namespace <namespace>', 'only DistributedScaledObjects of this namespace')
    .option('-A, --all-namespaces', 'of all namespaces (the default)');
}

/** Adds `--set-metric`. */
export function withMetrics(command: Command): Command {
  return command.option(
    '--set-metric <namespace/configmap:key=value>',
    'take this as the value of a ConfigMap key, whatever the source holds',
    parseMetric,
  );
}

/** Adds `-o`. */
export function withOutput(command: Command, formats: readonly string[] = FORMATS): Command {
  return command.addOption(new Option('-o, --output <format>', 'how to print').choices([...formats]).default('table'));
}

/** Checks what commander took as a format. */
export function formatOf(output: string): Format {
  return FORMATS.find((format) => format === output) ?? 'table';
}

/** Colours where the terminal shows them; NO_COLOR and FORCE_COLOR decide first. */
export function colorOf(context: Context, isTerminal: boolean): Ansis {
  const { NO_COLOR: no, FORCE_COLOR: force } = context.environment;
  if (no) return new Ansis(0);
  return new Ansis(force || isTerminal ? 1 : 0);
}

/** `namespace/name` of what a person names. */
export function keyOf(name: string, { namespace }: Pick<HubOptions, 'namespace'>): string {
  return name.includes('/') ? name : `${namespace ?? 'default'}/${name}`;
}

/** Whether a part of the DSOs is meant, and not all of them. */
export function isSelective({ namespace, allNamespaces }: SelectionOptions, name?: string): boolean {
  return name !== undefined || (!allNamespaces && namespace !== undefined);
}

/** Which DSOs a command is about. */
export function selectionOf(options: SelectionOptions, name?: string): (key: string) => boolean {
  const { namespace } = options;
  if (name !== undefined) {
    const key = keyOf(name, options);
    return (candidate) => candidate === key;
  }
  if (!isSelective(options)) return () => true;
  return (key) => key.startsWith(`${namespace}/`);
}

/** The configuration's path, or an error that shows a complete starter. */
export async function requireConfiguration(path: string, context: Context): Promise<string> {
  const file = resolve(context.directory, path);
  if (existsSync(file)) return file;
  const starter = await readFile(new URL('../../templates/quickstart/dso-gitops.yaml', import.meta.url), 'utf8');
  const message = `there is no configuration ${path}. Save this as ${path} and adapt it (or see it at work first: dso-gitops quickstart):\n\n${starter}`;
  throw mustAct('ConfigurationMissing', message);
}

/** `<namespace>/<name>` as often as given. */
export function parseApproval(value: string, before: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  if (/^[^/=\s]+\/[^/=\s]+$/.test(value)) return new Set([...before, value]);
  throw new InvalidArgumentError(
    `expected <namespace>/<name>, for instance default/web; found ${JSON.stringify(value)}`,
  );
}

/** `<namespace>/<configmap>:<key>=<value>` as often as given. */
export function parseMetric(value: string, before: readonly GivenMetric[] = []): readonly GivenMetric[] {
  const [, namespace, name, key, text] =
    /^([^/:=\s]+)\/([^/:=\s]+):([-._a-zA-Z0-9]+)=(.{1,100000})$/s.exec(value) ?? [];
  if (namespace && name && key && text) return [...before, { namespace, name, key, value: text }];
  throw new InvalidArgumentError(
    `expected <namespace>/<configmap>:<key>=<value>, for instance default/dso-mock-metric:metric-value=20; found ${JSON.stringify(value)}`,
  );
}

/** `<namespace>/<name>=<total>` as often as given. */
export function parseAdoption(
  value: string,
  before: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, number> {
  const match = /^([^/=\s]+\/[^/=\s]+)=(\d{1,10})$/.exec(value);
  const total = Number(match?.[2]);
  if (!match?.[1] || total > 2_147_483_647) {
    throw new InvalidArgumentError(
      `expected <namespace>/<name>=<total>, for instance default/web=12; found ${JSON.stringify(value)}`,
    );
  }
  return new Map([...before, [match[1], total]]);
}
