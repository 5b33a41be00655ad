import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { importStream, parseImport } from '../../src/repository/fast-import.ts';
import { tipOf } from './change.ts';
import { type Fixture, mirrorOf } from './fixture.ts';
import { run } from './run-git.ts';

/** Bare Git doing what the product does: the same files, in the same mirror, to a remote with the same content. */
export interface Floor {
  /** The remote that is pushed to. */
  readonly remote: string;
  /** Milliseconds of fast-import and a push of the branch alone. */
  once(): Promise<number>;
}

/** @param texts the files that each commit writes, by path; a comment at their end makes them differ every time */
export async function makeFloor(
  fixture: Pick<Fixture, 'directory' | 'repository'>,
  texts: ReadonlyMap<string, string>,
): Promise<Floor> {
  const remote = join(fixture.directory, 'floor.git');
  await cp(fixture.repository, remote, { recursive: true });
  const mirror = await mirrorOf(fixture);
  let parent = tipOf(fixture.repository);
  let round = 0;
  const once = async (): Promise<number> => {
    round += 1;
    const files = new Map([...texts].map(([path, text]) => [path, `${text}# ${round}\n`]));
    const author = { name: 'floor', email: 'floor@localhost' };
    const message = `floor ${round}\n`;
    const stream = importStream([
      { ref: 'refs/bench/floor', parent, tree: null, author, time: Date.now(), message, files },
    ]);
    const start = performance.now();
    const options = ['fast-import', '--quiet', '--force', '--done', '--date-format=raw'];
    parent = parseImport(await run(mirror, options, stream))[0]?.commit ?? '';
    await run(mirror, ['-c', 'gc.auto=0', 'push', '--quiet', remote, `${parent}:refs/heads/main`]);
    return performance.now() - start;
  };
  return { remote, once };
}

/** Files at the tip of a fixture's repository, by path; those that are not there are left out. */
export async function textsOf(
  { repository }: Pick<Fixture, 'repository'>,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const names = paths.map((path) => `main:${path}\n`);
  const output = await run(repository, ['cat-file', '--batch'], names);
  const texts = new Map<string, string>();
  let offset = 0;
  for (const path of paths) {
    const end = output.indexOf('\n', offset);
    const head = output.slice(offset, end);
    offset = end + 1;
    if (head.endsWith(' missing')) continue;
    const length = Number(head.split(' ')[2]);
    texts.set(path, output.slice(offset, offset + length));
    offset += length + 1;
  }
  return texts;
}
