import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BareRepository } from './bare-repository.ts';
import { FILE, IN_THE_WAY } from './in-the-way.ts';
import { errorOf, openMirror, publication, settingsOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

describe('something of somebody else in our place', () => {
  it.each(IN_THE_WAY)('$what: refused, nothing is pushed', async ({ files }) => {
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

it('a path that cannot be checked out everywhere: refused also in the first commit of an empty repository', async () => {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, 'fleet.git'));
  const mirror = await openMirror(settingsOf(remote.directory, join(directory, 'cache')));
  const error = await errorOf(mirror.publish(publication({ [FILE]: 'ours\n', 'scaling/a:b': 'ours\n' })));
  expect(error).toMatchObject({ kind: 'act', reason: 'PathNotOurs', path: 'scaling/a:b' });
  expect([...remote.refs()]).toEqual([]);
  await mirror.publish(publication({ [FILE]: 'ours\n' }));
  expect(remote.modes()).toEqual({ [FILE]: '100644' });
});
