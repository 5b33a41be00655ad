import { isDeepStrictEqual } from 'node:util';
import type { LayoutSettings } from './layout.ts';
import { isMap, readUntrustedYaml } from './untrusted-yaml.ts';

/** What an overlay was rendered with beside what its record says. */
export interface OverlayArguments {
  /** JSON pointer of the count in the workload; null: it is no Component. */
  readonly replicasPath: string | null;
  /** All namespaces that its target names, its own among them. */
  readonly namespaces: readonly string[];
  /** Keys joined by dots; null: it is no Helm values file. */
  readonly helmValuesKey: string | null;
}

/** Reads back what an overlay was rendered with; of a text that is no overlay nothing is known. */
export function readArguments(layout: LayoutSettings['layout'], content: string): OverlayArguments {
  const document = readUntrustedYaml(content);
  if (layout === 'helm-values') return { replicasPath: null, namespaces: [], helmValuesKey: keyOf(document) };
  const patch = at(at(document, 'patches'), 0);
  const path = at(at(operationsOf(patch), 0), 'path');
  const namespace = at(at(patch, 'target'), 'namespace');
  return {
    replicasPath: typeof path === 'string' ? path : null,
    namespaces: typeof namespace === 'string' ? namespace.split('|') : [],
    helmValuesKey: null,
  };
}

/** Whether two overlays do the same, however they are written: another version may have other comments and quotes. */
export function isSameOverlay(one: string, other: string): boolean {
  if (one === other) return true;
  const meaning = meaningOf(one);
  return meaning !== undefined && isDeepStrictEqual(meaning, meaningOf(other));
}

/** The data of an overlay with the operations of its patches, which are a text in it; undefined: it cannot be read. */
function meaningOf(content: string): unknown {
  const document = readUntrustedYaml(content);
  const patches = at(document, 'patches');
  if (!isMap(document) || !Array.isArray(patches)) return document;
  return {
    ...document,
    patches: patches.map((patch) => (isMap(patch) ? { ...patch, patch: operationsOf(patch) } : patch)),
  };
}

function operationsOf(patch: unknown): unknown {
  const text = at(patch, 'patch');
  return typeof text === 'string' ? readUntrustedYaml(text) : undefined;
}

/** The way to the one number in maps of one key each. */
function keyOf(document: unknown): string | null {
  const keys: string[] = [];
  let current = document;
  while (isMap(current)) {
    const [entry, ...others] = Object.entries(current);
    if (!entry || others.length > 0) return null;
    keys.push(entry[0]);
    current = entry[1];
  }
  return typeof current === 'number' && keys.length > 0 ? keys.join('.') : null;
}

function at(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
