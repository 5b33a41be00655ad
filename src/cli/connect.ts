import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Configuration, loadConfiguration } from '../config/load.ts';
import { loadTemplates } from '../config/load-templates.ts';
import { secretSources } from '../config/secret-sources.ts';
import type { GitHubAccounts } from '../forge/github/accounts.ts';
import { Engine } from '../reconcile/engine.ts';
import type { OpenForge } from '../reconcile/proposer.ts';
import { Mirror } from '../repository/mirror.ts';
import { readSecret } from '../repository/read-secret.ts';
import { type GivenMetric, withGivenMetrics } from '../sources/given-metrics.ts';
import type { Hub } from '../sources/hub.ts';
import type { Context } from './context.ts';
import { hostOf } from './host-of.ts';
import { type ClusterOptions, type OpenHub, openHub } from './open-hub.ts';
import { readVersion } from './version.ts';

/** The engine of a configuration file, with its hub and real repositories. */
export interface Connected {
  readonly configuration: Configuration;
  readonly open: OpenHub;
  readonly engine: Engine;
}

const NO_HUB: Hub = {
  keepsState: true,
  read: () => Promise.reject(new Error('this command does not read the hub')),
};

/** Reads the configuration and builds what it describes. */
export async function connect(
  configPath: string,
  options: ClusterOptions,
  isOnce: boolean,
  context: Context,
  metrics: readonly GivenMetric[] = [],
): Promise<Connected> {
  return connectAs(await configurationOf(configPath, context), options, isOnce, context, metrics);
}

/** Builds what a configuration describes. */
export async function connectAs(
  configuration: Configuration,
  options: ClusterOptions,
  isOnce: boolean,
  context: Context,
  metrics: readonly GivenMetric[] = [],
): Promise<Connected> {
  const found = await openHub(configuration, options, isOnce, context);
  const open = { ...found, hub: withGivenMetrics(found.hub, metrics) };
  return { configuration, open, engine: await engineOf(configuration, open.hub, context) };
}

/**
 * The same without the hub: what only reads the past needs nothing but Git, and no cluster that answers.
 *
 * @param change what is read instead of what the file says
 */
export async function connectToGit(
  configPath: string,
  context: Context,
  change: (configuration: Configuration) => Configuration = (configuration) => configuration,
): Promise<Omit<Connected, 'open'>> {
  const configuration = change(await configurationOf(configPath, context));
  return { configuration, engine: await engineOf(configuration, NO_HUB, context) };
}

/** A configuration, and nothing that it names is shown where the output goes. */
export async function configurationOf(path: string, context: Context): Promise<Configuration> {
  const configuration = await loadConfiguration(resolve(context.directory, path), context.token);
  const { mask, environment } = context;
  for (const source of mask ? secretSources(configuration) : []) {
    // One that is not there is told of where it is needed.
    const secret = await readSecret(source, 'secret', environment).catch(() => null);
    if (secret !== null) mask?.(secret);
  }
  return configuration;
}

/** The engine of a configuration. */
export async function engineOf(configuration: Configuration, hub: Hub, context: Context): Promise<Engine> {
  const cacheDirectory = cacheOf(context.environment);
  const openForge = forges(context);
  return new Engine({
    configuration,
    hub,
    templates: await loadTemplates(configuration.templates),
    open: async (branch, isRenewed) => {
      const host = hostOf(branch, openForge);
      const { environment: parentEnvironment, beforeCall, writer } = context;
      const guard = { ...(beforeCall && { beforeCall }), ...(writer !== undefined && { writer }) };
      const settings = { ...branch, host, cacheDirectory, parentEnvironment, ...guard };
      if (isRenewed) await Mirror.discard(settings);
      return Mirror.open(settings, context.signal);
    },
    openForge,
    writtenBy: `dso-gitops ${await readVersion()} of ${configuration.owner}`,
  });
}

/** Opens forges; the library is loaded for the first one. */
export function forges({ environment, signal, now, beforeCall }: Context): OpenForge {
  let accounts: Promise<GitHubAccounts> | null = null;
  return async ({ github, repository }) => {
    accounts ??= import('../forge/github/accounts.ts').then(
      ({ GitHubAccounts }) => new GitHubAccounts({ environment, signal, now, ...(beforeCall && { beforeCall }) }),
    );
    return (await accounts).forge(github, repository);
  };
}

/** DSO_GITOPS_CACHE, or the user's cache directory. */
function cacheOf(environment: NodeJS.ProcessEnv): string {
  const own = environment['DSO_GITOPS_CACHE'];
  if (own) return resolve(own);
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'dso-gitops');
}
