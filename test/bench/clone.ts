import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run-git.ts';

/** Milliseconds of the usual way by plain Git: clone with a worktree, change the files, add, commit, push to a branch. */
export async function cloneAndPush(remote: string, directory: string, paths: readonly string[]): Promise<number> {
  const clone = join(directory, 'clone');
  const identity = ['-c', 'user.name=clone', '-c', 'user.email=clone@localhost', '-c', 'gc.auto=0'];
  const start = performance.now();
  await run(directory, ['clone', '--quiet', remote, clone]);
  for (const path of paths) await appendFile(join(clone, path), `# ${start}\n`);
  await run(clone, ['add', '--', ...paths]);
  await run(clone, [...identity, 'commit', '--quiet', '--message=clone']);
  await run(clone, ['push', '--quiet', 'origin', 'HEAD:refs/heads/clone', '--force']);
  const took = performance.now() - start;
  await rm(clone, { recursive: true, force: true });
  return took;
}
