import { dirname, isAbsolute, resolve } from 'node:path';
import { watch } from 'chokidar';

/** Changes of one burst, for instance an editor that writes twice, count as one. */
const SETTLE_MS = 5;

/** Calls `changed` soon after anything below the patterns changed; the result ends it. */
export function watchFiles(patterns: readonly string[], base: string, changed: () => void): () => Promise<void> {
  const paths = patterns.map((pattern) => fixedPart(isAbsolute(pattern) ? pattern : resolve(base, pattern)));
  const watcher = watch([...new Set(paths)], { ignoreInitial: true, atomic: false, ignorePermissionErrors: true });
  let timer: NodeJS.Timeout | null = null;
  const notice = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      changed();
    }, SETTLE_MS);
  };
  // Raw events as well: the others leave out a second change of a file within 50 ms, also when it is the last one.
  watcher.on('all', notice).on('raw', notice);
  // Without watches the regular look at the files finds the changes, later.
  watcher.on('error', notice);
  return async () => {
    if (timer) clearTimeout(timer);
    await watcher.close();
  };
}

/** The directory above the first wildcard of a glob. */
function fixedPart(pattern: string): string {
  const wildcard = pattern.search(/[*?[{]/);
  return wildcard < 0 ? pattern : dirname(`${pattern.slice(0, wildcard)}x`);
}
