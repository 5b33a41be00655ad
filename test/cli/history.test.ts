import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decidedInTwo, overlayOf, World } from '../scenarios/world.ts';

/** Three decisions about a, one about b, and commits of others between them. */
async function past(): Promise<World> {
  const world = new World();
  for (const [name, value] of [
    ['a', 20],
    ['b', 30],
  ] as const) {
    world.dso({ name });
    world.metric(name, value);
  }
  await world.tick();
  for (const value of [60, 100]) {
    world.home.commit({ [`other/${value}`]: 'x\n' });
    world.now += 3_600_000;
    world.metric('a', value);
    await world.tick();
  }
  return world;
}

interface Row {
  readonly key: string;
  readonly seq: number;
  readonly time: string;
  readonly total: { readonly before: number | null; readonly after: number };
  readonly members: Readonly<Record<string, { readonly after: number }>>;
  readonly commit: string;
  readonly elsewhere: readonly object[];
  readonly reason: string;
}

async function rows(world: World, ...args: readonly string[]): Promise<readonly Row[]> {
  const { out, code, err } = await world.run('history', ...args, '-o', 'json');
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as readonly Row[];
}

describe('history', () => {
  it('tells every decision with its commit and reason, the newest first', async () => {
    const world = await past();
    const found = await rows(world, 'default/a');
    expect(found.map(({ seq, total }) => [seq, total.before, total.after])).toEqual([
      [3, 12, 20],
      [2, 4, 12],
      [1, null, 4],
    ]);
    expect(found[0]).toMatchObject({ commit: world.home.tip(), members: { one: { after: 10 }, two: { after: 10 } } });
    expect(found[0]?.reason).toContain('100');
    expect((await rows(world)).map(({ key }) => key).toSorted()).toEqual([
      'default/a',
      'default/a',
      'default/a',
      'default/b',
    ]);
  });

  it('knows a DSO that is gone, and goes on after its record was removed', async () => {
    const world = await past();
    world.remove('default.a.yaml');
    world.home.commit({ 'scaling/decisions/default/a.yaml': null });
    expect(await rows(world, 'default/a')).toHaveLength(3);
  });

  it('answers what held at a moment', async () => {
    const world = await past();
    const [, second] = await rows(world, 'default/a');
    const held = await rows(world, '--at', second?.time ?? '');
    expect(held.map(({ key, total }) => [key, total.after])).toEqual([
      ['default/a', 12],
      ['default/b', 6],
    ]);
    // The commit of somebody else between the two says that it is years older.
    const before = new Date(Date.parse(second?.time ?? '') - 1000).toISOString();
    expect((await rows(world, 'default/a', '--at', before)).map(({ total }) => total.after)).toEqual([4]);
    expect(await rows(world, '--at', '2020-01-01T00:00Z')).toEqual([]);
    expect((await world.run('history', '--at', 'yesterday')).err).toContain('expected a time');
  });

  it('answers what the branch held, not what was decided: after a revert, a hand edit and a release', async () => {
    const world = await past();
    const first = world.home.git('rev-parse', 'main~4').trim();
    const paths = world.home.paths(first).filter((path) => path.startsWith('scaling/') && path.includes('default/a'));
    const back = Object.fromEntries(paths.map((path) => [path, world.home.read(path, first)]));
    const revert = world.home.commit(back, 'main', 'Revert');
    const now = () => new Date(world.now).toISOString();
    const a = async (): Promise<unknown> => (await rows(world, 'default/a', '--at', now()))[0];
    expect(await a()).toMatchObject({
      seq: 1,
      total: { before: null, after: 4 },
      members: { one: { after: 2, byHand: null }, two: { after: 2, byHand: null } },
      commit: revert,
      author: 'somebody',
    });
    const overlay = overlayOf('one', 'a');
    const text = world.home.read(overlay)?.replace(/value: \d+/, 'value: 7') ?? '';
    const edit = world.home.commit({ [overlay]: text }, 'main', 'more', 'Ada');
    expect(await a()).toMatchObject({
      total: { after: 9 },
      members: { one: { after: 7, byHand: { commit: edit, author: 'Ada' } }, two: { after: 2, byHand: null } },
    });
    expect((await world.run('history', '--at', now())).out).toContain('one 7 (by hand');
    const markdown = await world.run('history', '--at', now(), '-o', 'markdown');
    expect(markdown.out).toContain(`one 7 (by hand, commit ${edit.slice(0, 10)} by Ada), two 2`);
    world.home.commit({ [overlay]: null });
    expect(await a()).toMatchObject({ total: { after: null }, members: { one: { after: null, byHand: null } } });
    expect((await world.run('release', 'default/a', '--yes')).code).toBe(0);
    expect(await a()).toBeUndefined();
    expect(await rows(world, '--at', now())).toMatchObject([{ key: 'default/b', total: { after: 6 } }]);
    expect((await world.run('history', 'default/b', '--at', '2020-01-01')).out).toContain(
      'nothing was decided until then',
    );
  });

  it('answers what the overlays held where the record was removed or spoiled, and says who did it', async () => {
    const world = await past();
    const path = 'scaling/decisions/default/a.yaml';
    const at = ['--at', new Date(world.now).toISOString()];
    const record = world.home.read(path);
    const held = { key: 'default/a', seq: 3, total: { before: 12, after: 20 }, members: { one: { after: 10 } } };
    const spoiled = world.home.commit({ [path]: 'nothing\n' }, 'main', 'oops', 'Eve');
    const unreadable = { is: 'unreadable', commit: spoiled, author: 'Eve' };
    expect(await rows(world, 'default/a', ...at)).toMatchObject([{ ...held, lost: unreadable }]);
    const removal = world.home.commit({ [path]: null }, 'main', 'clean up', 'Ada');
    const overlay = overlayOf('one', 'a');
    const text = world.home.read(overlay)?.replace(/value: \d+/, 'value: 7') ?? '';
    const edit = world.home.commit({ [overlay]: text }, 'main', 'more', 'Ada');
    const after = {
      total: { after: 17 },
      members: { one: { after: 7, byHand: { commit: edit } }, two: { after: 10 } },
    };
    for (const dso of [['default/a'], []]) {
      const [first] = await rows(world, ...dso, ...at);
      expect(first).toMatchObject({ key: 'default/a', ...after, lost: { is: 'removed', commit: removal } });
    }
    const { out } = await world.run('history', 'default/a', ...at, '-o', 'markdown');
    expect(out).toContain(`the record was removed in commit ${removal.slice(0, 10)} by Ada; it said: `);
    world.home.commit({ [path]: record });
    expect(await rows(world, 'default/a', ...at)).toMatchObject([{ seq: 3, lost: null }]);
  });

  it('names who put a record back without its overlays', async () => {
    const world = await past();
    const path = 'scaling/decisions/default/a.yaml';
    const edit = world.home.commit({ [path]: world.home.read(path, world.home.git('rev-parse', 'main~4').trim()) });
    const [held] = await rows(world, 'default/a', '--at', new Date(world.now).toISOString());
    expect(held).toMatchObject({ seq: 1, members: { one: { byHand: { commit: edit, author: 'somebody' } } } });
  });

  it('names who put back what is not at home', async () => {
    const world = new World({
      destinations: [
        { repository: 'fleet.git', match: { members: ['one'] } },
        { repository: 'second.git', match: { members: ['two'] } },
      ],
    });
    const second = world.repository('second.git');
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    world.metric('a', 60);
    await world.tick();
    const paths = second.paths('main~1').filter((path) => path.includes('default/a'));
    const back = second.commit(Object.fromEntries(paths.map((path) => [path, second.read(path, 'main~1')])));
    const [held] = await rows(world, '--at', new Date(world.now).toISOString());
    expect(held).toMatchObject({
      seq: 2,
      total: { after: 8 },
      members: { one: { after: 6, byHand: null }, two: { after: 2, byHand: { commit: back, author: 'somebody' } } },
    });
  });

  it('names the commit of each repository, that of the first one before the others', async () => {
    const { world, second } = await decidedInTwo();
    const { directory } = second;
    const [decision] = await rows(world, 'default/a');
    expect(decision).toMatchObject({
      repository: world.home.directory,
      commit: world.home.tip(),
      elsewhere: [{ repository: directory, commit: second.tip(), author: 'dso-gitops', pullRequest: null }],
    });
    const commits = `${world.home.tip()?.slice(0, 10)}, ${second.tip()?.slice(0, 10)} in ${directory}`;
    expect((await world.run('history', '-o', 'markdown')).out).toContain(`| ${commits} |`);
    const [held] = await rows(world, '--at', new Date(world.now).toISOString());
    expect(held).toMatchObject({ repository: world.home.directory, commit: world.home.tip() });
  });

  it('names a commit that several directories of a repository share once', async () => {
    const at = (repository: string, root: string, member: string) => ({
      repository,
      root,
      match: { members: [member] },
    });
    const destinations = [
      at('fleet.git', 'scaling', 'one'),
      at('second.git', 'x', 'two'),
      at('second.git', 'y', 'three'),
    ];
    const world = new World({ members: ['one', 'two', 'three'], destinations });
    world.repository('second.git');
    world.dso({ name: 'a', members: { one: 1, two: 1, three: 1 } });
    world.metric('a', 30);
    await world.tick();
    expect((await rows(world)).map(({ elsewhere }) => elsewhere.length)).toEqual([1]);
  });

  it('answers what a member had that had left the DSO, beside the total', async () => {
    const world = await past();
    world.dso({ name: 'a', members: { one: 1 } });
    world.metric('a', 60);
    await world.tick();
    const now = () => new Date(world.now).toISOString();
    const [left] = await rows(world, 'default/a', '--at', now());
    const { after: own } = left?.total ?? {};
    expect(left?.members).toMatchObject({
      one: { after: own, isOrphaned: false },
      two: { isOrphaned: true, byHand: null },
    });
    const count = left?.members['two']?.after;
    expect((await world.run('history', 'default/a', '--at', now())).out.replaceAll(/\s+/g, ' ')).toContain(
      `two ${count} (left`,
    );
    const text = world.home.read(overlayOf('two', 'a'))?.replace(/value: \d+/, 'value: 77') ?? '';
    const edit = world.home.commit({ [overlayOf('two', 'a')]: text }, 'main', 'more', 'Ada');
    expect((await rows(world, 'default/a', '--at', now()))[0]).toMatchObject({
      total: { after: own },
      members: { two: { after: 77, byHand: { commit: edit } } },
    });
  });

  it.each([
    ['repository', { repository: 'second.git' }, 1],
    ['root in the same branch', { repository: 'fleet.git', root: 'second' }, 0],
  ])('answers what each %s held, where one of them is behind', async (_, elsewhere, others) => {
    const configured = (delivery?: object) => ({
      destinations: [
        { repository: 'fleet.git', match: { members: ['one'] } },
        { ...elsewhere, match: { members: ['two'] }, ...(delivery && { delivery }) },
      ],
    });
    const world = new World(configured());
    world.repository('second.git');
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    expect((await rows(world, 'default/a')).map((one) => one.elsewhere.length)).toEqual([others]);
    world.metric('a', 60);
    world.configure(configured({ rules: [{ name: 'not yet', then: 'hold' }] }));
    world.restart();
    await world.tick();
    const [held] = await rows(world, '--at', new Date(world.now).toISOString());
    expect(held).toMatchObject({ seq: 2, total: { after: 8 } });
    const nobody = { byHand: null };
    expect(held?.members).toMatchObject({ one: { after: 6, ...nobody }, two: { after: 2, ...nobody } });
  });

  it('survives a squash, and tells a revert and a rebase no second time', async () => {
    const world = await past();
    const path = 'scaling/decisions/default/a.yaml';
    const texts = ['main', 'main~2'].map((ref) => world.home.read(path, ref));
    world.home.commit({ [path]: texts[1] ?? null });
    world.home.commit({ [path]: texts[0] ?? null });
    expect(await rows(world, 'default/a')).toHaveLength(3);
  });

  it('draws the total over time: every number until the next one, at the width of the terminal', async () => {
    const world = await past();
    world.now += 2 * 3_600_000;
    const { out, code } = await world.run('history', 'default/a', '--plot');
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "default/a, replicas in total
                     ▲
                   20┤                             ┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
                     │                             ┃
                     │                             ┃
                     │                             ┃
                     │              ┏━━━━━━━━━━━━━━┛
                     │              ┃
                     │              ┃
                     │━━━━━━━━━━━━━━┛
                     │
                    0┤
                     └┬──────────────────────────────────────────────────────────┬▶
      2026-01-01T00:00Z                                          2026-01-01T04:00Z
      "
    `);
  });

  it('draws what was put back from then on', async () => {
    const world = await past();
    world.now += 3_600_000;
    world.home.time = world.now / 1000;
    const first = world.home.git('rev-parse', 'main~4').trim();
    const paths = world.home.paths(first).filter((path) => path.startsWith('scaling/') && path.includes('default/a'));
    world.home.commit(Object.fromEntries(paths.map((path) => [path, world.home.read(path, first)])));
    world.now += 3_600_000;
    const { out } = await world.run('history', 'default/a', '--plot');
    expect(out).toMatch(/ 20┤ +┏━+┓\n/);
    expect(out).toMatch(/ 4┤━+┛ +┗━+\n/);
    world.now += 3_600_000;
    world.home.time = world.now / 1000;
    const last = world.home.git('rev-parse', 'main~1').trim();
    world.home.commit(Object.fromEntries(paths.map((path) => [path, world.home.read(path, last)])));
    world.now += 3_600_000;
    expect((await world.run('history', 'default/a', '--plot')).out).toMatch(/ 20┤ +┏━+┓ +┏━+\n/);
  });

  it('draws one plot for each DSO, the one that changed last first, and not with what contradicts it', async () => {
    const world = await past();
    const { out } = await world.run('history', '--plot', '--limit', '3');
    const titles = out.split('\n').filter((line) => line.includes('replicas in total'));
    expect(titles).toEqual(['default/a, replicas in total', 'default/b, replicas in total']);
    expect(out).toContain('1 older ones; --limit 0 shows all');
    for (const other of [
      ['-o', 'json'],
      ['--at', '2026-01-01T00:00Z'],
    ])
      expect((await world.run('history', '--plot', ...other)).err).toContain("'--plot' cannot be used with");
  });

  it('needs no hub that answers: records are read from Git alone', async () => {
    const world = await past();
    world.configure({ source: { kubernetes: { kubeconfig: 'none.yaml' } }, members: ['one', 'two'] });
    expect((await world.run('plan')).code).toBe(1);
    expect(await rows(world, 'default/a')).toHaveLength(3);
    expect((await world.run('verify')).code).toBe(0);
  });

  it('is cut, and says so, in a table', async () => {
    const world = await past();
    const { out } = await world.run('history', 'default/a', '--limit', '1');
    expect(out).toContain('12 -> 20');
    expect(out).toContain('2 older ones; --limit 0 shows all');
    expect((await world.run('history', 'default/none')).out).toBe(
      'no decision of default/none found; there are decisions of default/a, default/b\n',
    );
  });
});

describe('one of several repositories that is gone', () => {
  it.each([{ args: [] }, { args: ['--at', '2027-01-01T00:00Z'] }])(
    'is named, and what the others tell is told: $args',
    async ({ args }) => {
      const { world, second } = await decidedInTwo();
      renameSync(second.directory, `${second.directory}.away`);
      const { out, code, err } = await world.run('history', 'default/a', ...args);
      expect(code).toBe(1);
      expect(err).toMatch(/^left out: RepositoryNotFound: reading \S+second\.git/);
      expect(out).toContain('default/a');
      renameSync(world.home.directory, `${world.home.directory}.away`);
      expect(await world.run('history', 'default/a', ...args)).toMatchObject({ code: 1, out: '' });
    },
  );

  it('is judged by nobody: what was resumed elsewhere says that it follows a record which only home has', async () => {
    const { world, second } = await decidedInTwo();
    world.metric('a', 60);
    await world.tick();
    const paths = second.paths('main~1').filter((path) => path.includes('default/a'));
    const back = second.commit(Object.fromEntries(paths.map((path) => [path, second.read(path, 'main~1')])));
    await world.run('resume', 'default/a');
    world.metric('a', 100);
    await world.tick();
    expect((await world.run('verify')).out).toContain(
      `${back.slice(0, 10)} by somebody put scaling/decisions/default/a.yaml in ${second.directory} back`,
    );
    renameSync(world.home.directory, `${world.home.directory}.away`);
    expect((await world.run('verify')).out).toContain(' 0 findings');
  });

  it('is named by verify, which checks what the others hold', async () => {
    const { world, second } = await decidedInTwo();
    renameSync(second.directory, `${second.directory}.away`);
    const { out, code, err } = await world.run('verify');
    expect(code).toBe(1);
    expect(err).toMatch(/^left out: RepositoryNotFound: reading \S+second\.git/);
    expect(out).toContain('1 decision computed again, 0 of other rules not, 0 findings');
    // Which of them is of the one that is gone, nobody knows.
    const since = ['--since', world.home.git('rev-parse', 'main').trim(), '--since', '0123456789'];
    const data = await world.run('verify', '-o', 'json', ...since);
    expect(data.err).toMatch(/^left out: RepositoryNotFound/);
    expect(JSON.parse(data.out)).toMatchObject({ findings: [], leftOut: [{ reason: 'RepositoryNotFound' }] });
  });
});
