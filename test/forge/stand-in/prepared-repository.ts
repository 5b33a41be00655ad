import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BareRepository, type Entry } from '../../repository/bare-repository.ts';

/** What is in a repository to begin with. */
export interface Prepared {
  /** Of the first commit of `main`. */
  readonly files: Readonly<Record<string, Entry>>;
  /** Branches one commit before that, with what they change. */
  readonly branches: Readonly<Record<string, Readonly<Record<string, Entry>>>>;
}

/** Files of prepared repositories by path, by what was asked for: Git is not run for the same one again. */
const made = new Map<string, ReadonlyMap<string, Buffer>>();

/** A new repository. */
export function preparedRepository(directory: string, prepared: Prepared): BareRepository {
  const id = JSON.stringify(prepared);
  const known = made.get(id);
  if (known) {
    const repository = BareRepository.make(directory);
    for (const [path, content] of known) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
    return repository;
  }
  const repository = BareRepository.make(directory, prepared.files);
  for (const [branch, files] of Object.entries(prepared.branches)) {
    repository.git('update-ref', `refs/heads/${branch}`, repository.tip() ?? '');
    repository.commit(files, branch, `change ${branch}`, 'dso-bot');
  }
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  made.set(id, new Map(paths.map((path) => [path.slice(directory.length + 1), readFileSync(path)])));
  return repository;
}
