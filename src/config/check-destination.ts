import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../api/problem.ts';
import { checkAccess } from './check-access.ts';
import { loadForge } from './load-forge.ts';
import { isProposing, loadPolicy } from './load-policy.ts';
import { urlOf } from './paths.ts';
import type { DestinationFile } from './schema.ts';

/** What of a destination cannot be, beyond its form. */
export function checkDestination(destination: DestinationFile): readonly Problem[] {
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
  const policy = loadPolicy(destination.delivery, Date.now());
  problems.push(...policy.problems.map((problem) => ({ ...problem, path: ['delivery', ...problem.path] })));
  problems.push(...loadForge(destination, isProposing(policy.policy), '/').problems);
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

/** What of several destinations does not go together. */
export function checkTogether(destinations: readonly (DestinationFile | null)[], base: string): readonly Problem[] {
  return [
    ...overlappingRoots(destinations, base),
    ...differingWriters(destinations, base),
    ...repeatedNames(destinations),
  ];
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

/** How a branch is read and written: what changed below all of its roots is one commit. */
const OF_BRANCH = [
  'createBranch',
  'partialClone',
  'author',
  'credentials',
  'signing',
  'proxy',
  'pacing',
  'write',
  'github',
  'pullRequests',
] as const;

function differingWriters(destinations: readonly (DestinationFile | null)[], base: string): readonly Problem[] {
  return destinations.flatMap((destination, index) => {
    const first = destinations.findIndex((other) => other && destination && isSameBranch(other, destination, base));
    const other = destinations[first];
    if (!destination || !other || first === index) return [];
    const field = OF_BRANCH.find((one) => !isDeepStrictEqual(destination[one], other[one]));
    if (field === undefined) return [];
    const message = `expected the same as destinations[${first}] has: both are in one branch, and share its commits`;
    return [{ path: ['destinations', index, field], message }];
  });
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
