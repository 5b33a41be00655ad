import type { ScaleTarget } from '../api/target.ts';
import { emitScalar } from './emit-yaml.ts';
import { fill, type Templates } from './template.ts';
import { isMap, readUntrustedYaml } from './untrusted-yaml.ts';

/** Where and how overlays are written in one destination. */
export interface LayoutSettings {
  /** Directory that everything is below, without slashes at its ends. */
  readonly root: string;
  /** Directory of one overlay below the root, with {member}, {namespace} and {name}. */
  readonly path: string;
  readonly layout: 'component' | 'helm-values';
  /** Keys joined by dots. */
  readonly helmValuesKey: string;
}

/** One workload on one member. */
export interface Overlay {
  readonly member: string;
  readonly namespace: string;
  readonly name: string;
  readonly target: ScaleTarget;
  readonly targetNamespace: string;
  /** Namespaces that the base may set, beside the target's and none. */
  readonly baseNamespaces: readonly string[];
  /** JSON pointer of the count in the workload. */
  readonly replicasPath: string;
  /** null: no count is decided yet. */
  readonly replicas: number | null;
}

const FILE_NAME = { component: 'kustomization.yaml', 'helm-values': 'values.yaml' } as const;

/** The layout that a file's name belongs to; null: it is no overlay. */
export function layoutOf(path: string): LayoutSettings['layout'] | null {
  if (path.endsWith(`/${FILE_NAME.component}`)) return 'component';
  return path.endsWith(`/${FILE_NAME['helm-values']}`) ? 'helm-values' : null;
}

/** Path of an overlay in the repository. */
export function overlayPath(settings: LayoutSettings, overlay: Pick<Overlay, 'member' | 'namespace' | 'name'>): string {
  // Joined it is one text; added to each other its parts would be kept beside it.
  return [settings.root, placeOf(settings.path, overlay), FILE_NAME[settings.layout]].join('/');
}

/** Directory of an overlay in the repository: what a kustomization's `components:` names. */
export function overlayDirectory(
  settings: LayoutSettings,
  overlay: Pick<Overlay, 'member' | 'namespace' | 'name'>,
): string {
  return `${settings.root}/${placeOf(settings.path, overlay)}`;
}

const PLACES = /\{(member|namespace|name)\}/;
/** Texts and the names of places by turns, by the path that has them. */
const pieces = new Map<string, readonly string[]>();

/** Below the root. A fleet has few paths and many places. */
function placeOf(path: string, { member, namespace, name }: Pick<Overlay, 'member' | 'namespace' | 'name'>): string {
  const parts = pieces.get(path) ?? path.split(PLACES);
  pieces.set(path, parts);
  let place = parts[0] ?? '';
  for (let index = 1; index < parts.length; index += 2) {
    const part = parts[index];
    place += part === 'member' ? member : part === 'namespace' ? namespace : name;
    place += parts[index + 1] ?? '';
  }
  return place;
}

/** The member whose overlay of a DSO is at a path; null: it is none. */
export function memberOf(
  settings: LayoutSettings,
  path: string,
  { namespace, name }: Pick<Overlay, 'namespace' | 'name'>,
): string | null {
  // No path has this character.
  const [before = '', after = ''] = overlayPath(settings, { member: '\n', namespace, name }).split('\n');
  if (!path.startsWith(before)) return null;
  const member = path.slice(before.length, path.indexOf(after, before.length));
  return overlayPath(settings, { member, namespace, name }) === path ? member : null;
}

/** Path of the file that lists the overlays of a namespace on a member; null: the layout or the template has none. */
export function indexPath(settings: LayoutSettings, member: string, namespace: string): string | null {
  if (settings.layout !== 'component' || !settings.path.endsWith('/{name}')) return null;
  const parent = settings.path.slice(0, -'/{name}'.length);
  if (!parent.includes('{member}') || !parent.includes('{namespace}')) return null;
  return [settings.root, placeOf(parent, { member, namespace, name: '' }), FILE_NAME.component].join('/');
}

/** Path of the decision record. */
export function recordPath(root: string, namespace: string, name: string): string {
  return `${root}/decisions/${namespace}/${name}.yaml`;
}

