import { readFile } from 'node:fs/promises';
import type { Templates } from '../manifests/template.ts';

/** Reads the texts that ship with the product. */
export async function loadTemplates(): Promise<Templates> {
  const read = (path: string): Promise<string> => readFile(new URL(`../../templates/${path}`, import.meta.url), 'utf8');
  const [component, componentEmpty, index, helmValues, helmValuesEmpty, commitMessage] = await Promise.all([
    read('overlay/component.yaml'),
    read('overlay/component-empty.yaml'),
    read('overlay/index.yaml'),
    read('overlay/helm-values.yaml'),
    read('overlay/helm-values-empty.yaml'),
    read('commit/message.txt'),
  ]);
  return { component, componentEmpty, index, helmValues, helmValuesEmpty, commitMessage };
}
