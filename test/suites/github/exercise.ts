import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { errorsOf, World } from '../../scenarios/world.ts';

/** A repository at GitHub that may be played with. */
export interface Playground {
  /** Where Git finds it. */
  readonly url: string;
  readonly token: string;
  /** What differs from what its URL tells. */
  readonly github?: Readonly<Record<string, unknown>>;
}

/**
 * Proposes, brings in line, withdraws, and commits by the API, all of it below directories and in branches of its own names, of
 * which nothing is left but what the closed pull request keeps.
 */
export async function exercise({ url, token, github = {} }: Playground): Promise<void> {
  const name = `dso-gitops-test-${randomUUID().slice(0, 8)}`;
  const world = new World();
  world.environment['PLAYGROUND_TOKEN'] = token;
  const destination = { repository: url, root: name, credentials: { tokenEnvironment: 'PLAYGROUND_TOKEN' }, github };
  const owner = { owner: name };

  world.configure({ ...owner, destinations: [{ ...destination, delivery: 'pullRequest' }] });
  world.dso({ name: 'a' });
  world.metric('a', 20);
  const [created] = (await world.tick()).proposals;
  expect(created).toMatchObject({ step: 'create', error: null, pull: { state: 'open' } });
  expect((await world.run('prs')).out).toContain(`#${created?.pull?.number}`);
  world.metric('a', 60);
  world.now += 700_000;
  expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild', error: null }]);
  // A rule that pushes nothing takes all of it out again.
  const held = { rules: [{ name: 'all', when: {}, then: 'hold' }] };
  world.configure({ ...owner, destinations: [{ ...destination, delivery: held, pullRequests: {} }] });
  expect((await world.tick()).proposals).toMatchObject([{ step: 'close', error: null, pull: { state: 'closed' } }]);

  const branch = { branch: name, createBranch: true, delivery: 'push', write: 'api' };
  world.configure({ ...owner, destinations: [{ ...destination, ...branch }] });
  const first = await world.tick();
  world.metric('a', 100);
  const second = await world.tick();
  expect([...errorsOf(first), ...errorsOf(second)]).toEqual([]);
  expect(second.destinations).toMatchObject([{ commit: expect.stringMatching(/^[0-9a-f]{40}$/), warnings: [] }]);
  expect((await world.run('verify')).code).toBe(0);
  const credentials = Buffer.from(`x-access-token:${token}`).toString('base64');
  const header = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${credentials}`,
  };
  const git = async (...args: readonly string[]): Promise<string> => {
    const options = { cwd: world.home.directory, env: { ...process.env, ...header } };
    return (await promisify(execFile)('git', [...args], options)).stdout;
  };
  const refs = (await git('ls-remote', url, 'refs/dso-gitops/*')).split('\n');
  const own = refs.flatMap((line) => line.split('\t')[1] ?? []).filter((ref) => ref.includes(name));
  await git('push', '--quiet', url, `:refs/heads/${name}`, ...own.map((ref) => `:${ref}`));
}