/** Content of an overlay. */
export function renderOverlay(templates: Templates, settings: LayoutSettings, overlay: Overlay): string {
  const head = {
    dso: `${overlay.namespace}/${overlay.name}`,
    record: recordPath(settings.root, overlay.namespace, overlay.name),
  };
  if (settings.layout === 'helm-values') return renderValues(templates, settings, overlay.replicas, head);
  if (overlay.replicas === null) return fill(templates.componentEmpty, head);
  return fill(templates.component, {
    ...head,
    group: emitScalar(overlay.target.group),
    kind: emitScalar(overlay.target.kind),
    name: emitScalar(escapeExpression(overlay.target.name)),
    namespace: emitScalar(namespaceExpression(overlay)),
    replicasPath: emitScalar(overlay.replicasPath),
    replicas: overlay.replicas,
  });
}

/** Of the text of an index: tens of thousands of names fit. */
const MAX_INDEX_LENGTH = 1_000_000;
const INDEX_KEYS = new Set(['apiVersion', 'kind', 'components']);

/** Content of an index. */
export function renderIndex(templates: Templates, names: readonly string[]): string {
  const list = names.map((name) => `\n  - ${emitScalar(name)}`).join('');
  return fill(templates.index, { components: list === '' ? ' []' : list });
}

/** Names that an index lists; null when it is not one of ours, or holds more than we would write. */
export function parseIndex(content: string): readonly string[] | null {
  const found = namesIn(content);
  return found?.isOurs ? found.names : null;
}

/** Names that a kustomization lists as components, whoever wrote it; null when that cannot be told. */
export function namesIn(content: string): { readonly names: readonly string[]; readonly isOurs: boolean } | null {
  const document = readUntrustedYaml(content, MAX_INDEX_LENGTH);
  if (!isMap(document)) return null;
  const { components } = document;
  if (!Array.isArray(components)) return null;
  const names: string[] = [];
  for (const name of components) {
    if (typeof name !== 'string') return null;
    // As kustomize takes it: ./web and web/ are web.
    names.push(name.replaceAll(/^(?:\.\/)+|\/+$/g, ''));
  }
  return { names, isOurs: Object.keys(document).every((key) => INDEX_KEYS.has(key)) };
}

/** What an overlay says. */
export interface ParsedOverlay {
  /** null: it sets none. */
  readonly count: number | null;
  /** It is none of ours: what it sets is not known. */
  readonly isUnreadable: boolean;
}

/** Reads an overlay of ours. */
export function parseOverlay(settings: LayoutSettings, content: string): ParsedOverlay {
  const document = readUntrustedYaml(content);
  if (settings.layout === 'component') {
    const count = countOfComponent(document);
    const patches: unknown = isMap(document) ? document['patches'] : undefined;
    return { count, isUnreadable: count === null && !(Array.isArray(patches) && patches.length === 0) };
  }
  const count = countOfValues(settings.helmValuesKey, document);
  const isEmpty = document === null || (isMap(document) && Object.keys(document).length === 0);
  return { count, isUnreadable: count === null && !isEmpty };
}

function countOfComponent(document: unknown): number | null {
  const patches: unknown = isMap(document) ? document['patches'] : undefined;
  const patch: unknown = Array.isArray(patches) ? patches[0] : undefined;
  const text: unknown = isMap(patch) ? patch['patch'] : undefined;
  const operations: unknown = typeof text === 'string' ? readUntrustedYaml(text) : undefined;
  const operation: unknown = Array.isArray(operations) ? operations[0] : undefined;
  return isMap(operation) ? countOf(operation['value']) : null;
}

function countOfValues(key: string, document: unknown): number | null {
  let current: unknown = document;
  for (const step of key.split('.')) current = isMap(current) ? current[step] : undefined;
  return countOf(current);
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}

function renderValues(
  templates: Templates,
  settings: LayoutSettings,
  replicas: number | null,
  head: Readonly<Record<string, string>>,
): string {
  if (replicas === null) return fill(templates.helmValuesEmpty, head);
  const keys = settings.helmValuesKey.split('.');
  const lines = keys.map((key, depth) => `${'  '.repeat(depth)}${emitScalar(key)}:`);
  return fill(templates.helmValues, { ...head, values: `${lines.join('\n')} ${replicas}` });
}

/** kustomize reads a target's name as an anchored expression. */
function escapeExpression(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * Where a `namespace:` transformer runs on the same level the resource still has its base namespace, which kustomize
 * calls `default` when there is none.
 */
function namespaceExpression({ targetNamespace, baseNamespaces }: Overlay): string {
  return [...new Set([targetNamespace, ...baseNamespaces, 'default'])].join('|');
}
