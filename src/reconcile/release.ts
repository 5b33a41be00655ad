import type { Configuration, Destination } from '../config/load.ts';
import { mustAct } from '../errors.ts';
import { layoutOf, memberOf, overlayPath, parseOverlay, recordPath } from '../manifests/layout.ts';
import { type DecisionRecord, parseRecord } from '../manifests/record.ts';
import { setsNothing } from '../manifests/sets-nothing.ts';
import type { Templates } from '../manifests/template.ts';
import type { Branch } from './branch.ts';
import type { Composition } from './compose.ts';
import { commitOf, type Found, filesOf, read, settingsAt } from './compose-release.ts';
import { type Connections, recover } from './connections.ts';
import type { PersonsWord } from './decision.ts';
import { type DestinationOutcome, untouched } from './outcome.ts';
import { ENDLESS } from './patience.ts';
import type { Repository } from './repository.ts';
import { MAX_ATTEMPTS } from './retry.ts';

/** What is released, by whom, and how. */
export interface ReleaseRequest {
  readonly namespace: string;
  readonly name: string;
  readonly word: PersonsWord;
  /** Remove the overlays instead of leaving them without a count. */
  readonly isDeleted: boolean;
  /** `plan` writes nothing. */
  readonly mode: 'plan' | 'apply';
  /** Where the marker goes that keeps a DSO from being taken over again at once; null: it is not in the hub any more. */
  readonly marked: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** One member that is on its own from then on. */
export interface ReleasedMember {
  readonly name: string;
  readonly destination: string;
  readonly path: string;
  /** What its overlay sets until then; null: nothing, or nothing that can be read. */
  readonly count: number | null;
  /** For people, for instance `Deployment shop/web`. */
  readonly workload: string;
}

/** What a release came to. */
export interface Released {
  readonly members: readonly ReleasedMember[];
  readonly destinations: readonly DestinationOutcome[];
}

/** What is needed to release. */
export interface ReleaseParts {
  readonly configuration: Configuration;
  readonly connections: Connections;
  readonly templates: Templates;
}

/**
 * Gives the members of one DSO back, from tips that were just learnt: overlays without a count, or none, and no record any
 * more. Home comes first: its marker keeps a service from writing again what is not released yet.
 *
 * @throws ProductError when a destination cannot be read, or nothing was ever decided for the DSO
 */
export async function release(request: ReleaseRequest, parts: ReleaseParts, signal: AbortSignal): Promise<Released> {
  const { branches } = parts.connections;
  // What is released at home is not found again: all of it can be read, or nothing is written.
  for (const branch of branches) repositoryOf(branch);
  const all = { members: [] as ReleasedMember[], destinations: [] as DestinationOutcome[] };
  for (const branch of [...branches.filter(isMarked(request)), ...branches.filter((one) => !isMarked(request)(one))]) {
    const { members, outcomes } = await releaseAt(branch, request, parts, signal);
    all.members.push(...members);
    all.destinations.push(...outcomes);
    if (outcomes.some(({ error }) => error !== null)) break;
  }
  if (all.destinations.length > 0) return all;
  const known = parts.configuration.destinations.map(({ root }) => recordPath(root, request.namespace, request.name));
  throw mustAct(
    'NotFound',
    `there is no decision about ${request.namespace}/${request.name} to release; expected ${[...new Set(known)].join(' or ')}`,
  );
}

function isMarked({ marked }: ReleaseRequest): (branch: Branch) => boolean {
  return ({ destinations }) => destinations.some(({ id }) => id === marked);
}

/** @throws why it cannot be read */
function repositoryOf({ repository, readError, settings }: Branch): Repository {
  if (readError || !repository) throw readError ?? new Error(`${settings.url} was not read`);
  return repository;
}

/** What is released of one branch, in one commit. */
async function releaseAt(
  branch: Branch,
  request: ReleaseRequest,
  parts: ReleaseParts,
  signal: AbortSignal,
): Promise<{ readonly members: readonly ReleasedMember[]; readonly outcomes: readonly DestinationOutcome[] }> {
  for (let attempt = 1; ; attempt += 1) {
    const repository = repositoryOf(branch);
    const found: Found[] = [];
    for (const destination of branch.destinations) {
      const record = await readRecord(destination, repository, request, parts.configuration.owner);
      const members = record
        ? await findMembers(destination, repository, record)
        : await findReleased(destination, repository, request);
      if (record || members.length > 0) found.push({ destination, target: record?.target ?? null, members });
    }
    const members = found.flatMap((one) => one.members);
    if (found.length === 0) return { members, outcomes: [] };
    const compositions = new Map<Destination, Composition>();
    const said = commitOf(request, members, parts.templates);
    for (const one of found)
      compositions.set(one.destination, { ...said, files: await filesOf(one, repository, request, parts.templates) });
    const nothing = [...compositions].map(([at, composition]) => ({ ...untouched(at), composition }));
    if (request.mode === 'plan') return { members, outcomes: nothing };
    const files = new Map([...compositions.values()].flatMap((one) => [...one.files]));
    const states = new Map(found.map(({ destination: { root } }) => [root, forgotten(repository, root, request)]));
    const publication = { files, message: said.message, states, time: request.now };
    branch.push({ publication, compositions, landed: () => undefined }, request.now);
    await branch.wait(ENDLESS);
    const outcomes = branch.take();
    const error = outcomes.find((one) => one.error !== null)?.error;
    if (error?.kind !== 'retry' || attempt === MAX_ATTEMPTS) return { members, outcomes };
    await recover([branch], { error, attempt, now: request.now, signal });
  }
}

/** Nothing is remembered of what the hub does not have any more. */
function forgotten(
  repository: Repository,
  root: string,
  { namespace, name, marked }: ReleaseRequest,
): ReadonlyMap<string, null> {
  const key = `${namespace}/${name}`;
  return new Map(marked === null && repository.states(root).has(key) ? [[key, null]] : []);
}

async function readRecord(
  { root }: Destination,
  repository: Repository,
  { namespace, name }: ReleaseRequest,
  owner: string,
): Promise<DecisionRecord | null> {
  const path = recordPath(root, namespace, name);
  const text = (await read(repository, [path])).get(path);
  if (text === undefined) return null;
  const record = parseRecord(text);
  if (!record)
    throw mustAct('RecordUnreadable', `${path} is not a decision record this version can read; restore it first`);
  if (record.owner === owner) return record;
  throw mustAct(
    'ForeignOwner',
    `${path} belongs to the installation ${JSON.stringify(record.owner)}, this one is ${JSON.stringify(owner)}; release it there`,
  );
}

/** Members whose overlay is in this destination; what a record says of paths is believed only below the root. */
async function findMembers(
  destination: Destination,
  repository: Repository,
  record: DecisionRecord,
): Promise<readonly ReleasedMember[]> {
  const { namespace, name } = record.metadata;
  const places = new Map<string, string>();
  for (const member of [...Object.keys(record.members), ...Object.keys(record.orphaned)])
    places.set(overlayPath(destination, { member, namespace, name }), member);
  const elsewhere = Object.entries(record.members).filter(([, { path }]) => {
    return !places.has(path) && isOverlayBelow(destination, path);
  });
  for (const [member, { path }] of elsewhere) places.set(path, member);
  const own = headOf(namespace, name);
  const texts = [...(await read(repository, [...places.keys()]))].filter(([path, text]) => {
    return text.startsWith(own) || elsewhere.every(([, member]) => member.path !== path);
  });
  return texts.map(([path, text]) => {
    const member = places.get(path) ?? '';
    const targetNamespace = record.members[member]?.targetNamespace ?? namespace;
    const { count } = parseOverlay(settingsAt(destination, path), text);
    const workload = `${record.target.kind} ${targetNamespace}/${record.target.name}`;
    return { name: member, destination: destination.name, path, count, workload };
  });
}

/** Overlays that an earlier release left without a count, where they are to go as well. */
async function findReleased(
  destination: Destination,
  repository: Repository,
  { namespace, name, isDeleted }: ReleaseRequest,
): Promise<readonly ReleasedMember[]> {
  if (!isDeleted) return [];
  const places = new Map<string, string>();
  for (const path of await repository.files(destination.root)) {
    const member = memberOf(destination, path, { namespace, name });
    if (member !== null) places.set(path, member);
  }
  const left = [...(await read(repository, [...places.keys()]))].filter(([path, text]) => {
    return text.startsWith(headOf(namespace, name)) && setsNothing(path, text);
  });
  return left.map(([path]) => {
    const member = places.get(path) ?? '';
    return { name: member, destination: destination.name, path, count: null, workload: `${namespace}/${name}` };
  });
}

/** How the files of a DSO begin. */
function headOf(namespace: string, name: string): string {
  return `# Written by dso-gitops for ${namespace}/${name}.`;
}

/** An earlier configuration may have written elsewhere below the root. */
function isOverlayBelow({ root }: Destination, path: string): boolean {
  const segments = path.split('/');
  const isPlain = segments.every((segment) => /^[A-Za-z0-9_.-]+$/.test(segment) && !/^\.{1,2}$|^\.git$/i.test(segment));
  return isPlain && path.startsWith(`${root}/`) && layoutOf(path) !== null;
}
