import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BareRepository } from '../repository/bare-repository.ts';
import { serveHttp } from '../repository/http-server.ts';
import { countOf, errorsOf, World } from '../scenarios/world.ts';
import { expectUntouched, snapshotOf } from './untouched.ts';

const ODD = ['--upload-pack=x', '-', 'HEAD', '$(touch)', 'a;touch', '"', "'", 'näme', 'tip'];

/** Refs of every kind that could be taken for another. */
function crowd(repository: BareRepository, count: number): void {
  const tip = repository.tip() ?? '';
  const forged = repository.commit({ 'scaling/decisions/default/web.yaml': 'kind: Decision\n' }, 'forged');
  const refs = [
    ...ODD.map((name) => `refs/heads/${name}`),
    'refs/tags/main',
    'refs/remotes/origin/main',
    'refs/main',
    'refs/dso-gitops/tip',
    'refs/dso-gitops/known-state',
    'refs/dso-gitops/work/1',
    `refs/replace/${tip}`,
    ...Array.from({ length: count }, (_, index) => `refs/heads/crowd/${index}`),
  ];
  execFileSync('git', ['--git-dir=.', 'update-ref', '--stdin'], {
    cwd: repository.directory,
    input: refs.map((ref) => `create ${ref} ${forged}\n`).join(''),
  });
  mkdirSync(join(repository.directory, 'info'), { recursive: true });
  writeFileSync(join(repository.directory, 'info', 'grafts'), `${tip} ${forged}\n`);
}

describe('a remote that is hostile', () => {
  it.each(['file', 'http'])(
    'over %s, by its refs: only the branch is read, and every other ref is kept',
    async (way) => {
      const world = new World();
      world.dso({ name: 'web' });
      world.metric('web', 20);
      crowd(world.home, 5000);
      if (way === 'http') {
        const { url } = await serveHttp(world.directory);
        world.configure({ destinations: [{ repository: `${url}/fleet.git` }] });
      }
      // As git itself sees it without the replacement.
      world.home.git('config', 'core.useReplaceRefs', 'false');
      const before = snapshotOf(world.home);
      expect(errorsOf(await world.tick())).toEqual([]);
      world.home.commit({ 'base/app.yaml': 'y\n' });
      world.metric('web', 40);
      expect(errorsOf(await world.tick())).toEqual([]);
      expect((await world.run('history', 'default/web')).code).toBe(0);
      // From here on the repository is looked at as it is.
      rmSync(join(world.home.directory, 'info', 'grafts'));
      expect([countOf(world.home, 'one', 'web'), countOf(world.home, 'two', 'web')]).toEqual([4, 4]);
      expectUntouched(world.home, before, ['base/app.yaml']);
      expect(world.home.subjects()).toEqual([
        'scale default/web 4 -> 8 (one 2 -> 4, two 2 -> 4)',
        'foreign 2',
        'scale default/web at 4 (one 2, two 2)',
        'foreign 0',
      ]);
    },
  );

  it.each(['refs/heads/refs/heads/main', 'refs/tags/refs/heads/main'])(
    'that has %s: named, and over when it is gone',
    async (ref) => {
      const world = new World();
      world.dso({ name: 'web' });
      world.metric('web', 20);
      world.home.git('update-ref', ref, world.home.tip() ?? '');
      const before = snapshotOf(world.home);
      const { code, out } = await world.run('apply');
      expect(code).toBe(1);
      expect(out.replaceAll(/\s+/g, ' ')).toContain('another branch or tag whose name ends like the full name');
      expectUntouched(world.home, before);
      world.home.git('update-ref', '-d', ref);
      expect((await world.run('apply')).code).toBe(0);
      expect(countOf(world.home, 'one', 'web')).toBe(2);
    },
  );

  it('whose HEAD points nowhere: the branch serves, and one that is missing is named', async () => {
    const world = new World();
    world.dso({ name: 'web' });
    world.metric('web', 20);
    world.home.git('symbolic-ref', 'HEAD', 'refs/heads/nowhere');
    await world.tick();
    expect(countOf(world.home, 'one', 'web')).toBe(2);
    for (const createBranch of [false, true]) {
      world.configure({ destinations: [{ repository: 'fleet.git', branch: 'absent', createBranch }] });
      const result = await world.tick();
      expect(errorsOf(result)).toEqual(['BranchMissing']);
      expect(result.destinations[0]?.error?.message).toContain('has no branch absent');
    }
    expect([...world.home.refs().keys()].filter((ref) => ref.startsWith('refs/heads/'))).toEqual(['refs/heads/main']);
  });

  it('that borrows its objects from elsewhere', async () => {
    const world = new World();
    const lender = world.repository('lender.git', { 'base/app.yaml': 'lent\n', 'base/more.yaml': 'lent\n' });
    const borrower = world.repository('borrower.git', null);
    mkdirSync(join(borrower.directory, 'objects', 'info'), { recursive: true });
    writeFileSync(join(borrower.directory, 'objects', 'info', 'alternates'), `${lender.directory}/objects\n`);
    borrower.git('update-ref', 'refs/heads/main', lender.tip() ?? '');
    world.configure({ destinations: [{ repository: 'borrower.git' }] });
    world.dso({ name: 'web' });
    world.metric('web', 20);
    const [before, lent] = [snapshotOf(borrower), [...lender.refs()]];
    expect(errorsOf(await world.tick())).toEqual([]);
    expect(countOf(borrower, 'one', 'web')).toBe(2);
    expectUntouched(borrower, before);
    expect([...lender.refs()]).toEqual(lent);
  });
});
