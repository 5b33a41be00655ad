import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TOKEN } from '../forge/forge-site.ts';
import { countOf, errorsOf, recordOf, verdictsOf } from '../scenarios/world.ts';
import { type ReviewedWorld, reviewedWorld } from './reviewed-world.ts';

const HEAD = 'dso-gitops/default/all/main';
const COMMIT = 'POST /graphql 200';

/** Changes are pushed, and the commits made by the API. Git may not write to branches but those of pull requests. */
async function written(given: Readonly<Record<string, unknown>> = {}): Promise<ReviewedWorld> {
  const reviewed = await reviewedWorld({ write: 'api', delivery: 'push', ...given });
  const hooks = join(reviewed.world.home.directory, 'hooks');
  mkdirSync(hooks, { recursive: true });
  const hook = '#!/bin/sh\ncase "$1" in refs/heads/main) echo "commits must have verified signatures"; exit 1;; esac\n';
  writeFileSync(join(hooks, 'update'), hook);
  chmodSync(join(hooks, 'update'), 0o755);
  reviewed.world.dso({ name: 'a' });
  reviewed.world.metric('a', 20);
  return reviewed;
}

describe('write: api', () => {
  it('has GitHub make and sign the commit, and goes on from it', async () => {
    const { world, standIn } = await written();
    const result = await world.tick();
    expect(errorsOf(result)).toEqual([]);
    expect(verdictsOf(result)).toEqual({ 'default/a': 'change' });
    expect([countOf(world.home, 'one', 'a'), recordOf(world.home, 'a')?.seq]).toEqual([2, 1]);
    expect(result.destinations).toMatchObject([{ commit: world.home.tip(), warnings: [] }]);
    const format = ['log', '-1', '--format=%an %cn', 'main'] as const;
    expect(world.home.git(...format).trim()).toBe('dso-bot GitHub');
    world.metric('a', 60);
    await world.tick();
    world.restart();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'same' });
    expect([countOf(world.home, 'one', 'a'), recordOf(world.home, 'a')?.seq]).toEqual([6, 2]);
    expect(world.home.git('rev-list', '--count', 'main').trim()).toBe('3');
    expect(standIn.requests().filter((line) => line === COMMIT)).toHaveLength(2);
    expect((await world.run('verify')).code).toBe(0);
    expect(world.home.git('for-each-ref', '--format=%(refname)', 'refs/dso-gitops').trim()).not.toBe('');
  });

  it('decides again where another writer was faster', async () => {
    const { world, standIn } = await written();
    let theirs = '';
    standIn.onGraphql = () => {
      standIn.onGraphql = null;
      theirs = world.home.commit({ 'base/app.yaml': 'theirs\n' });
    };
    expect(errorsOf(await world.tick())).toEqual([]);
    expect(countOf(world.home, 'one', 'a')).toBe(2);
    expect(world.home.git('rev-parse', 'main^').trim()).toBe(theirs);
  });

  it('finds its commit where the answer was lost', async () => {
    const { world, standIn } = await written();
    standIn.faults.add({ on: /graphql/, times: 1, answer: 'lost' });
    const [first] = errorsOf(await world.tick());
    expect(first).toBe('RemoteUnavailable');
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'same' });
    expect(world.home.git('rev-list', '--count', 'main').trim()).toBe('2');
  });

  it('writes nothing while GitHub does not answer, and then what is wanted', async () => {
    const { world, standIn } = await written();
    const end = standIn.faults.add({ on: /graphql/, answer: { status: 500, body: { message: 'oops' } } });
    for (let times = 0; times < 3; times += 1) expect(errorsOf(await world.tick())).not.toEqual([]);
    expect(countOf(world.home, 'one', 'a')).toBeNull();
    end();
    expect(errorsOf(await world.tick())).toEqual([]);
    expect(countOf(world.home, 'one', 'a')).toBe(2);
  });

  it('says that Git has to take what is too much for the API', async () => {
    const { world } = await reviewedWorld({ write: 'api', delivery: 'push' });
    for (let index = 0; index < 340; index += 1) {
      world.dso({ name: `a${index}` });
      world.metric(`a${index}`, 20);
    }
    const { out, code } = await world.run('apply');
    expect(code).toBe(0);
    expect(out.replaceAll(/\s+/g, ' ')).toContain('it is pushed with Git instead');
    expect(world.home.git('log', '-1', '--format=%an %cn', 'main').trim()).toBe('dso-gitops dso-gitops');
    expect(countOf(world.home, 'two', 'a339')).toBe(2);
  });

  it('creates a branch by Git, and goes on by the API', async () => {
    const { world } = await reviewedWorld({ write: 'api', delivery: 'push', branch: 'scaled', createBranch: true });
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    world.metric('a', 60);
    await world.tick();
    const names = world.home.git('log', '--format=%cn', 'main..scaled').trim().split('\n');
    expect(names).toEqual(['GitHub', 'dso-gitops']);
  });

  it('proposes commits that GitHub made, replaces them, and keeps those of people', async () => {
    const { world, standIn } = await written({ delivery: 'pullRequest' });
    const { bare } = standIn.repository;
    expect((await world.tick()).proposals).toMatchObject([{ step: 'create', error: null, warnings: [] }]);
    const names = (): string => bare.git('log', '--format=%an %cn', `main..${HEAD}`).trim();
    expect(names()).toBe('dso-bot GitHub');
    world.metric('a', 60);
    world.now += 700_000;
    world.restart();
    expect((await world.tick()).proposals).toMatchObject([{ step: 'rebuild', error: null }]);
    expect(names()).toBe('dso-bot GitHub');
    expect(standIn.repository.pull(1)).toMatchObject({ state: 'open', headOid: bare.tip(HEAD) });
    expect([...bare.refs().keys()].filter((ref) => ref.includes('work'))).toEqual([]);
    bare.commit({ 'base/more.yaml': 'y\n' }, HEAD, 'more', 'alice', 'GitHub <noreply@github.com>');
    world.metric('a', 80);
    world.now += 700_000;
    expect((await world.tick()).proposals).toMatchObject([{ error: { reason: 'ForeignCommits' } }]);
    standIn.repository.merge(1, 'squash', 'alice');
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(6);
  });
});

