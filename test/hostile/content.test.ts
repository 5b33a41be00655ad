import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../repository/bare-repository.ts';
import { serveHttp } from '../repository/http-server.ts';
import { IN_THE_WAY } from '../repository/in-the-way.ts';
import { countOf, errorsOf, World } from '../scenarios/world.ts';
import { Traps } from './traps.ts';
import { expectUntouched, snapshotOf } from './untouched.ts';

const BASE = { 'base/app.yaml': 'theirs\n' };
const TRAPPED = '* filter=trap diff=trap merge=trap ident text eol=crlf working-tree-encoding=UTF-16 export-subst\n';

/** Everything that a repository could try to be more than content. */
const HOSTILE: Readonly<Record<string, Entry>> = {
  ...BASE,
  '.gitattributes': TRAPPED,
  'scaling/.gitattributes': TRAPPED,
  'scaling/members/one/.gitattributes': '* -diff binary filter=trap\n',
  '.gitmodules': '[submodule "x"]\n\tpath = sub\n\turl = ext::sh -c touch%20sprung\n\tupdate = !touch sprung\n',
  sub: { submodule: 'b'.repeat(40) },
  '.lfsconfig': '[lfs]\n\turl = http://127.0.0.1:1/\n',
  '.gitconfig': '[core]\n\tfsmonitor = touch sprung\n',
  config: '[include]\n\tpath = /etc/passwd\n',
  'hooks/pre-push': { executable: '#!/bin/sh\ntouch sprung\n' },
  'info/attributes': TRAPPED,
  'objects/info/alternates': '/etc\n',
  'Scaling/members/one/default/web/kustomization.yaml': 'a twin\n',
  'SCALING/decisions/default/web.yaml': 'a twin\n',
  'scaling/Members/one/default/web/kustomization.yaml': 'a twin\n',
  'scaling/members/ONE/default/web/kustomization.yaml': 'a twin\n',
  'scaling/members/one/default/WEB/kustomization.yaml': 'a twin\n',
  'scaling/members/one/default/web/Kustomization.yaml': 'a twin\n',
  'scaling/members/two/default/theirs.txt': 'theirs\n',
  'base/password': { link: '/etc/passwd' },
  'base/up': { link: '../../../../..' },
  '-rf': 'theirs\n',
  '--upload-pack=x': 'theirs\n',
  [`long/${'d'.repeat(199)}`.concat(`/${'d'.repeat(199)}`.repeat(18), '/4000')]: 'theirs\n',
  [`scaling/${'d'.repeat(199)}`.concat(`/${'d'.repeat(199)}`.repeat(18), '/4000')]: 'theirs\n',
  [`scaling/decisions/default/${'n'.repeat(3900)}.yaml`]: 'theirs\n',
  '"scaling/a\\nb\\tc \\033[31m \\"x\\" :(glob)**"': 'theirs\n',
  '"scaling/decisions/default/a\\nb\\033[2J.yaml"': 'theirs\n',
};

describe('something of somebody else in our place', () => {
  it.each(IN_THE_WAY)(
    '$what: named with what to do, nothing followed, and the others go on',
    async ({ files, isAbove }) => {
      const world = new World({}, { ...BASE, ...files });
      for (const given of [{ name: 'web' }, { name: 'other', namespace: 'ops', members: { two: 1 } }]) {
        world.dso(given);
        world.metric(given.name, 20, given.namespace);
      }
      const before = snapshotOf(world.home);
      const { code, out } = await world.run('apply');
      const text = out.replaceAll(/\s+/g, ' ');
      expect(code).toBe(1);
      expect(text).toContain(`${Object.keys(files)[0]?.replace(/\/inner$/, '')}`);
      expect(text).toMatch(/remove it there|move it, nothing was written|expected a plain file/);
      expectUntouched(world.home, before);
      const isThrough = isAbove === undefined;
      expect(countOf(world.home, 'two', 'other', 'ops')).toBe(isThrough ? 4 : null);
      expect(countOf(world.home, 'two', 'web')).toBeNull();
    },
  );

  it('everything goes on when it is out of the way', async () => {
    const world = new World({}, { ...BASE, scaling: { link: 'base' } });
    world.dso({ name: 'web' });
    world.metric('web', 20);
    expect(errorsOf(await world.tick())).toEqual(['PathNotOurs']);
    world.home.commit({ scaling: null });
    expect(errorsOf(await world.tick())).toEqual([]);
    expect(countOf(world.home, 'one', 'web')).toBe(2);
  });
});

describe('a repository that is hostile all over, and so is where we run', () => {
  it('has traps that would be sprung', () => {
    const world = new World({}, BASE);
    const traps = new Traps(world.directory);
    traps.armEnvironment(world.environment);
    const { HOME, PATH } = world.environment;
    execFileSync('git', ['trap'], { cwd: world.directory, env: { HOME, PATH } });
    expect(traps.sprung).toHaveLength(1);
  });

  it.each(['file', 'http'])(
    'over %s: no command runs, nothing outside the root changes, and ours is done',
    async (way) => {
      const world = new World({}, HOSTILE);
      const traps = new Traps(world.directory);
      traps.armRepository(world.home);
      traps.armEnvironment(world.environment);
      if (way === 'http') {
        const { url } = await serveHttp(world.directory);
        world.configure({ destinations: [{ repository: `${url}/fleet.git` }] });
      }
      const before = snapshotOf(world.home);
      world.dso({ name: 'web' });
      world.metric('web', 20);
      expect((await world.run('plan')).code).toBe(0);
      expect((await world.run('apply')).code).toBe(0);
      world.home.commit({ 'base/app.yaml': 'theirs again\n' });
      world.metric('web', 40);
      expect(errorsOf(await world.tick())).toEqual([]);
      expect((await world.run('hold', 'default/web')).code).toBe(0);
      expect((await world.run('resume', 'default/web')).code).toBe(0);
      for (const command of ['status', 'explain', 'history'])
        expect((await world.run(command, 'default/web')).out, command).toContain('web');
      expect((await world.run('verify')).out).toContain('2 decisions computed again');
      expect([countOf(world.home, 'one', 'web'), countOf(world.home, 'two', 'web')]).toEqual([4, 4]);
      expectUntouched(world.home, before, ['base/app.yaml']);
      expect(traps.sprung).toEqual([]);
    },
  );
});
