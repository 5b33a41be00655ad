import { join } from 'node:path';
import { type CredentialSource, gitEnvironment } from '../repository/environment.ts';
import { gitIn } from '../repository/git.ts';

/** A checkout, and how Git runs in it. */
export interface Checkout {
  readonly directory: string;
  readonly credentials: CredentialSource;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

const HUNK = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@/m;

/** The first line of a file that differs from a commit in what is checked out; null: it does not, or nobody can tell. */
export async function firstChangedLine(
  { directory, credentials, environment, signal }: Checkout,
  commit: string,
  path: string,
): Promise<number | null> {
  const place = join(directory, '.git');
  const git = gitIn(place, () => gitEnvironment('', credentials, place, environment), signal);
  // Nothing of the repository runs: no filter, no other program.
  const options = [
    'diff-tree',
    '-p',
    '-U0',
    '--no-ext-diff',
    '--no-textconv',
    '--no-renames',
    commit,
    'HEAD',
    '--',
    path,
  ];
  try {
    const line = HUNK.exec(await git.run(options, 'comparing with the base'))?.[1];
    // Where all of it was removed there is no line.
    return line === undefined ? null : Math.max(1, Number(line));
  } catch {
    return null;
  }
}
