import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryDirectory } from '../repository/temporary-directory.ts';
import { ROOT } from './pages.ts';

const RELEASE: { jobs: { npm: { steps: readonly { name?: string; run?: string }[] } } } = parse(
  readFileSync(join(ROOT, '.github/workflows/release.yaml'), 'utf8'),
);

it('a release gives workflows that name every action by its commit, its own by that of the release', () => {
  const script = RELEASE.jobs.npm.steps.find(
    ({ name }) => name === 'workflows that name the action by its commit',
  )?.run;
  const directory = temporaryDirectory();
  const templates = readdirSync(join(ROOT, 'templates/workflows'));
  cpSync(join(ROOT, 'templates/workflows'), join(directory, 'templates/workflows'), { recursive: true });
  const run = (command: string, ...args: readonly string[]): string =>
    execFileSync(command, args, {
      cwd: directory,
      encoding: 'utf8',
      env: { ...process.env, GITHUB_REPOSITORY: 'acme/dso-gitops', GITHUB_REF_NAME: 'v1.2.3' },
    });
  run('git', 'init', '--quiet');
  run('git', 'add', '.');
  run('git', '-c', 'user.name=a', '-c', 'user.email=a@localhost', 'commit', '--quiet', '-m', 'release');
  const commit = run('git', 'rev-parse', 'HEAD').trim();
  run('bash', '-e', '-c', script ?? '');
  expect(readdirSync(join(directory, 'release')).sort()).toEqual(templates.sort());
  for (const file of templates) {
    const used = readFileSync(join(directory, 'release', file), 'utf8').match(/uses: .*/g) ?? [];
    expect(used).toContain(`uses: acme/dso-gitops@${commit} # v1.2.3`);
    for (const one of used) expect(one).toMatch(/^uses: \S+@[0-9a-f]{40} # v\d/);
  }
});
