import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseYamlFile } from '../api/document.ts';
import { parseDuration } from '../api/duration.ts';
import type { DemandSettings } from '../api/effective.ts';
import { formatProblem, type LocatedProblem, type Problem, problemsOf } from '../api/problem.ts';
import { HPA_RAMP } from '../demand/limits.ts';
import { messageOf, mustAct } from '../errors.ts';
import type { LayoutSettings } from '../manifests/layout.ts';
import type { CredentialSource } from '../repository/environment.ts';
import { isSsh } from '../repository/environment.ts';
import type { SigningSource } from '../repository/sign.ts';
import { checkAccess } from './check-access.ts';
import { ConfigurationFile, type DestinationFile, Destination as DestinationSchema } from './schema.ts';

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
  readonly author: { readonly name: string; readonly email: string };
  readonly credentials: CredentialSource;
  /** null: commits are not signed. */
  readonly signing: SigningSource | null;
  readonly minIntervalMs: number;
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
  readonly firstSight: 'wait' | 'write';
  readonly demand: DemandSettings;
  readonly workloads: readonly { readonly apiVersion: string; readonly kind: string; readonly replicasPath: string }[];
}

/**
 * Reads and checks the configuration.
 *
 * @throws ProductError kind `act` that lists every problem with file:line
 */
export async function loadConfiguration(path: string): Promise<Configuration> {
  const file = resolve(path);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw mustAct('ConfigurationMissing', `cannot read the configuration ${path}: ${messageOf(error)}`, error);
  });
  return parseConfiguration(text, file, path);
}

/** The same from its text. */
export function parseConfiguration(text: string, file: string, shown: string = file): Configuration {
  const { documents, problems } = parseYamlFile(text, shown);
  const [document, extra] = documents;
  if (problems.length > 0) throw invalid(problems);
  if (!document || extra) {
    const message = `expected one YAML document of kind Configuration; found ${documents.length}`;
    throw invalid([extra ? extra.locate({ path: [], message }) : { where: `${shown}:1`, path: [], message }]);
  }
  const parsed = ConfigurationFile.safeParse(document.value);
  const destinations = readableDestinations(document.value);
  const found: readonly Problem[] = [
    ...(parsed.success ? [] : problemsOf(parsed.error, document.value, ConfigurationFile)),
    ...destinations.flatMap((destination, index) =>
      (destination ? checkDestination(destination) : []).map((problem) => ({
        ...problem,
        path: ['destinations', index, ...problem.path],
      })),
    ),
    ...overlappingRoots(destinations, dirname(file)),
    ...repeatedNames(destinations),
    ...(parsed.success ? checkSource(parsed.data) : []),
  ];
  if (!parsed.success || found.length > 0) throw invalid(found.map((problem) => document.locate(problem)));
  return assemble(parsed.data, file);
}

/** Destinations that can be checked further, whatever else is wrong with the file; null: one that cannot. */
function readableDestinations(value: unknown): readonly (DestinationFile | null)[] {
  const list: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'destinations') : [];
  return Array.isArray(list) ? list.map((item) => DestinationSchema.safeParse(item).data ?? null) : [];
}

function invalid(problems: readonly LocatedProblem[]): Error {
  return mustAct('ConfigurationInvalid', problems.map(formatProblem).join('\n'));
}

function checkDestination(destination: DestinationFile): readonly Problem[] {
  const problems: Problem[] = [];
  const { repository: url, path } = destination;
  if (/^[a-z]+:\/\/[^/]*@/i.test(url) && !url.startsWith('ssh://')) {
    problems.push({
      path: ['repository'],
      message: 'expected a URL without user name and password; put them into credentials',
    });
  }
  if (/^ssh:\/\/[^/@]*:[^/@]*@/.test(url)) {
    problems.push({ path: ['repository'], message: 'expected a URL without a password; use credentials.sshKeyFile' });
  }
  if (
    /^-|^[\w+.-]*::|[\s\p{Cc}\p{Cf}]/u.test(url) ||
    (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) && !/^(https?|ssh|file):\/\//.test(url))
  ) {
    problems.push({
      path: ['repository'],
      message: `expected https, ssh, http, file or a path; found ${JSON.stringify(withoutPassword(url))}`,
    });
  }
  problems.push(...checkAccess(destination));
  const places = [...path.matchAll(/\{([^}]*)\}?/g)].map(([, name]) => name ?? '');
  for (const place of ['member', 'namespace', 'name']) {
    if (!places.includes(place))
      problems.push({ path: ['path'], message: `expected {${place}} in it; found ${JSON.stringify(path)}` });
  }
  for (const place of places) {
    if (!['member', 'namespace', 'name'].includes(place)) {
      problems.push({ path: ['path'], message: `unknown place {${place}}; known: {member}, {namespace}, {name}` });
    }
  }
  if (/[{}]/.test(path.replaceAll(/\{[^{}]*\}/g, ''))) {
    problems.push({ path: ['path'], message: `expected every { with its }; found ${JSON.stringify(path)}` });
  }
  const crowded = path.split('/').find((segment) => (segment.match(/\{/g) ?? []).length > 1);
  if (crowded !== undefined) {
    const message = `expected at most one place in each segment, or a-b and c would meet a and b-c; found ${JSON.stringify(crowded)}`;
    problems.push({ path: ['path'], message });
  }
  const [first = ''] = path.split('/');
  if (/^(decisions|holds)$/i.test(first)) {
    problems.push({
      path: ['path'],
      message: `expected another first segment: ${first} is where dso-gitops keeps its own files`,
    });
  }
  if (/[{}]/.test(destination.root)) {
    problems.push({
      path: ['root'],
      message: `expected a path without places; found ${JSON.stringify(destination.root)}`,
    });
  }
  return problems;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/.*@/, '//***@');
}

/** Two destinations with one root, or one root below the other, would overwrite each other's files. */
function overlappingRoots(destinations: readonly (DestinationFile | null)[], base: string): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [index, destination] of destinations.entries()) {
    const earlier = destinations.slice(0, index).findIndex((other) => {
      return other && destination && isSameBranch(other, destination, base) && isNested(other.root, destination.root);
    });
    if (earlier < 0) continue;
    const found = JSON.stringify(destination?.root);
    const message = `expected a root apart from that of destinations[${earlier}] in the same repository and branch; found ${found}`;
    problems.push({ path: ['destinations', index, 'root'], message });
  }
  return problems;
}

/** What waits is listed by the name of its destination. */
function repeatedNames(destinations: readonly (DestinationFile | null)[]): readonly Problem[] {
  return destinations.flatMap((destination, index) => {
    const name = destination?.name;
    const earlier = destinations.slice(0, index).findIndex((other) => name !== undefined && other?.name === name);
    if (earlier < 0) return [];
    const message = `expected another name than that of destinations[${earlier}]; found ${JSON.stringify(name)}`;
    return [{ path: ['destinations', index, 'name'], message }];
  });
}

function isSameBranch(one: DestinationFile, other: DestinationFile, base: string): boolean {
  return one.branch === other.branch && urlOf(one.repository, base) === urlOf(other.repository, base);
}

function isNested(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

function urlOf(repository: string, base: string): string {
  return /^[a-z]+:\/\//.test(repository) || isSsh(repository) ? repository : absolute(repository, base);
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
    author: destination.author,
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
  };
}

function absolute(path: string, base: string): string {
  const expanded = path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
  return resolve(base, expanded);
}
