import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { watchFiles } from '../../src/sources/watch-files.ts';
import { temporaryDirectory } from '../repository/temporary-directory.ts';

function watched() {
  const base = temporaryDirectory();
  let changes = 0;
  const end = watchFiles(['hub'], base, () => {
    changes += 1;
  });
  onTestFinished(end);
  return {
    base,
    /** Writes a file until that is noticed: a watch begins some time after it was asked for. */
    hears: async (file: string) => {
      const before = changes;
      await vi.waitFor(
        () => {
          writeFileSync(join(base, file), `${Math.random()}`);
          expect(changes).toBeGreaterThan(before);
        },
        { timeout: 5000, interval: 100 },
      );
    },
    notices: async (act: () => void) => {
      const before = changes;
      act();
      await vi.waitFor(() => expect(changes).toBeGreaterThan(before), { timeout: 5000 });
    },
    /** Nothing more comes of what was done before. */
    quiet: async () => {
      let last = -1;
      await vi.waitFor(
        () => {
          const isSame = changes === last;
          last = changes;
          expect(isSame).toBe(true);
        },
        { timeout: 10_000, interval: 1500 },
      );
    },
  };
}

it('a directory that was replaced is watched again', async () => {
  const { base, hears, notices, quiet } = watched();
  mkdirSync(join(base, 'hub'));
  await hears('hub/a.yaml');
  renameSync(join(base, 'hub'), join(base, 'away'));
  await quiet();
  await notices(() => renameSync(join(base, 'away'), join(base, 'hub')));
  await quiet();
  await hears('hub/a.yaml');
}, 30_000);

it('a link that leads elsewhere now is followed', async () => {
  const { base, hears, notices, quiet } = watched();
  for (const name of ['v1', 'v2']) mkdirSync(join(base, name));
  symlinkSync('v1', join(base, 'hub'));
  await hears('v1/a.yaml');
  await quiet();
  await notices(() => {
    symlinkSync('v2', join(base, 'next'));
    renameSync(join(base, 'next'), join(base, 'hub'));
  });
  await quiet();
  await hears('v2/a.yaml');
  rmSync(join(base, 'hub'));
}, 30_000);
