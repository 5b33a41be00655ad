import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BareRepository } from './bare-repository.ts';
import { errorOf, openMirror, publication, settingsOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const FILE = 'scaling/members/one/default/web/kustomization.yaml';

function setUp(files: Parameters<typeof BareRepository.make>[1] = { 'base/app.yaml': 'replicas: 1\n' }) {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, 'fleet.git'), files);
  const open = (writer: string, given = {}) =>
    openMirror(settingsOf(remote.directory, join(directory, writer), { writer, ...given }));
  return { remote, open };
}

function fenceOf(remote: BareRepository): string {
  const [found = ''] = [...remote.refs()]
    .filter(([ref]) => ref.startsWith('refs/dso-gitops/fence/'))
    .map(([, id]) => id);
  return found;
}

it('of two that may write one after the other only the later one can, though the branch stands where it stood', async () => {
  const { remote, open } = setUp();
  const first = await open('first');
  await first.publish(publication({ [FILE]: 'one\n' }));
  expect(fenceOf(remote)).toBe(remote.tip());
  const second = await open('second');
  const tip = remote.tip();
  expect(fenceOf(remote)).not.toBe(tip);
  const error = await errorOf(first.publish(publication({ [FILE]: 'two\n' })));
  expect(error).toMatchObject({ kind: 'retry', reason: 'LostRace' });
  await first.refresh();
  expect(await errorOf(first.publish(publication({ [FILE]: 'two\n' })))).toMatchObject({ reason: 'LostRace' });
  expect(remote.tip()).toBe(tip);
  await second.publish(publication({ [FILE]: 'three\n' }));
  await second.publish(publication({ [FILE]: 'four\n' }));
  expect([remote.read(FILE), fenceOf(remote)]).toEqual(['four\n', remote.tip()]);
});

it('does without where the host takes no such ref', async () => {
  const { remote, open } = setUp();
  remote.hook('update', '#!/bin/sh\ncase "$1" in refs/dso-gitops/fence/*) echo "no hidden refs"; exit 1;; esac\n');
  const mirror = await open('first');
  await mirror.publish(publication({ [FILE]: 'one\n' }));
  await mirror.publish(publication({ [FILE]: 'two\n' }));
  expect([remote.read(FILE), fenceOf(remote)]).toEqual(['two\n', '']);
});

it('does without from the moment on that the host takes it no more', async () => {
  const { remote, open } = setUp();
  const mirror = await open('first');
  remote.hook('update', '#!/bin/sh\ncase "$1" in refs/dso-gitops/*) echo "no hidden refs"; exit 1;; esac\n');
  await mirror.publish(publication({ [FILE]: 'one\n' }));
  expect(remote.read(FILE)).toBe('one\n');
});

it('is taken before the first commit of an empty repository', async () => {
  const { remote, open } = setUp(null);
  const mirror = await open('first');
  await mirror.publish(publication({ [FILE]: 'one\n' }));
  expect([remote.paths(), fenceOf(remote)]).toEqual([[FILE], remote.tip()]);
});

it('of who may read alone hinders no reading', async () => {
  const { remote, open } = setUp();
  remote.hook('pre-receive', '#!/bin/sh\necho "read only"; exit 1\n');
  const mirror = await open('first');
  expect(mirror.tip).toBe(remote.tip());
  expect(await errorOf(mirror.publish(publication({ [FILE]: 'one\n' })))).toMatchObject({ reason: 'HookDeclined' });
});

it('nobody who writes alone has one', async () => {
  const { remote } = setUp();
  const mirror = await openMirror(settingsOf(remote.directory, join(temporaryDirectory(), 'cache')));
  await mirror.publish(publication({ [FILE]: 'one\n' }));
  expect(fenceOf(remote)).toBe('');
});

it('goes on where the answer of a push was lost, though it landed', async () => {
  const { remote, open } = setUp();
  const lost = await open('first');
  await lost.publish(publication({ [FILE]: 'one\n' }));
  remote.hook('post-receive', '#!/bin/sh\nkill -9 $PPID\n');
  expect(await errorOf(lost.publish(publication({ [FILE]: 'two\n' })))).toMatchObject({ kind: 'later' });
  expect(remote.read(FILE)).toBe('two\n');
  remote.hook('post-receive', '#!/bin/sh\n');
  await lost.refresh();
  await lost.publish(publication({ [FILE]: 'three\n' }));
  expect([remote.read(FILE), fenceOf(remote)]).toEqual(['three\n', remote.tip()]);
});

it('is taken again where somebody has removed it', async () => {
  const { remote, open } = setUp();
  const mirror = await open('first');
  await mirror.publish(publication({ [FILE]: 'one\n' }));
  for (const ref of remote.refs().keys())
    if (ref.startsWith('refs/dso-gitops/fence/')) remote.git('update-ref', '-d', ref);
  await mirror.refresh();
  await mirror.publish(publication({ [FILE]: 'two\n' }));
  expect([remote.read(FILE), fenceOf(remote)]).toEqual(['two\n', remote.tip()]);
});

it('goes before the branch where the host does not take all or none', async () => {
  const { remote, open } = setUp();
  remote.git('config', 'receive.advertiseAtomic', 'false');
  const first = await open('first');
  await first.publish(publication({ [FILE]: 'one\n' }));
  await open('second');
  expect(await errorOf(first.publish(publication({ [FILE]: 'two\n' })))).toMatchObject({ reason: 'LostRace' });
  expect(remote.read(FILE)).toBe('one\n');
});
