import { layoutOf } from './layout.ts';
import { isMap, readUntrustedYaml } from './untrusted-yaml.ts';

const HEAD = new Set(['apiVersion', 'kind']);

/** Whether an overlay is one without a count, as it waits to be wired or was given back; anything more in it does something. */
export function setsNothing(path: string, text: string): boolean {
  const document = readUntrustedYaml(text);
  if (layoutOf(path) === 'helm-values') return document === null || (isMap(document) && isEmpty(document));
  if (!isMap(document)) return false;
  const { patches, ...others } = document;
  return Array.isArray(patches) && isEmpty(patches) && Object.keys(others).every((key) => HEAD.has(key));
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
