import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DecisionRecord, parseRecord } from '../../src/manifests/record.ts';
import type { BareRepository } from '../repository/bare-repository.ts';

/** One version of a record in the history, the oldest first. */
export interface PastRecord {
  readonly commit: string;
  /** Blob id. */
  readonly id: string;
  readonly record: DecisionRecord;
}

/** Every version of the records below a directory, by path, as plain Git tells it. @throws on one that is no record */
export function pastRecords(repository: BareRepository, directory: string): ReadonlyMap<string, readonly PastRecord[]> {
  const log = repository.git(
    'log',
    '--reverse',
    '-z',
    '--raw',
    '--no-abbrev',
    '--format=%x01%H',
    'main',
    '--',
    directory,
  );
  const versions = log.split('\x01').flatMap((part) => {
    const [commit = '', ...fields] = part.split('\0');
    return fields.flatMap((field, index) => {
      const id = /:\d{6} \d{6} [0-9a-f]+ ([0-9a-f]+) [AM]/.exec(field)?.[1];
      return id === undefined ? [] : { commit: commit.trim(), path: fields[index + 1] ?? '', id };
    });
  });
  const texts = repository.texts([...new Set(versions.map(({ id }) => id))]);
  const past = new Map<string, PastRecord[]>();
  for (const { commit, path, id } of versions) {
    const record = parseRecord(texts.get(id) ?? '');
    if (!record) throw new Error(`${path} of ${commit} is not a record`);
    past.set(path, [...(past.get(path) ?? []), { commit, id, record }]);
  }
  return past;
}

/** Commits of the branch, the oldest first. */
export function commitsOf(repository: BareRepository): readonly string[] {
  return repository.git('rev-list', '--reverse', 'main').trim().split('\n');
}

/** Every move of the branch as the repository's log of it tells: [from, to]. Needs core.logAllRefUpdates=always. */
export function movesOf(repository: BareRepository): readonly (readonly [string, string])[] {
  const log = readFileSync(join(repository.directory, 'logs/refs/heads/main'), 'utf8');
  return log
    .split('\n')
    .filter(Boolean)
    .map((line): [string, string] => [line.slice(0, 40), line.slice(41, 81)]);
}
