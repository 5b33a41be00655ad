import type { Configuration } from '../config/load.ts';
import type { Engine } from '../reconcile/engine.ts';
import { shownText } from './shown-text.ts';

/** Names that are shown of many. */
const MAX_NAMED = 10;

/** Keys of the DSOs that have a record at the tips, sorted. */
export async function recordedIn(
  { destinations }: Pick<Configuration, 'destinations'>,
  engine: Engine,
): Promise<readonly string[]> {
  const found = await Promise.all(
    destinations.map(({ id }) => engine.past(id, (repository, { root }) => repository.files(`${root}/decisions`))),
  );
  const keys = found.flatMap((paths) => paths ?? []).map((path) => path.split('/').slice(-2).join('/'));
  return [...new Set(keys.map((key) => shownText(key.replace(/\.yaml$/, ''))))].sort();
}

/** Some of many names, for people. */
export function someOf(names: readonly string[]): string {
  return `${names.slice(0, MAX_NAMED).join(', ')}${names.length > MAX_NAMED ? ' and others' : ''}`;
}