describe('a GitHub App', () => {
  it('reaches Git with its token, and its bot is the author', async () => {
    const reviewed = await reviewedWorld({ delivery: 'push', credentials: undefined }, {}, 'app');
    const { world, standIn } = reviewed;
    world.dso({ name: 'a' });
    world.metric('a', 20);
    expect(errorsOf(await world.tick())).toEqual([]);
    expect(world.home.git('log', '-1', '--format=%an <%ae>', 'main').trim()).toMatch(
      /^fleet-scaler\[bot\] <\d+\+fleet-scaler\[bot\]@users\.noreply\.github\.com>$/,
    );
    const tokens = new Set(standIn.git.authorizations.map((one) => one ?? ''));
    expect(tokens.size).toBe(1);
    const [account = ''] = [...tokens].map((one) => Buffer.from(one.split(' ')[1] ?? '', 'base64').toString());
    expect(account).toMatch(/^x-access-token:ghs_/);
    expect(account).not.toContain(TOKEN);
  });
});

describe('the status of a commit', () => {
  it.each(['push', 'pullRequest'] as const)('is set where it is wanted: %s', async (delivery) => {
    const { world, standIn } = await reviewedWorld({ delivery }, {}, 'token', { commitStatus: true });
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    const commit = world.home.tip(delivery === 'push' ? 'main' : HEAD) ?? '';
    expect(standIn.repository.statuses.get(commit)).toEqual([
      { context: 'dso-gitops', state: 'success', description: 'scale default/a at 4 (one 2, two 2)' },
    ]);
  });

  it('is no reason to fail', async () => {
    const { world, standIn } = await reviewedWorld({ delivery: 'push' }, {}, 'token', { commitStatus: true });
    standIn.tokens.get(TOKEN)?.permissions.delete('statuses');
    world.dso({ name: 'a' });
    world.metric('a', 20);
    const result = await world.tick();
    expect(errorsOf(result)).toEqual([]);
    expect(result.destinations).toMatchObject([{ warnings: [expect.stringContaining('Statuses: write')] }]);
    expect(countOf(world.home, 'one', 'a')).toBe(2);
  });
});
