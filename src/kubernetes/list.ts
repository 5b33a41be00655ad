import * as z from 'zod';
import type { KubernetesClient } from './client.ts';
import { ApiFailure, asFailure } from './failure.ts';

/** What is listed and watched. */
export interface Collection {
  /** For instance `/api/v1/namespaces/default/configmaps`. */
  readonly path: string;
  /** Only the object of this name; null: all. */
  readonly name: string | null;
  /** The `Accept` of another form of the objects; null: the whole objects. */
  readonly form: { readonly list: string; readonly watch: string } | null;
}

/** Some of the objects of a collection, all at one version of it. */
export interface Page {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
}

/** Objects of one answer: the API server holds them all in memory, and so do we. */
const PAGE = 500;

const ListAnswer = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});

/** All objects of a collection, page by page; pages are smaller where objects are large. @throws ApiFailure */
export async function* listPages(
  client: KubernetesClient,
  collection: Collection,
  signal: AbortSignal,
): AsyncGenerator<Page, void, undefined> {
  let limit = PAGE;
  let next = '';
  for (;;) {
    const answer = await askFor(client, collection, { limit, next }, signal);
    if (answer instanceof ApiFailure) {
      limit = Math.floor(limit / 2);
      continue;
    }
    const page = ListAnswer.safeParse(answer);
    if (!page.success) throw new ApiFailure(0, '', `the answer to a list of ${collection.path} is not a list`);
    const { items, metadata } = page.data;
    next = metadata.continue ?? '';
    yield { items: items ?? [], resourceVersion: metadata.resourceVersion };
    if (next === '') return;
  }
}

/** The answer; a failure where a smaller page may help. */
async function askFor(
  client: KubernetesClient,
  collection: Collection,
  { limit, next }: { readonly limit: number; readonly next: string },
  signal: AbortSignal,
): Promise<unknown> {
  const query: Record<string, string> = { ...selectorOf(collection), limit: String(limit) };
  if (next !== '') query['continue'] = next;
  const accept = collection.form ? { accept: collection.form.list } : {};
  try {
    return await client.call({ path: collection.path, query, ...accept, signal });
  } catch (error) {
    const failure = asFailure(error);
    if (failure.isTooLarge && limit > 1) return failure;
    throw failure;
  }
}

/** The field selector of a collection. */
export function selectorOf({ name }: Collection): Record<string, string> {
  return name === null ? {} : { fieldSelector: `metadata.name=${name}` };
}

/** Whether a version is one before another. Versions of one API server are integers that rise; of others nothing is known. */
export function isOlder(version: string, than: string | null): boolean {
  const isNumeric = than !== null && /^\d+$/.test(version) && /^\d+$/.test(than);
  return isNumeric && BigInt(version) < BigInt(than);
}
