import type { Dso, DsoMember } from '../api/effective.ts';
import { didYouMean } from '../api/problem.ts';
import { joinApiVersion, type ScaleTarget } from '../api/target.ts';
import type { Configuration, Destination } from '../config/load.ts';
import { overlayPath, recordPath } from '../manifests/layout.ts';
import type { PlacedMember, Verdict } from './decision.ts';

/** A DSO with a destination for every member. */
export interface PlacedDso {
  readonly dso: Dso;
  readonly members: readonly (PlacedMember & { readonly destination: Destination })[];
  /** Of the overlay of each of them: kept, because it is asked for all the time, and equal texts are compared letter by letter. */
  readonly paths: readonly string[];
  /** Holds the state and the record. */
  readonly home: Destination;
  /** JSON pointer of the count in the workload. */
  readonly replicasPath: string;
}

/** The destination of a DSO that has an id; home where none of its members goes there. */
export function destinationAt({ members, home }: Pick<PlacedDso, 'members' | 'home'>, id: string): Destination {
  if (home.id === id) return home;
  return members.find(({ destination }) => destination.id === id)?.destination ?? home;
}

/** Path of a DSO's record in a destination. */
export function recordPathAt(placed: PlacedDso, id: string): string {
  return recordPath(destinationAt(placed, id).root, placed.dso.namespace, placed.dso.name);
}

/** Lists of members by what is in them: many DSOs of a fleet have the same one. */
export type SharedMembers = Map<string, PlacedDso['members']>;

const BUILT_IN = new Set(['apps/v1 Deployment', 'apps/v1 StatefulSet', 'apps/v1 ReplicaSet']);

/**
 * Finds a destination for every member, or says why the DSO cannot be served.
 *
 * @param shared lists that were found before; what is new is added
 */
export function place(
  dso: Dso,
  knownMembers: readonly string[],
  configuration: Pick<Configuration, 'destinations' | 'workloads' | 'members'>,
  shared: SharedMembers,
): PlacedDso | Verdict {
  const replicasPath = replicasPathOf(dso.target, configuration.workloads);
  if (replicasPath === null) return unknownKind(dso.target);
  if (knownMembers.length === 0) return noMembers(configuration.members);
  const members = dso.members ?? knownMembers.map((name) => memberOf(name, dso));
  const unknown = members.filter(({ name }) => !knownMembers.includes(name));
  if (unknown.length > 0) return unknownMembers(unknown, knownMembers);
  const placed: (PlacedMember & { readonly destination: Destination })[] = [];
  for (const member of members) {
    const destination = configuration.destinations.find((candidate) => isMatch(candidate, dso, member.name));
    if (!destination) return noDestination(dso, member.name);
    placed.push({ ...member, destination });
  }
  const home = configuration.destinations.find(({ id }) => placed.some(({ destination }) => destination.id === id));
  if (!home) return noMembers(configuration.members);
  const alike = JSON.stringify(placed.map(({ destination, ...member }) => [destination.id, member]));
  const known = shared.get(alike) ?? placed;
  shared.set(alike, known);
  const paths = known.map(({ name, destination }) => overlayPath(destination, { ...dso, member: name }));
  return { dso, members: known, paths, home, replicasPath };
}

function noMembers(members: Configuration['members']): Verdict {
  const advice =
    'directories' in members
      ? `there is no directory below ${members.directories} in the first destination`
      : 'secret' in members
        ? `Secret ${members.secret.namespace}/${members.secret.name} is not there, or has no key <name>-cluster.kubeconfig`
        : 'list them under members in the configuration';
  return { kind: 'stalled', reason: 'NoMembers', message: `no member is known; ${advice}` };
}

/** JSON pointer of the count in a workload; null: it is not known. */
export function replicasPathOf(target: ScaleTarget, workloads: Configuration['workloads']): string | null {
  const apiVersion = joinApiVersion(target);
  const configured = workloads.find((workload) => workload.apiVersion === apiVersion && workload.kind === target.kind);
  if (configured) return configured.replicasPath;
  return BUILT_IN.has(`${apiVersion} ${target.kind}`) ? '/spec/replicas' : null;
}

function unknownKind(target: ScaleTarget): Verdict {
  const message = `it is not known where ${joinApiVersion(target)} ${target.kind} keeps its replicas; add it to workloads in the configuration with its replicasPath, for instance /spec/replicas`;
  return { kind: 'stalled', reason: 'UnknownKind', message };
}

function memberOf(name: string, dso: Dso): DsoMember {
  return { name, weight: 1, targetNamespace: dso.namespace, min: 0, max: null, priority: 0 };
}

function unknownMembers(unknown: readonly DsoMember[], known: readonly string[]): Verdict {
  const parts = unknown.map(({ name }) => {
    const meant = didYouMean(name, known);
    return meant ? `${JSON.stringify(name)} (did you mean ${JSON.stringify(meant)}?)` : JSON.stringify(name);
  });
  const message = `unknown member ${parts.join(', ')}; known: ${known.join(', ') || 'none'}; correct spec.memberClusters or add it to members in the configuration`;
  return { kind: 'stalled', reason: 'UnknownMember', message };
}

function noDestination(dso: Dso, member: string): Verdict {
  const message = `no destination of the configuration matches namespace ${dso.namespace}, its labels and member ${member}; add one, or widen a match`;
  return { kind: 'stalled', reason: 'NoDestination', message };
}

function isMatch({ match }: Destination, dso: Dso, member: string): boolean {
  if (match.namespaces && !match.namespaces.includes(dso.namespace)) return false;
  if (match.members && !match.members.includes(member)) return false;
  return Object.entries(match.labels).every(([key, value]) => dso.labels[key] === value);
}
