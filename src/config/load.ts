import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseYamlFile } from '../api/document.ts';
import { parseDuration } from '../api/duration.ts';
import type { DemandSettings } from '../api/effective.ts';
import { formatProblem, type LocatedProblem, type Problem, problemsOf } from '../api/problem.ts';
import type { Policy } from '../delivery/policy.ts';
import { HPA_RAMP } from '../demand/limits.ts';
import { messageOf, mustAct } from '../errors.ts';
import type { LayoutSettings } from '../manifests/layout.ts';
import type { CredentialSource } from '../repository/environment.ts';
import type { SigningSource } from '../repository/sign.ts';
import { checkDestination, checkTogether } from './check-destination.ts';
import { checkMembers } from './check-members.ts';
import { type ForgeSettings, loadForge } from './load-forge.ts';
import { isProposing, loadPolicy } from './load-policy.ts';
import { loadPullRequests, type PullRequestSettings } from './load-pull-requests.ts';
import { absolute, urlOf } from './paths.ts';
import { ConfigurationFile, type DestinationFile, Destination as DestinationSchema } from './schema.ts';
import { type TokenFallback, withFallback } from './token-fallback.ts';

/** A destination, checked and with absolute paths. */
export interface Destination extends LayoutSettings {
  /** Unique: what decisions call it. */
  readonly id: string;
  readonly name: string;
  readonly match: {
    readonly namespaces: readonly string[] | null;
    readonly labels: Readonly<Record<string, string>>;
    readonly members: readonly string[] | null;
  };
  readonly url: string;
  readonly branch: string;
  readonly isBranchCreated: boolean;
  readonly isPartial: boolean;
  /** null: the bot of an App that acts, else the product. */
  readonly author: { readonly name: string; readonly email: string } | null;
  readonly credentials: CredentialSource;
  /** null: commits are not signed. */
  readonly signing: SigningSource | null;
  readonly minIntervalMs: number;
  /** Whether commits are pushed by Git, or made by the API of the host. */
  readonly write: 'git' | 'api';
  /** The API of its host; null: it is not used. */
  readonly forge: ForgeSettings | null;
  /** What may be pushed at once, and what waits. */
  readonly policy: Policy;
  /** How what a rule proposes becomes pull requests; null: nothing is proposed. */
  readonly pullRequests: PullRequestSettings | null;
}

/** Where DSOs come from. */
export type Source =
  /** Patterns relative to `base`. */
  | { readonly kind: 'files'; readonly patterns: readonly string[] }
  /** `kubeconfig` is an absolute path; null: found as kubectl does. */
  | { readonly kind: 'kubernetes'; readonly kubeconfig: string | null; readonly context: string | null };

/** Names, the directory in the first destination whose subdirectories are the names, or the Secret whose keys are. */
export type Members =
  | readonly string[]
  | { readonly directories: string }
  | { readonly secret: { readonly namespace: string; readonly name: string } };

/** The configuration, checked and with defaults. */
export interface Configuration {
  /** Absolute path of the file. */
  readonly file: string;
  readonly owner: string;
  readonly source: Source;
  /** Absolute directory of the file. */
  readonly base: string;
  readonly members: Members;
  readonly destinations: readonly Destination[];
  /** Absolute directory with texts of messages; null: the built-in ones. */
  readonly templates: string | null;
  readonly firstSight: 'wait' | 'write';
  readonly demand: DemandSettings;
  readonly workloads: readonly { readonly apiVersion: string; readonly kind: string; readonly replicasPath: string }[];
}

/**
 * Reads and checks the configuration.
 *
 * @param fallback what destinations are reached with that name nothing
 * @throws ProductError kind `act` that lists every problem with file:line
 */
export async function loadConfiguration(path: string, fallback: TokenFallback | null = null): Promise<Configuration> {
  const file = resolve(path);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw mustAct('ConfigurationMissing', `cannot read the configuration ${path}: ${messageOf(error)}`, error);
  });
  return parseConfiguration(text, file, path, fallback);
}

