import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gitEnvironment, NO_CREDENTIALS } from '../../src/repository/environment.ts';
import { type Git, gitIn } from '../../src/repository/git.ts';
import { Remote } from '../../src/repository/remote.ts';
import { BareRepository } from './bare-repository.ts';
import { errorOf } from './open-mirror.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A host, and a clone of it that knows its tip. */
async function setUp() {
  const directory = temporaryDirectory();
  const host = BareRepository.make(join(directory, 'fleet.git'), { 'base/app.yaml': 'x\n' });
  host.commit({ 'base/app.yaml': 'y\n' });
  const clone = BareRepository.make(join(directory, 'clone.git'));
  const { url, git } = { url: host.directory, git: gitOf(clone) };
  const remote = new Remote(git, {
    url,
    branch: 'main',
    isBranchCreated: false,
    isPartial: false,
    proposedPrefix: null,
  });
  await remote.fetch(await remote.tips([], false, null), { tip: true, states: [] }, false);
  return { host, clone, remote, tip: host.tip() ?? '' };
}

function gitOf({ directory }: BareRepository): Git {
  const environmentOf = () => gitEnvironment('', NO_CREDENTIALS, directory, { PATH: process.env['PATH'] });
  return gitIn(directory, environmentOf, new AbortController().signal);
}

function commitOn(clone: BareRepository, ...parents: readonly string[]): string {
  const who = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.com'];
  const tree = clone.git('rev-parse', 'refs/dso-gitops/tip^{tree}').trim();
  return clone.git(...who, 'commit-tree', '-m', 'ours', ...parents.flatMap((one) => ['-p', one]), tree).trim();
}

describe('a shared branch is never forced', () => {
  it('takes a commit that stands on its tip', async () => {
    const { host, clone, remote, tip } = await setUp();
    const commit = commitOn(clone, tip);
    await remote.push(commit, []);
    expect(host.tip()).toBe(commit);
  });

  it.each([
    ['stands on an older one', (tip: string) => [`${tip}~1`]],
    ['stands on nothing', () => []],
    ['stands on an older one, and on the tip beside it', (tip: string) => [`${tip}~1`, tip]],
  ])('a commit that %s is refused on this side', async (_name, parentsOf) => {
    const { host, clone, remote, tip } = await setUp();
    const parents = parentsOf(tip).map((one) => clone.git('rev-parse', one).trim());
    const error = await errorOf(remote.push(commitOn(clone, ...parents), []));
    expect(error).toMatchObject({ kind: 'retry', reason: 'LostRace' });
    expect(host.tip()).toBe(tip);
  });

  it('is a plain push to a host that takes no other', async () => {
    const { host, clone, remote, tip } = await setUp();
    host.git('config', 'receive.denyNonFastForwards', 'true');
    const commit = commitOn(clone, tip);
    await remote.push(commit, []);
    expect(host.tip()).toBe(commit);
  });
});
