import * as z from 'zod';
import type { SourceDocument } from '../api/document.ts';
import { DSO_API_VERSION, DSO_KIND, DsoManifest } from '../api/dso.ts';
import { type DemandSettings, type EffectiveDso, effectiveDso } from '../api/effective.ts';
import { objectKey } from '../api/names.ts';
import { didYouMean, type LocatedProblem, type Path, type Problem, problemsOf, show } from '../api/problem.ts';
import type { HubObject, HubValue } from '../triggers/hub-object.ts';
import type { HubDso } from './hub.ts';
import { replicasIn, scaleObject } from './scale.ts';

const Meta = z.object({
  kind: z.string(),
  apiVersion: z.string(),
  metadata: z.object({ name: z.unknown(), namespace: z.unknown() }).partial().optional(),
});

const DataObject = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default('default') }),
  data: z.record(z.string(), z.unknown()).nullish(),
  stringData: z.record(z.string(), z.unknown()).nullish(),
});

/** What a document is to us: a DSO, an object that triggers may read, or nothing. */
export type Parsed =
  | { readonly kind: 'dso'; readonly dso: HubDso }
  | { readonly kind: 'object'; readonly object: HubObject; readonly where: string }
  | { readonly kind: 'list'; readonly items: readonly SourceDocument[] }
  | { readonly kind: 'problem'; readonly problem: LocatedProblem }
  | { readonly kind: 'other' };

/** Recognises one document. Kinds that are not ours are ignored. */
export function parseObject(document: SourceDocument, settings: DemandSettings): Parsed {
  const meta = Meta.safeParse(document.value);
  if (!meta.success) return { kind: 'other' };
  const { kind, apiVersion } = meta.data;
  if (apiVersion === DSO_API_VERSION && kind !== DSO_KIND && didYouMean(kind, [DSO_KIND]))
    return { kind: 'problem', problem: document.locate({ path: ['kind'], message: unknownKind(kind) }) };
  if (kind === DSO_KIND) return { kind: 'dso', dso: parseDso(document, meta.data.metadata ?? {}, settings) };
  if (apiVersion !== 'v1') return { kind: 'other' };
  if (kind === 'List') return parseList(document);
  if (kind === 'ConfigMap' || kind === 'Secret') return parseDataObject(document, kind);
  return { kind: 'other' };
}

function unknownKind(kind: string): string {
  return `unknown kind ${show(kind)}; did you mean ${show(DSO_KIND)}?`;
}

function parseDso(
  document: SourceDocument,
  meta: { readonly name?: unknown; readonly namespace?: unknown },
  settings: DemandSettings,
): HubDso {
  // Not the document itself: it is not needed any more, and a fleet of them is large.
  const { locate: locateProblem } = document;
  const locate = (path: Path): string => locateProblem({ path, message: '' }).where;
  const parsed = DsoManifest.safeParse(document.value);
  const effective: EffectiveDso = parsed.success
    ? effectiveDso(parsed.data, settings)
    : { kind: 'invalid', problems: allProblems(parsed.error, document.value, settings) };
  const namespace = typeof meta.namespace === 'string' ? meta.namespace : 'default';
  const name = typeof meta.name === 'string' ? meta.name : '(no name)';
  const key = parsed.success
    ? objectKey(parsed.data.metadata.namespace, parsed.data.metadata.name)
    : printable(objectKey(namespace, name));
  const replicas = replicasIn(document.value);
  const scale = replicas === null ? null : scaleObject(namespace, name, replicas);
  return { key, where: locate([]), effective, locate, stored: null, scale };
}

/** What zod found, and what the other rules find in the parts that zod did not refuse. */
function allProblems(error: z.ZodError, value: unknown, settings: DemandSettings): readonly Problem[] {
  const problems = problemsOf(error, value, DsoManifest);
  const readable = structuredClone(value);
  for (const { path } of problems) removeAt(readable, path);
  const reparsed = DsoManifest.safeParse(readable);
  if (!reparsed.success) return problems;
  const effective = effectiveDso(reparsed.data, settings);
  if (effective.kind !== 'invalid') return problems;
  // What was taken out is missing now: that is not the user's mistake.
  const removed = problems.map(({ path }) => path.join('\0'));
  return [...problems, ...effective.problems.filter(({ path }) => !removed.includes(path.join('\0')))];
}

function removeAt(document: unknown, path: Path): void {
  let parent: unknown = document;
  for (const step of path.slice(0, -1)) {
    parent = typeof parent === 'object' && parent !== null ? Reflect.get(parent, step) : undefined;
  }
  const last = path.at(-1);
  if (typeof parent === 'object' && parent !== null && last !== undefined) Reflect.deleteProperty(parent, last);
}

function parseList(document: SourceDocument): Parsed {
  const value: unknown = document.value;
  const items: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'items') : [];
  if (!Array.isArray(items)) return { kind: 'other' };
  return {
    kind: 'list',
    items: items.map((item: unknown, index) => ({
      value: item,
      locate: (problem) => ({
        ...document.locate({ ...problem, path: ['items', index, ...problem.path] }),
        path: problem.path,
      }),
    })),
  };
}

/** A ConfigMap or Secret; what cannot be decoded is a problem of its key alone. */
export function parseDataObject(document: SourceDocument, kind: 'ConfigMap' | 'Secret'): Parsed {
  const parsed = DataObject.safeParse(document.value);
  if (!parsed.success) {
    const [problem] = problemsOf(parsed.error, {}, DataObject);
    const message = `${kind} cannot be read: ${problem ? problem.message : 'unknown form'}`;
    return { kind: 'problem', problem: document.locate({ path: problem?.path ?? [], message }) };
  }
  const { metadata, data, stringData } = parsed.data;
  const values = new Map<string, HubValue>();
  for (const [key, value] of Object.entries(data ?? {}))
    values.set(key, kind === 'Secret' ? decode(value) : plain(value, true));
  if (kind === 'Secret') for (const [key, value] of Object.entries(stringData ?? {})) values.set(key, plain(value));
  return {
    kind: 'object',
    object: { kind, namespace: metadata.namespace, name: metadata.name, data: values },
    where: document.locate({ path: [], message: '' }).where,
  };
}

/** Kubernetes takes text only; an unquoted number in a file is what kubectl would refuse. */
function plain(value: unknown, isShown = false): HubValue {
  if (typeof value === 'string') return { kind: 'text', text: value };
  const kind = value === null ? 'nothing' : typeof value;
  const found = isShown && (kind === 'number' || kind === 'boolean') ? String(value) : kind;
  return { kind: 'invalid', problem: `is not a text; found ${found}; put it in quotes` };
}

function decode(value: unknown): HubValue {
  if (typeof value !== 'string') return plain(value);
  const compact = value.replaceAll(/\s/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) {
    return { kind: 'invalid', problem: 'is not base64; encode it, or use stringData' };
  }
  return { kind: 'text', text: Buffer.from(compact, 'base64').toString('utf8') };
}

function printable(text: string): string {
  const cleaned = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return cleaned.length > 100 ? `${show(cleaned.slice(0, 90))}...` : cleaned;
}
