import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MirrorSettings } from '../../../src/repository/mirror.ts';
import { BareRepository } from '../../repository/bare-repository.ts';
import { errorOf, NO_CREDENTIALS, openMirror, publication, settingsOf } from '../../repository/open-mirror.ts';
import { temporaryDirectory } from '../../repository/temporary-directory.ts';
import { countOf, errorsOf, World } from '../../scenarios/world.ts';
import { makeKey, type Sshd, startSshd } from './sshd.ts';

interface Site {
  readonly directory: string;
  readonly remote: BareRepository;
  readonly host: Sshd;
  readonly key: string;
  readonly settings: (given?: {
    readonly key?: string;
    readonly knownHosts?: string | null;
    readonly directory?: string;
  }) => MirrorSettings;
}

async function setUp(): Promise<Site> {
  const directory = temporaryDirectory();
  const remote = BareRepository.make(join(directory, 'fleet.git'), { 'base/app.yaml': 'x\n' });
  const key = makeKey(join(directory, 'key'));
  const host = await startSshd(join(directory, 'sshd'), [key.publicKey]);
  const settings: Site['settings'] = (given = {}) => {
    const knownHostsFile = join(given.directory ?? directory, 'known_hosts');
    if (given.knownHosts !== null) writeFileSync(knownHostsFile, given.knownHosts ?? host.knownHost);
    const credentials = { ...NO_CREDENTIALS, sshKeyFile: given.key ?? key.file, knownHostsFile };
    return settingsOf(`${host.url}${remote.directory}`, join(directory, 'cache'), { credentials });
  };
  return { directory, remote, host, key: key.file, settings };
}

const push = publication({ 'scaling/a': 'a\n' }, { states: new Map([['default/a', '1\n']]) });

describe('over ssh', () => {
  it('fetches and pushes, and loses a race as retry', async () => {
    const { remote, settings } = await setUp();
    const mirror = await openMirror(settings());
    await mirror.publish(push);
    remote.commit({ theirs: 'x\n' });
    const late = publication({ 'scaling/a': 'b\n' }, { message: 'second\n' });
    expect(await errorOf(mirror.publish(late))).toMatchObject({ kind: 'retry', reason: 'LostRace' });
    await mirror.refresh();
    await mirror.publish(late);
    expect(remote.subjects()).toEqual(['second', 'foreign 1', 'scale', 'foreign 0']);
  });

  it('serves the whole way: configuration to commit', async () => {
    const { directory, remote, host, key } = await setUp();
    writeFileSync(join(directory, 'known_hosts'), host.knownHost);
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
    const { settings } = await setUp();
    const error = await errorOf(openMirror(settings({ knownHosts })));
    expect(error).toMatchObject({ kind: 'act', reason: 'HostKeyUnknown' });
    expect(error.message).toContain('knownHostsFile');
  });

  it('a host key that changed: HostKeyUnknown, and nothing is pushed', async () => {
    const { directory, remote, host, settings } = await setUp();
    const mirror = await openMirror(settings());
    const port = host.knownHost.slice(0, host.knownHost.indexOf(' '));
    const other = makeKey(join(directory, 'other-host')).publicKey.split(' ').slice(0, 2).join(' ');
    settings({ knownHosts: `${port} ${other}\n` });
    expect(await errorOf(mirror.publish(push))).toMatchObject({ kind: 'act', reason: 'HostKeyUnknown' });
    expect(remote.subjects()).toEqual(['foreign 0']);
  });

  it('a key that the host does not know: AuthenticationFailed', async () => {
    const { directory, settings } = await setUp();
    const { file } = makeKey(join(directory, 'other'));
    expect(await errorOf(openMirror(settings({ key: file })))).toMatchObject({
      kind: 'act',
      reason: 'AuthenticationFailed',
    });
  });

  it('a key file that is not there: AuthenticationFailed', async () => {
    const { directory, settings } = await setUp();
    const error = await errorOf(openMirror(settings({ key: join(directory, 'none') })));
    expect(error).toMatchObject({ kind: 'act', reason: 'AuthenticationFailed' });
  });

  it('a repository that is not there: RepositoryNotFound', async () => {
    const { settings } = await setUp();
    const given = settings();
    expect(await errorOf(openMirror({ ...given, url: `${given.url}.none` }))).toMatchObject({
      kind: 'act',
      reason: 'RepositoryNotFound',
    });
  });

  it('nobody listens: tried again later', async () => {
    const { settings } = await setUp();
    const given = settings();
    const url = given.url.replace(/:\d+\//, ':9/');
    expect(await errorOf(openMirror({ ...given, url }))).toMatchObject({ kind: 'later', reason: 'RemoteUnavailable' });
  });

  it('finds files whose path has a space', async () => {
    const { directory, remote, settings } = await setUp();
    const place = join(directory, 'a place');
    mkdirSync(place);
    await (await openMirror(settings({ directory: place }))).publish(push);
    expect(remote.read('scaling/a')).toBe('a\n');
  });
});
