import { expect, it, onTestFinished } from 'vitest';
import { wrapGit } from '../repository/git-wrapper.ts';
import { type HttpBehavior, type HttpHost, serveHttp } from '../repository/http-server.ts';
import { ACCOUNT, TOKEN } from '../repository/http-site.ts';
import { findSecrets } from '../repository/secrets.ts';
import { countOf, errorsOf, recordOf, World } from './world.ts';

/** A world whose repository is behind a host, and what its commands say. */
interface Hosted {
  readonly world: World;
  readonly host: HttpHost;
  /** Runs a command and keeps what it says for the search. */
  readonly command: (...args: readonly string[]) => Promise<{ readonly code: number; readonly said: string }>;
}

/** No secret may be left in what a command said or ran, or in a file below the world: hub, mirror and remote. */
async function setUp(): Promise<Hosted> {
  const world = new World();
  const host = await serveHttp(world.directory, { account: ACCOUNT });
  const repository = `${host.url}/fleet.git`;
  world.configure({
    destinations: [{ repository, credentials: { tokenEnvironment: 'FLEET_TOKEN' }, pacing: { minInterval: '0s' } }],
  });
  const wrapper = wrapGit(world.directory);
  Object.assign(world.environment, { PATH: wrapper.path, FLEET_TOKEN: TOKEN });
  world.dso({ name: 'a' });
  world.metric('a', 20);
  const said: string[] = [];
  onTestFinished(() => {
    const texts = { output: said, arguments: wrapper.processes(), URLs: host.requests };
    expect(said.join('').length).toBeGreaterThan(0);
    expect(findSecrets([TOKEN], { directories: [world.directory], texts })).toEqual([]);
  });
  return {
    world,
    host,
    command: async (...args) => {
      const { code, out, err } = await world.run(...args);
      said.push(out, err);
      return { code, said: `${out}${err}`.replaceAll(/\s+/g, ' ') };
    },
  };
}

const repeat = (authorization: string): string => `no: ${authorization}`;

const BEHAVIORS: readonly (readonly [string, HttpBehavior, string])[] = [
  ['revokes the token', { account: 'x-access-token:another' }, 'AuthenticationFailed'],
  ['refuses and repeats the token', { status: 403, text: repeat }, 'PermissionDenied'],
  ['limits requests', { status: 429, headers: { 'retry-after': '30' }, text: repeat }, 'RateLimited'],
  ['is broken and repeats the token', { status: 503, text: repeat }, 'RemoteUnavailable'],
  ['refuses pushes and repeats the token', { step: 'offer', status: 403, text: repeat }, 'PermissionDenied'],
  ['cuts the push', { step: 'push', fault: 'lost' }, 'RemoteUnavailable'],
  ['ends the list half way', { step: 'list', fault: 'cut' }, 'RemoteUnavailable'],
];

it.each(BEHAVIORS)(
  'a host that %s: apply says it, and the decision is there once afterwards',
  async (_name, behavior, reason) => {
    const { world, host, command } = await setUp();
    host.behave({ account: ACCOUNT, ...behavior });
    const failed = await command('apply');
    expect(failed).toMatchObject({ code: 1, said: expect.stringContaining(reason) });
    for (const args of [['plan'], ['status'], ['explain', 'default/a'], ['history', 'default/a']])
      await command(...args);
    host.behave({ account: ACCOUNT });
    expect(await command('apply')).toMatchObject({ code: 0 });
    for (const args of [['plan'], ['status'], ['explain', 'default/a'], ['verify']]) {
      expect(await command(...args)).toMatchObject({ code: 0 });
    }
    expect([countOf(world.home, 'one', 'a'), countOf(world.home, 'two', 'a')]).toEqual([2, 2]);
    expect(recordOf(world.home, 'a')?.seq).toBe(1);
    expect(world.home.subjects()).toHaveLength(2);
  },
);

it('a push whose answer is lost is not made again by the process that made it', async () => {
  const { world, host, command } = await setUp();
  host.behave({ account: ACCOUNT, step: 'push', fault: 'lost' });
  expect(errorsOf(await world.tick())).toEqual(['RemoteUnavailable']);
  const tip = world.home.tip();
  expect(recordOf(world.home, 'a')?.seq).toBe(1);
  host.behave({ account: ACCOUNT });
  expect(errorsOf(await world.tick())).toEqual([]);
  expect(world.home.tip()).toBe(tip);
  world.metric('a', 40);
  await world.tick();
  expect(recordOf(world.home, 'a')?.seq).toBe(2);
  expect(world.home.subjects()).toHaveLength(3);
  await command('status');
});

const EMPTY: readonly (readonly [string, boolean])[] = [
  ['the process that knew it', false],
  ['one that starts then', true],
];

it.each(EMPTY)('an empty page instead of the repository is not believed by %s', async (_name, isRestarted) => {
  const { world, host, command } = await setUp();
  world.metric('a', 500);
  await world.tick();
  const [tip, record] = [world.home.tip(), recordOf(world.home, 'a')];
  // Lower, but within the stabilization window: what was known before has to last.
  world.metric('a', 100);
  if (isRestarted) world.restart();
  host.behave({ status: 200, headers: { 'content-type': 'text/html' }, text: () => '' });
  expect(errorsOf(await world.tick())).toEqual(['RepositoryEmptied']);
  host.behave({ account: ACCOUNT });
  expect(errorsOf(await world.tick())).toEqual([]);
  expect(world.home.tip()).toBe(tip);
  expect(recordOf(world.home, 'a')).toEqual(record);
  await command('status');
});
