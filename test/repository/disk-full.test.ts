import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Mirror } from '../../src/repository/mirror.ts';
import { BareRepository } from './bare-repository.ts';
import { errorOf, openMirror, publication, settingsOf } from './open-mirror.ts';
import { SMALL_DISKS, SMALL_FILE_SYSTEMS } from './small-disk.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Larger than the disk, and it cannot be compressed. */
const LARGE = randomBytes(2_000_000).toString('base64');
const push = publication({ 'scaling/a': LARGE }, { states: new Map([['default/a', '1\n']]) });

describe('a disk that is full', () => {
  it.each(SMALL_DISKS)('of the mirror, when it fetches, by %s: DiskFull', async (_name, make) => {
    const directory = temporaryDirectory();
    const disk = make(join(directory, 'disk'));
    const remote = BareRepository.make(join(directory, 'fleet.git'), { large: LARGE });
    const parentEnvironment = { PATH: disk.path };
    const settings = settingsOf(remote.directory, join(disk.directory, 'cache'), { parentEnvironment });
    expect(await errorOf(openMirror(settings))).toMatchObject({ kind: 'later', reason: 'DiskFull' });
    remote.commit({ large: 'small\n' });
    // What a fetch left half way is thrown away with the mirror, which is only a cache.
    await Mirror.discard(settings);
    expect((await openMirror(settings)).tip).toBe(remote.tip());
  });

  it.each(SMALL_DISKS)('of the mirror, when it commits, by %s: DiskFull, nothing is pushed', async (_name, make) => {
    const directory = temporaryDirectory();
    const disk = make(join(directory, 'disk'));
    const remote = BareRepository.make(join(directory, 'fleet.git'), { 'base/app.yaml': 'x\n' });
    const parentEnvironment = { PATH: disk.path };
    const settings = settingsOf(remote.directory, join(disk.directory, 'cache'), { parentEnvironment });
    const mirror = await openMirror(settings);
    const before = [...remote.refs()];
    expect(await errorOf(mirror.publish(push))).toMatchObject({ kind: 'later', reason: 'DiskFull' });
    expect([...remote.refs()]).toEqual(before);
    await Mirror.discard(settings);
    await (await openMirror(settings)).publish(publication({ 'scaling/a': 'a\n' }));
    expect(remote.read('scaling/a')).toBe('a\n');
  });

  it.each(SMALL_FILE_SYSTEMS)('of the host, by %s: HostDiskFull, and nothing of it is there', async (_name, make) => {
    const directory = temporaryDirectory();
    const disk = make(join(directory, 'disk'));
    const remote = BareRepository.make(join(disk.directory, 'fleet.git'), { 'base/app.yaml': 'x\n' });
    const mirror = await openMirror(settingsOf(remote.directory, join(directory, 'cache')));
    const before = [...remote.refs()];
    expect(await errorOf(mirror.publish(push))).toMatchObject({ kind: 'later', reason: 'HostDiskFull' });
    expect([...remote.refs()]).toEqual(before);
    await mirror.publish(publication({ 'scaling/a': 'a\n' }));
    expect(remote.read('scaling/a')).toBe('a\n');
  });
});
