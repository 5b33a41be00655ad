import { statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { watch } from 'chokidar';

/** Changes of one burst, for instance an editor that writes twice, count as one. */
const SETTLE_MS = 5;

/** A directory that was replaced, or a link that leads elsewhere now, tells nothing any more: it is looked for. */
const LOOK_MS = 1000;

/** Calls `changed` soon after anything below the patterns changed; the result ends it. */
export function watchFiles(patterns: readonly string[], base: string, changed: () => void): () => Promise<void> {
  const paths = new Set(patterns.map((pattern) => fixedPart(isAbsolute(pattern) ? pattern : resolve(base, pattern))));
  const watcher = watch([...paths], { ignoreInitial: true, atomic: false, ignorePermissionErrors: true });
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
  const watched = new Map([...paths].map((path) => [path, identityOf(path)]));
  const looking = setInterval(() => {
    for (const [path, before] of watched) {
      const found = identityOf(path);
      if (found === before) continue;
      watched.set(path, found);
      watcher.unwatch(path).add(path);
      notice();
    }
  }, LOOK_MS);
  return async () => {
    clearInterval(looking);
    if (timer) clearTimeout(timer);
    await watcher.close();
  };
}

/** Another one for what was put in its place; empty: there is nothing, or it may not be seen. */
function identityOf(path: string): string {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return '';
  }
}

/** The directory above the first wildcard of a glob. */
function fixedPart(pattern: string): string {
  const wildcard = pattern.search(/[*?[{]/);
  return wildcard < 0 ? pattern : dirname(`${pattern.slice(0, wildcard)}x`);
}
