import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../repository/temporary-directory.ts';
import { blocksOf, pages, ROOT } from './pages.ts';

beforeAll(() => {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT });
}, 60_000);

/** Git of a stranger has a name. */
const IDENTITY = {
  GIT_AUTHOR_NAME: 'reader',
  GIT_AUTHOR_EMAIL: 'reader@example.com',
  GIT_COMMITTER_NAME: 'reader',
  GIT_COMMITTER_EMAIL: 'reader@example.com',
};

describe('every command of the documentation', () => {
  it.each(pages())(
    '%s',
    (page) => {
      const directory = temporaryDirectory();
      const main = join(ROOT, 'build/cli/main.js');
      let printed = '';
      for (const { language, info, text } of blocksOf(page)) {
        const file = /^# file: (\S+)\n/.exec(text)?.[1];
        if (file) {
          mkdirSync(dirname(join(directory, file)), { recursive: true });
          writeFileSync(join(directory, file), text.replace(/^# file: .*\n/, ''));
        }
        if (info === 'output') expect(text, `${page}: output`).toBe(printed);
        if (language !== 'sh') continue;
        const script = `set -e\nnpx() { shift; node ${JSON.stringify(main)} "$@"; }\n${text}`;
        const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
          cwd: directory,
          encoding: 'utf8',
          env: {
            ...IDENTITY,
            PATH: process.env['PATH'],
            HOME: directory,
            NO_COLOR: '1',
            DSO_GITOPS_CACHE: join(directory, '.cache'),
          },
        });
        expect(status, `${page}:\n${text}\n${stdout}\n${stderr}`).toBe(0);
        printed = stdout;
      }
    },
    60_000,
  );
});

it('the README runs something', () => {
  expect(blocksOf('README.md').filter(({ language }) => language === 'sh').length).toBeGreaterThan(1);
});
