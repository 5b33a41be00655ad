import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BareRepository, type Entry } from './bare-repository.ts';
import { errorOf, openMirror, publication, settingsOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const DIRECTORY = 'scaling/members/one/default/web';
const FILE = `${DIRECTORY}/kustomization.yaml`;

const IN_THE_WAY: readonly (readonly [string, Readonly<Record<string, Entry>>])[] = [
  ['our file is a symlink', { [FILE]: { link: '../../../../../base/app.yaml' } }],
  ['our file is a symlink to nothing', { [FILE]: { link: '/nowhere' } }],
  ['our file is a directory', { [`${FILE}/inner`]: 'theirs\n' }],
  ['our file is a submodule', { [FILE]: { submodule: 'a'.repeat(40) } }],
  ['our file is executable', { [FILE]: { executable: 'theirs\n' } }],
  ['a parent is a file', { [DIRECTORY]: 'theirs\n' }],
  ['a parent is a symlink', { 'scaling/members/one': { link: '../../base' } }],
  ['the root is a symlink', { scaling: { link: 'base' } }],
  ['the root is a symlink out of the repository', { scaling: { link: '/etc' } }],
  ['a parent is a submodule', { 'scaling/members': { submodule: 'a'.repeat(40) } }],
];

describe('something of somebody else in our place', () => {
  it.each(IN_THE_WAY)('%s: refused, nothing is pushed', async (_name, files) => {
    const directory = temporaryDirectory();
    const remote = BareRepository.make(join(directory, 'fleet.git'), { 'base/app.yaml': 'theirs\n', ...files });
    const [tip, modes] = [remote.tip(), remote.modes()];
    const mirror = await openMirror(settingsOf(remote.directory, join(directory, 'cache')));
    const states = new Map([['default/web', '{}\n']]);
    const error = await errorOf(mirror.publish(publication({ [FILE]: 'ours\n' }, { states })));
    expect(error).toMatchObject({ kind: 'act', reason: 'PathNotOurs' });
    expect(error.message).toContain('scaling');
    expect([...remote.refs()]).toEqual([['refs/heads/main', tip]]);
    expect(remote.modes()).toEqual(modes);
  });

  it('writes again as soon as it is out of the way', async () => {
    const directory = temporaryDirectory();
    const remote = BareRepository.make(join(directory, 'fleet.git'), { [FILE]: { link: 'elsewhere' } });
    const mirror = await openMirror(settingsOf(remote.directory, join(directory, 'cache')));
    await errorOf(mirror.publish(publication({ [FILE]: 'ours\n' })));
    remote.commit({ [FILE]: null });
    await mirror.refresh();
    await mirror.publish(publication({ [FILE]: 'ours\n' }));
    expect(remote.modes()).toEqual({ [FILE]: '100644' });
  });
});
