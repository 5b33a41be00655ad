import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMirror, publication } from '../../repository/open-mirror.ts';
import { countOf, errorsOf, World } from '../../scenarios/world.ts';
import { sshSite } from './ssh-site.ts';
import { makeKey } from './sshd.ts';

const push = publication({ 'scaling/a': 'a\n' }, { states: new Map([['default/a', '1\n']]) });

describe('over ssh', () => {
  it('fetches and pushes, and loses a race as retry', async () => {
    const { remote, settings, failure } = await sshSite();
    const mirror = await openMirror(settings());
    await mirror.publish(push);
    remote.commit({ theirs: 'x\n' });
    const late = publication({ 'scaling/a': 'b\n' }, { message: 'second\n' });
    expect(await failure(mirror.publish(late))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
    await mirror.refresh();
    await mirror.publish(late);
    expect(remote.subjects()).toEqual(['second', 'foreign 1', 'scale', 'foreign 0']);
  });

  it('serves the whole way: configuration to commit', async () => {
    const { directory, remote, host, key } = await sshSite();
    writeFileSync(join(directory, 'known_hosts'), host.knownHost());
    const credentials = { sshKeyFile: key, knownHostsFile: join(directory, 'known_hosts') };
    const world = new World({ destinations: [{ repository: `${host.url}${remote.directory}`, credentials }] });
    world.dso({ name: 'a' });
    world.metric('a', 20);
    expect(errorsOf(await world.tick())).toEqual([]);
    expect(countOf(remote, 'one', 'a')).toBe(2);
    const { code } = await world.run('apply');
    expect(code).toBe(0);
  });

  it.each([
    ['no known_hosts file', null],
    ['an empty known_hosts file', ''],
  ])('%s: HostKeyUnknown', async (_name, knownHosts) => {
    const { settings, failure } = await sshSite();
    const error = await failure(openMirror(settings({ knownHosts })));
    expect(error).toMatchObject({ kind: 'act', reason: 'HostKeyUnknown' });
    expect(error.message).toContain('knownHostsFile');
  });

  it('a host key that changed: HostKeyUnknown, nothing is pushed, and it goes on when the new one is known', async () => {
    const { remote, host, settings, failure } = await sshSite();
    const mirror = await openMirror(settings());
    await host.changeHostKey();
    expect(await failure(mirror.publish(push))).toMatchObject({ kind: 'act', reason: 'HostKeyUnknown' });
    expect(remote.subjects()).toEqual(['foreign 0']);
    settings();
    await mirror.publish(push);
    expect(remote.subjects()).toEqual(['scale', 'foreign 0']);
  });

  it('a key that is revoked: AuthenticationFailed, and it goes on when it is let in again', async () => {
    const { remote, host, publicKey, settings, failure } = await sshSite();
    const mirror = await openMirror(settings());
    host.authorize([]);
    expect(await failure(mirror.publish(push))).toMatchObject({ kind: 'act', reason: 'AuthenticationFailed' });
    host.authorize([publicKey]);
    await mirror.publish(push);
    expect(remote.subjects()).toEqual(['scale', 'foreign 0']);
  });

  it('a key that the host does not know: AuthenticationFailed', async () => {
    const { directory, settings, failure } = await sshSite();
    const { file } = makeKey(join(directory, 'other'));
    expect(await failure(openMirror(settings({ key: file })))).toMatchObject({
      kind: 'act',
      reason: 'AuthenticationFailed',
    });
  });

  it('a key file that is not there: AuthenticationFailed', async () => {
    const { directory, settings, failure } = await sshSite();
    const error = await failure(openMirror(settings({ key: join(directory, 'none') })));
    expect(error).toMatchObject({ kind: 'act', reason: 'AuthenticationFailed' });
  });

  it('a repository that is not there: RepositoryNotFound', async () => {
    const { settings, failure } = await sshSite();
    const given = settings();
    expect(await failure(openMirror({ ...given, url: `${given.url}.none` }))).toMatchObject({
      kind: 'act',
      reason: 'RepositoryNotFound',
    });
  });

  it('nobody listens: tried again later', async () => {
    const { settings, failure } = await sshSite();
    const given = settings();
    const url = given.url.replace(/:\d+\//, ':9/');
    expect(await failure(openMirror({ ...given, url }))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
  });

  it('finds files whose path has a space', async () => {
    const { directory, remote, settings } = await sshSite();
    const place = join(directory, 'a place');
    mkdirSync(place);
    await (await openMirror(settings({ directory: place }))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
  });
});
