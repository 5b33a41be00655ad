import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mustAct } from '../../src/errors.ts';
import { BareRepository } from './bare-repository.ts';
import { wrapGit } from './git-wrapper.ts';
import { ACCOUNT, httpSite, TOKEN } from './http-site.ts';
import { errorOf, openMirror, settingsOf } from './open-mirror.ts';
import { findSecrets, textsOfError } from './secrets.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const PLANTED: readonly (readonly [string, (repository: BareRepository, directory: string) => void])[] = [
  ['a file', (_, directory) => writeFileSync(join(directory, 'log'), `x ${TOKEN} y`)],
  ['the name of a file', (_, directory) => mkdirSync(join(directory, encodeURIComponent(TOKEN)))],
  [
    'the configuration of a repository',
    (repository) => void repository.git('config', 'remote.origin.url', `https://x:${TOKEN}@h/`),
  ],
  ['a header', (repository) => void repository.git('config', 'http.extraHeader', basic('x-access-token'))],
  ['a header of another user', (repository) => void repository.git('config', 'http.extraHeader', basic('me'))],
  ['a file of a commit', (repository) => void repository.commit({ secret: `${TOKEN}\n` })],
  ['the message of a commit', (repository) => void repository.commit({ a: 'a\n' }, 'other', `with ${TOKEN}`)],
  ['the name of a branch', (repository) => void repository.commit({ a: 'a\n' }, `x-${TOKEN.replace('/+=', '')}`)],
  [
    'an object that nothing leads to',
    (repository) => {
      const before = repository.tip();
      repository.commit({ secret: TOKEN });
      repository.git('update-ref', 'refs/heads/main', before ?? '');
    },
  ],
];

function basic(user: string): string {
  return `Authorization: Basic ${Buffer.from(`${user}:${TOKEN}`).toString('base64')}`;
}

describe('the search for secrets finds it in', () => {
  it.each(PLANTED)('%s', (_name, plant) => {
    const directory = temporaryDirectory();
    const repository = BareRepository.make(join(directory, 'fleet.git'), { 'base/app.yaml': 'x\n' });
    const search = () => findSecrets([TOKEN, TOKEN.replace('/+=', '')], { directories: [directory], texts: {} });
    expect(search()).toEqual([]);
    plant(repository, directory);
    expect(search()).not.toEqual([]);
  });

  it('what was said: an error, its stack, its cause and that one’s', () => {
    const errors = [
      new Error(TOKEN),
      mustAct('X', 'x', mustAct('Y', 'y', new Error(basic('me')))),
      Object.assign(new Error('x'), { command: `git push ${TOKEN}` }),
    ];
    for (const error of errors) {
      const texts = { errors: textsOfError(error), output: ['nothing'] };
      expect(findSecrets([TOKEN], { directories: [], texts })).toEqual(['errors']);
    }
  });

  it('a line of a key', () => {
    const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'a'.repeat(70)}\n${'b'.repeat(70)}\n-----END OPENSSH PRIVATE KEY-----\n`;
    const search = (text: string) => findSecrets([key], { directories: [], texts: { output: [text] } });
    expect(search(`${'b'.repeat(70)}`)).toEqual(['output']);
    expect(search('-----BEGIN OPENSSH PRIVATE KEY-----')).toEqual([]);
  });

  it('nowhere, of one that is too short, would say nothing', () => {
    expect(() => findSecrets(['short'], { directories: [], texts: {} })).toThrow('too short');
  });
});

describe('a site that is searched when its test is over', () => {
  it('finds what was left in its mirror', async () => {
    const { directory, settings, leaks } = await httpSite({ account: ACCOUNT });
    await openMirror(settings(TOKEN));
    expect(leaks()).toEqual([]);
    const planted = join(directory, 'cache', 'planted');
    writeFileSync(planted, TOKEN);
    expect(leaks()).toEqual([planted]);
    rmSync(planted);
  });

  it('finds it among the arguments of Git and of what Git starts', async () => {
    const directory = temporaryDirectory();
    const wrapper = wrapGit(directory);
    const url = `http://x:${encodeURIComponent(TOKEN)}@127.0.0.1:9/fleet.git`;
    const settings = settingsOf(url, join(directory, 'cache'), { parentEnvironment: { PATH: wrapper.path } });
    const error = await errorOf(openMirror(settings));
    expect(findSecrets([TOKEN], { directories: [], texts: { error: textsOfError(error) } })).toEqual([]);
    const search = (line: string) => findSecrets([TOKEN], { directories: [], texts: { arguments: [line] } });
    const processes = wrapper.processes().filter((line) => line.includes('127.0.0.1'));
    expect(processes.map((line) => line.split(' ').slice(0, 2).join(' '))).toContain('git remote-http');
    expect(processes.map(search)).toEqual(processes.map(() => ['arguments']));
  });
});
