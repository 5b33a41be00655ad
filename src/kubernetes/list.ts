import * as z from 'zod';
import type { KubernetesClient } from './client.ts';
import { ApiFailure } from './failure.ts';

/** What is listed and watched. */
export interface Collection {
  /** For instance `/api/v1/namespaces/default/configmaps`. */
  readonly path: string;
  /** Only the object of this name; null: all. */
  readonly name: string | null;
  /** The `Accept` of another form of the objects; null: the whole objects. */
  readonly form: { readonly list: string; readonly watch: string } | null;
}

/** Objects at one version of the collection. */
export interface Listed {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
}

/** Objects of one answer: the API server holds them all in memory. */
const PAGE = 500;

const Page = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});

/** All objects of a collection, in pages. @throws ApiFailure */
export async function listAll(client: KubernetesClient, collection: Collection, signal: AbortSignal): Promise<Listed> {
  const items: unknown[] = [];
  let next = '';
  for (;;) {
    const query: Record<string, string> = { ...selectorOf(collection), limit: String(PAGE) };
    if (next !== '') query['continue'] = next;
    const accept = collection.form ? { accept: collection.form.list } : {};
    const answer = await client.call({ path: collection.path, query, ...accept, signal });
    const page = Page.safeParse(answer);
    if (!page.success) throw new ApiFailure(0, '', `the answer to a list of ${collection.path} is not a list`);
    for (const item of page.data.items ?? []) items.push(item);
    next = page.data.metadata.continue ?? '';
    if (next === '') return { items, resourceVersion: page.data.metadata.resourceVersion };
  }
}

/** The field selector of a collection. */
export function selectorOf({ name }: Collection): Record<string, string> {
  return name === null ? {} : { fieldSelector: `metadata.name=${name}` };
}