/** The same from its text. */
export function parseConfiguration(
  text: string,
  file: string,
  shown: string = file,
  fallback: TokenFallback | null = null,
): Configuration {
  const { documents, problems } = parseYamlFile(text, shown);
  const [document, extra] = documents;
  if (problems.length > 0) throw invalid(problems);
  if (!document || extra) {
    const message = `expected one YAML document of kind Configuration; found ${documents.length}`;
    throw invalid([extra ? extra.locate({ path: [], message }) : { where: `${shown}:1`, path: [], message }]);
  }
  const parsed = ConfigurationFile.safeParse(document.value);
  const destinations = readableDestinations(document.value).map((one) => one && withFallback(one, fallback));
  const found: readonly Problem[] = [
    ...(parsed.success ? [] : problemsOf(parsed.error, document.value, ConfigurationFile)),
    ...destinations.flatMap((destination, index) =>
      (destination ? checkDestination(destination) : []).map((problem) => ({
        ...problem,
        path: ['destinations', index, ...problem.path],
      })),
    ),
    ...checkTogether(destinations, dirname(file)),
    ...(parsed.success ? [...checkSource(parsed.data), ...checkMembers(parsed.data)] : []),
  ];
  if (!parsed.success || found.length > 0) throw invalid(found.map((problem) => document.locate(problem)));
  return assemble({ ...parsed.data, destinations: destinations.flatMap((one) => one ?? []) }, file);
}

/** Destinations that can be checked further, whatever else is wrong with the file; null: one that cannot. */
function readableDestinations(value: unknown): readonly (DestinationFile | null)[] {
  const list: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'destinations') : [];
  return Array.isArray(list) ? list.map((item) => DestinationSchema.safeParse(item).data ?? null) : [];
}

function invalid(problems: readonly LocatedProblem[]): Error {
  return mustAct('ConfigurationInvalid', problems.map(formatProblem).join('\n'));
}

function checkSource({ source, members }: ConfigurationFile): readonly Problem[] {
  const kinds = Object.keys(source);
  if (kinds.length !== 1) {
    const message = `expected files or kubernetes; found ${kinds.length === 0 ? 'nothing' : 'both'}`;
    return [{ path: ['source'], message }];
  }
  if (source.kubernetes || Array.isArray(members) || !('secret' in members)) return [];
  return [{ path: ['members', 'secret'], message: 'needs source.kubernetes: a Secret is in a hub cluster' }];
}

function sourceOf({ source }: ConfigurationFile, base: string): Source {
  if (source.files) return { kind: 'files', patterns: source.files };
  const { kubeconfig, context } = source.kubernetes ?? {};
  return { kind: 'kubernetes', kubeconfig: kubeconfig ? absolute(kubeconfig, base) : null, context: context ?? null };
}

function assemble(parsed: ConfigurationFile, file: string): Configuration {
  const base = dirname(file);
  return {
    file,
    base,
    owner: parsed.owner,
    source: sourceOf(parsed, base),
    members: parsed.members,
    destinations: parsed.destinations.map((destination, index) => toDestination(destination, index, base)),
    templates: parsed.templates === undefined ? null : absolute(parsed.templates, base),
    firstSight: parsed.firstSight,
    demand: {
      ramp: parsed.demand.rampUp === 'hpa' ? HPA_RAMP : null,
      tolerance: { up: parsed.demand.tolerance, down: parsed.demand.tolerance },
    },
    workloads: parsed.workloads,
  };
}

function toDestination(destination: DestinationFile, index: number, base: string): Destination {
  const { repository, branch, root, credentials, signing, match } = destination;
  const url = urlOf(repository, base);
  const path = (name: string | undefined): string | null => (name === undefined ? null : absolute(name, base));
  const { policy } = loadPolicy(destination.delivery, Date.now());
  return {
    id: createHash('sha256').update(`${url}\0${branch}\0${root}`).digest('hex').slice(0, 12),
    name: destination.name ?? `destinations[${index}]`,
    match: { namespaces: match?.namespaces ?? null, labels: match?.labels ?? {}, members: match?.members ?? null },
    url,
    branch,
    isBranchCreated: destination.createBranch,
    isPartial: destination.partialClone,
    root,
    path: destination.path,
    layout: destination.layout,
    helmValuesKey: destination.helmValuesKey,
    author: destination.author ?? null,
    credentials: {
      username: credentials?.username ?? 'x-access-token',
      tokenEnvironment: credentials?.tokenEnvironment ?? null,
      tokenFile: path(credentials?.tokenFile),
      sshKeyFile: path(credentials?.sshKeyFile),
      knownHostsFile: path(credentials?.knownHostsFile),
      caFile: path(credentials?.caFile),
      proxy: destination.proxy ?? null,
    },
    signing: signing
      ? {
          format: signing.format,
          keyFile: absolute(signing.keyFile, base),
          passphraseEnvironment: signing.passphraseEnvironment ?? null,
          passphraseFile: path(signing.passphraseFile),
        }
      : null,
    minIntervalMs: parseDuration(destination.pacing.minInterval) ?? 10_000,
    write: destination.write,
    forge: loadForge(destination, isProposing(policy), base).settings,
    policy,
    pullRequests: loadPullRequests(destination, isProposing(policy)),
  };
}
