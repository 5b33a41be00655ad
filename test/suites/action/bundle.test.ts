import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../docs/pages.ts';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';

it('dist/ is what the source builds', () => {
  const outfile = join(temporaryDirectory(), 'index.mjs');
  // The last of two outfiles counts.
  execFileSync('npm', ['run', '--silent', 'bundle', '--', `--outfile=${outfile}`, '--log-level=error'], { cwd: ROOT });
  for (const name of ['index.mjs', 'index.mjs.LEGAL.txt']) {
    const isSame = readFileSync(join(ROOT, 'dist/action', name)).equals(readFileSync(join(outfile, '..', name)));
    expect(isSame, `dist/action/${name} is not current: npm run bundle`).toBe(true);
  }
});
