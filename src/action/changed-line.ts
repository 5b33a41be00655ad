import { join } from 'node:path';
import { gitEnvironment, NO_CREDENTIALS } from '../repository/environment.ts';
import { type Git, gitIn } from '../repository/git.ts';

const HUNK = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@/m;

/** Git in a checkout: it only reads, and nothing of the repository runs. */
export function checkoutGit(workspace: string, environment: NodeJS.ProcessEnv, signal: AbortSignal): Git {
  const place = join(workspace, '.git');
  return gitIn(place, () => gitEnvironment('', NO_CREDENTIALS, place, environment), signal);
}

/** The first line of a file that differs from a commit in what is checked out; null: it does not, or nobody can tell. */
export async function firstChangedLine(git: Git, commit: string, path: string): Promise<number | null> {
  const options = ['diff-tree', '-p', '-U0', '--no-ext-diff', '--no-textconv', '--no-renames'];
  try {
    const difference = await git.run([...options, commit, 'HEAD', '--', path], 'comparing with the base');
    const line = HUNK.exec(difference)?.[1];
    // Where all of it was removed there is no line.
    return line === undefined ? null : Math.max(1, Number(line));
  } catch {
    return null;
  }
}
