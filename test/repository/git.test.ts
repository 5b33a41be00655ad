import { getEventListeners } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gitEnvironment, NO_CREDENTIALS } from '../../src/repository/environment.ts';
import { gitIn } from '../../src/repository/git.ts';
import { BareRepository } from './bare-repository.ts';
import { errorOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Git in a repository; `script` stands for the program. */
function setUp(script: string | null, deadlineMs?: number) {
  const directory = temporaryDirectory();
  const repository = BareRepository.make(join(directory, 'fleet.git'), { 'base/app.yaml': 'x\n' });
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  if (script !== null) writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const end = new AbortController();
  const parent = { PATH: `${bin}:${process.env['PATH']}` };
  const environmentOf = () => gitEnvironment('', NO_CREDENTIALS, repository.directory, parent);
  return { repository, end, git: gitIn(repository.directory, environmentOf, end.signal, '', deadlineMs) };
}

it.each([
  ['that reads nothing', (git: ReturnType<typeof gitIn>) => git.run(['rev-parse', 'HEAD'], 'looking')],
  ['that reads its input', (git: ReturnType<typeof gitIn>) => git.feed(['cat-file', '--batch'], 'x\n', 'looking')],
])('a local command %s and never ends, though it is not silent, is ended', async (_name, call) => {
  const { git } = setUp('while :; do echo word; sleep 0.1; done', 1000);
  const begun = performance.now();
  const error = await errorOf(call(git));
  expect(error.kind).toBe('later');
  expect(error.message).toContain('it did not end within 1 s');
  expect(performance.now() - begun).toBeLessThan(5000);
});

it('a local command ends with the process that asked, and leaves nothing with its signal', async () => {
  const { git, end } = setUp('exec sleep 60');
  const call = errorOf(git.run(['rev-parse', 'HEAD'], 'looking'));
  await expect.poll(() => getEventListeners(end.signal, 'abort').length).toBe(1);
  end.abort();
  expect((await call).kind).toBe('later');
  expect(getEventListeners(end.signal, 'abort')).toEqual([]);
});

it('many local commands leave nothing with the signal', async () => {
  const { git, end, repository } = setUp(null);
  for (let round = 0; round < 3; round += 1)
    expect((await git.run(['rev-parse', 'refs/heads/main'], 'looking')).trim()).toBe(repository.tip());
  expect(getEventListeners(end.signal, 'abort')).toEqual([]);
});
