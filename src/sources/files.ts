import { readFile, stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { glob } from 'tinyglobby';
import { parseYamlFile, type SourceDocument } from '../api/document.ts';
import type { DemandSettings } from '../api/effective.ts';
import { objectKey } from '../api/names.ts';
import type { LocatedProblem } from '../api/problem.ts';
import { messageOf, mustAct } from '../errors.ts';
import type { HubObject, HubValue, ObjectLookup, Observation } from '../triggers/hub-object.ts';
import type { Hub, HubDso, HubSnapshot } from './hub.ts';
import { MemberLists } from './member-lists.ts';
import { type Parsed, parseObject } from './objects.ts';
import { noScale } from './scale.ts';

/** Files as the hub. */
export interface FilesSettings {
  /** Files, directories and globs, relative to `base`. */
  readonly patterns: readonly string[];
  /** Absolute. */
  readonly base: string;
  readonly demand: DemandSettings;
}

interface CachedFile {
  readonly version: string;
  readonly parsed: readonly Parsed[];
  readonly problems: readonly LocatedProblem[];
}

const EXTENSIONS = '**/*.{yaml,yml,json}';

/** A hub made of files. A file that did not change is not read again. */
export function filesHub(settings: FilesSettings): Hub {
  let cache: ReadonlyMap<string, CachedFile> = new Map();
  let snapshot: HubSnapshot | null = null;
  const lists = new MemberLists();
  return {
    keepsState: false,
    async read() {
      const { files, problems } = await findFiles(settings);
      const entries = await Promise.all(
        [...files].map(async (file) => [file, await readCached(file, cache.get(file), settings, lists)] as const),
      );
      const isSame = entries.length === cache.size && entries.every(([file, read]) => cache.get(file) === read);
      cache = new Map(entries);
      if (!snapshot || !isSame || problems.length > 0) snapshot = assemble([...cache.values()], problems);
      return snapshot;
    },
  };
}

/** The files that the patterns name, absolute and sorted, and the globs that match none. */
async function findFiles({ patterns, base }: FilesSettings): Promise<{
  readonly files: readonly string[];
  readonly problems: readonly LocatedProblem[];
}> {
  const found = new Set<string>();
  const problems: LocatedProblem[] = [];
  for (const pattern of patterns) {
    const files = await filesOf(pattern, base);
    for (const file of files) found.add(file);
    if (files.length > 0 || !isGlob(pattern)) continue;
    const message = `expected at least one file; ${pattern} of source.files matches none`;
    problems.push({ where: resolve(base, pattern), path: [], message });
  }
  return { files: [...found].sort(), problems };
}

async function filesOf(pattern: string, base: string): Promise<readonly string[]> {
  const path = resolve(base, pattern);
  const kind = await kindOf(path);
  if (kind === 'file') return [path];
  if (kind === 'directory') return glob(EXTENSIONS, { cwd: path, absolute: true });
  if (isGlob(pattern)) return glob(pattern, { cwd: base, absolute: true });
  throw mustAct('SourceUnreadable', `${path} of source.files is not there; create it, or correct the configuration`);
}

function isGlob(pattern: string): boolean {
  return /[*?[{]/.test(pattern);
}

async function kindOf(path: string): Promise<'file' | 'directory' | 'absent'> {
  const found = await stat(path).catch(() => null);
  if (!found) return 'absent';
  return found.isDirectory() ? 'directory' : 'file';
}

async function readCached(
  file: string,
  cached: CachedFile | undefined,
  settings: FilesSettings,
  lists: MemberLists,
): Promise<CachedFile> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    const version = `${mtimeMs} ${size} ${ino}`;
    if (cached?.version === version) return cached;
    const name = relative(settings.base, file);
    const { documents, problems } = parseYamlFile(await readFile(file, 'utf8'), name);
    const parsed = documents.flatMap((document) => flatten(document, settings.demand));
    return { version, problems, parsed: parsed.map((one) => shared(one, lists)) };
  } catch (error) {
    // A file that is replaced at this moment: what it held is unknown, so everything stays as it is.
    throw mustAct('SourceUnreadable', `cannot read ${file}: ${messageOf(error)}`, error);
  }
}

function flatten(document: SourceDocument, demand: DemandSettings): readonly Parsed[] {
  const parsed = parseObject(document, demand);
  return parsed.kind === 'list' ? parsed.items.flatMap((item) => flatten(item, demand)) : [parsed];
}

function shared(parsed: Parsed, lists: MemberLists): Parsed {
  return parsed.kind === 'dso' ? { ...parsed, dso: lists.share(parsed.dso) } : parsed;
}

function assemble(files: readonly CachedFile[], empty: readonly LocatedProblem[]): HubSnapshot {
  const dsos = new Map<string, HubDso>();
  const objects = new Map<string, { object: HubObject; where: string }>();
  for (const parsed of files.flatMap((file) => file.parsed)) {
    if (parsed.kind === 'dso') {
      const earlier = dsos.get(parsed.dso.key);
      dsos.set(parsed.dso.key, earlier ? duplicate(earlier, parsed.dso) : parsed.dso);
    } else if (parsed.kind === 'object') {
      const key = objectId(parsed.object.kind, parsed.object.namespace, parsed.object.name);
      const earlier = objects.get(key);
      objects.set(key, earlier ? ambiguous(earlier, parsed) : parsed);
    }
  }
  const lookup: ObjectLookup = (kind, namespace, name) => {
    if (kind === 'Scale') return scaleOf(dsos.get(objectKey(namespace, name)));
    return { object: objects.get(objectId(kind, namespace, name))?.object ?? null, problem: null };
  };
  const found = files.flatMap((file) => [
    ...file.problems,
    ...file.parsed.flatMap((parsed) => (parsed.kind === 'problem' ? [parsed.problem] : [])),
  ]);
  return {
    dsos: [...dsos.values()].sort((one, other) => (one.key < other.key ? -1 : 1)),
    lookup,
    members: null,
    problems: [...empty, ...found],
  };
}

/** In a file nobody but its author writes the number. */
function scaleOf(dso: HubDso | undefined): Observation {
  if (dso?.scale) return { object: dso.scale, problem: null };
  return noScale('spec.totalTargetReplicas is not set; set it to the total');
}

function objectId(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

function duplicate(earlier: HubDso, later: HubDso): HubDso {
  const message = `expected every DistributedScaledObject once; ${later.key} is at ${earlier.where} and at ${later.where}; remove one`;
  return { ...later, effective: { kind: 'invalid', problems: [{ path: ['metadata', 'name'], message }] } };
}

/** An object that is there twice has no value: either could be meant. */
function ambiguous(
  earlier: { readonly object: HubObject; readonly where: string },
  later: { readonly object: HubObject; readonly where: string },
): { object: HubObject; where: string } {
  const problem = `is defined at ${earlier.where} and at ${later.where}; remove one`;
  const keys = [...earlier.object.data.keys(), ...later.object.data.keys()];
  const data = new Map<string, HubValue>(keys.map((key) => [key, { kind: 'invalid', problem }]));
  return { object: { ...later.object, data }, where: earlier.where };
}
