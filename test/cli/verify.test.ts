import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blobId } from '../../src/manifests/blob.ts';
import { forge, forgeOverlay, forgeRecord, mergeOf, RECORD, scaled, verified } from '../history/verified.ts';
import { overlayOf, TWO_REPOSITORIES, World } from '../scenarios/world.ts';

/** Decisions with ups, a stabilised down, a missing reading, an adoption, weights and a fallen total. */
async function past(): Promise<World> {
  const world = new World();
  world.dso({ name: 'a' });
  world.dso({ name: 'b', members: { one: 3, two: 7 } });
  world.metric('b', 95);
  for (const value of [20, 60, 'abc', 35, 100]) {
    world.metric('a', value);
    await world.tick();
    world.now += 90_000;
  }
  world.metric('a', 10);
  await world.tick();
  world.now += 900_000;
  await world.tick();
  world.dso({ name: 'b', members: { one: 1, two: 1 } });
  await world.tick();
  return world;
}

describe('verify', () => {
  it('finds nothing in what the product wrote, and has computed all of it again', async () => {
    const world = await past();
    const result = await verified(world);
    expect(result.findings).toEqual([]);
    expect(result.code).toBe(0);
    expect(result.recomputed).toBeGreaterThan(5);
    expect(result.notRecomputed).toBe(0);
  });

  it('also where a hold was resumed; what a person changed is told', async () => {
    const world = await past();
    const path = overlayOf('one', 'a');
    const text = world.home.read(path) ?? '';
    const commit = world.home.commit({ [path]: text.replace(/value: \d+/, 'value: 9') });
    expect((await verified(world)).code).toBe(1);
    await world.run('resume', 'default/a');
    await world.tick();
    const { findings, resumed, code } = await verified(world);
    expect([findings, code]).toEqual([[], 0]);
    expect(resumed).toEqual([{ path, commit, author: 'somebody', repository: world.home.directory }]);
    expect((await world.run('verify')).out).toContain(`${commit.slice(0, 10)} by somebody changed ${path}`);
  });

  it('names a hand edit for ever that a decision overwrote', async () => {
    const world = await scaled();
    const path = overlayOf('one', 'a');
    const [record, overlay] = [world.home.read(RECORD), world.home.read(path)];
    world.home.git('update-ref', 'refs/heads/main', 'main^');
    const commit = world.home.commit({ [path]: (world.home.read(path) ?? '').replace(/value: \d+/, 'value: 9') });
    world.home.commit({ [RECORD]: record, [path]: overlay, [overlayOf('two', 'a')]: overlay });
    const { findings } = await verified(world);
    expect(findings.map(({ reason }) => reason).toSorted()).toEqual(['HandEdit', 'NotDecided']);
    expect(findings.find(({ reason }) => reason === 'HandEdit')).toMatchObject({ path, commit });
  });

  it('names a hand edit and its commit', async () => {
    const world = await past();
    const path = overlayOf('one', 'a');
    const text = world.home.read(path) ?? '';
    const commit = world.home.commit({ [path]: text.replace(/value: \d+/, 'value: 9') });
    world.home.commit({ [path]: text });
    const result = await verified(world);
    expect(result.findings).toMatchObject([{ reason: 'HandEdit', path, commit }]);
    expect(result.code).toBe(1);
  });

  it.each([
    ['a total', (text: string) => text.replace(/(total: \{before: \d+, after: )\d+/, '$117'), 'WrongTotal'],
    ['a reading', (text: string) => text.replace('reading: {value: 10}', 'reading: {value: 500}'), 'WrongTotal'],
    ['a weight', (text: string) => text.replace(/weight: 1$/m, 'weight: 9'), 'WrongSplit'],
    ['what it is', () => 'nothing\n', 'UnreadableRecord'],
    ['an overlay', (text: string) => text.replace(/(overlay: "?)[0-9a-f]{6}/, '$1abcdef'), 'MissingOverlay'],
    ['its number', (text: string) => text.replace(/^seq: \d+$/m, 'seq: 99'), 'BrokenChain'],
  ])('names a record of which %s was changed', async (_, change, reason) => {
    const world = await past();
    const text = world.home.read(RECORD) ?? '';
    const changed = change(text);
    expect(changed).not.toBe(text);
    const commit = world.home.commit({ [RECORD]: changed });
    const { findings } = await verified(world);
    expect(findings.map((one) => one.reason)).toContain(reason);
    expect(findings.every((one) => one.commit === commit)).toBe(true);
  });

  it('names a chain that is broken, and tells a revert without blame', async () => {
    const world = await past();
    const text = world.home.read(RECORD) ?? '';
    const older = world.home.git('log', '--format=%H', 'main', '--', RECORD).trim().split('\n').at(-1) ?? '';
    world.home.commit({ [RECORD]: world.home.read(RECORD, older) });
    const reverted = await verified(world);
    expect(reverted.findings.filter(({ reason }) => reason === 'BrokenChain')).toEqual([]);
    expect(reverted.reverts).toHaveLength(1);
    world.home.commit({ [RECORD]: text.replace(/^previous: .*$/m, `previous: "${'0'.repeat(40)}"`) });
    const { findings } = await verified(world);
    expect(findings.map(({ reason }) => reason)).toContain('BrokenChain');
  });

  it('says in a table what it proved and what not', async () => {
    const world = await past();
    const { out } = await world.run('verify');
    expect(out).toMatch(/\d+ decisions computed again, 0 of other rules not, 0 findings/);
    expect(out).toContain('not who wrote them');
  });
});

describe('verify decides again, and names', () => {
  it.each<[string, string, (files: Record<string, string>) => void]>([
    ['another count', 'WrongOverlay', forgeOverlay((text) => text.replace('value: 10', 'value: 9'))],
    ['another workload', 'WrongOverlay', forgeOverlay((text) => text.replace('a-app', 'b-app'))],
    ['another field', 'WrongOverlay', forgeOverlay((text) => text.replace('/spec/replicas', '/spec/paused'))],
    ['one patch more', 'WrongOverlay', forgeOverlay((text) => `${text}  - path: other.yaml\n`)],
    ['one resource more', 'WrongOverlay', forgeOverlay((text) => `${text}resources: [other.yaml]\n`)],
    ['no reading but one of its own', 'WrongTotal', forgeRecord('reading: {value: 100}', 'reading: {value: 90}')],
    ['a total before', 'WrongTotal', forgeRecord('total: {before: 4', 'total: {before: 5')],
    ['a count before', 'WrongSplit', forgeRecord('before: 2', 'before: 3')],
    ['an exact share', 'WrongSplit', forgeRecord('exact: 10', 'exact: 9.5')],
    ['a reason', 'WrongWords', forgeRecord(/^reason: .*$/m, 'reason: "the owner of the cluster said so"')],
    ['a step', 'WrongWords', forgeRecord('total 4 -> 20', 'total 4 -> 21')],
    ['a step before all', 'WrongWords', forgeRecord('steps: [', 'steps: ["total 4 -> 4", ')],
    ['a time of activity', 'WrongState', forgeRecord(/(after:\n.*lastActiveTime: )\d+/s, '$11')],
    ['a state that is older than the record before', 'WrongState', forgeRecord(/asOf: \d+/, 'asOf: 1')],
    ['a target', 'NotDecided', forgeRecord('name: a-app}', 'name: b-app}')],
    ['an owner', 'NotDecided', forgeRecord('owner: default', 'owner: other')],
    ['another DSO', 'BrokenChain', forgeRecord('name: a}', 'name: z}')],
    ['a weight that is none', 'UnreadableRecord', forgeRecord('weight: 1', 'weight: 9000000')],
  ])('%s: %s', async (_, reason, change) => {
    const world = await scaled();
    forge(world, change);
    const { findings, code } = await verified(world);
    expect(findings.map((one) => [one.reason, one.commit])).toEqual([[reason, world.home.tip()]]);
    expect(code).toBe(1);
  });

  it('no overlay that only is written in other words', async () => {
    const world = await scaled();
    forge(
      world,
      forgeOverlay((text) =>
        text.replace(/^#.*$/gm, '# in other words').replace('kind: Deployment', 'kind: "Deployment"'),
      ),
    );
    expect((await verified(world)).findings).toEqual([]);
  });

  it('a value at another key of a Helm values file', async () => {
    const destinations = [{ repository: 'fleet.git', layout: 'helm-values', helmValuesKey: 'web.replicas' }];
    const world = await scaled({ destinations });
    expect((await verified(world)).findings).toEqual([]);
    const path = 'scaling/members/one/default/a/values.yaml';
    const text = world.home.read(path) ?? '';
    const other = text.replace('replicas:', 'paused:');
    const record = (world.home.read(RECORD) ?? '').replace(blobId(text), blobId(other));
    const two = 'scaling/members/two/default/a/values.yaml';
    world.home.git('update-ref', 'refs/heads/main', 'main^');
    world.home.commit({ [path]: `${other}`, [two]: text, [RECORD]: record });
    expect((await verified(world)).findings.map(({ reason }) => reason)).toEqual(['WrongOverlay']);
  });

  it('a decision that nothing called for', async () => {
    const world = await scaled();
    const text = world.home.read(RECORD) ?? '';
    const again = text
      .replaceAll('seq: 2', 'seq: 3')
      .replaceAll('seq: 1', 'seq: 2')
      .replace(/^previous: .*$/m, `previous: "${blobId(text)}"`)
      .replace('total: {before: 4', 'total: {before: 20')
      .replaceAll('before: 2\n', 'before: 10\n')
      .replace(/asOf: \d+/, `asOf: ${world.now}`);
    world.home.commit({ [RECORD]: again });
    expect((await verified(world)).findings.map(({ reason }) => reason)).toEqual(['NotDecided']);
  });

  it('a decision that was written although a person held it', async () => {
    const world = await scaled();
    const files = [RECORD, overlayOf('one', 'a'), overlayOf('two', 'a')].map((path) => [path, world.home.read(path)]);
    world.home.git('update-ref', 'refs/heads/main', 'main^');
    world.restart();
    await world.run('hold', 'default/a', '--reason', 'migration');
    const commit = world.home.commit(Object.fromEntries(files));
    expect((await verified(world)).findings).toMatchObject([{ reason: 'NotDecided', commit }]);
  });

  it.each([
    ['has what no parent has', (text: string) => text.replace('value: 10', 'value: 9')],
    ['has what only the other parent has', (text: string) => text.replace('value: 10', 'value: 2')],
  ])('an overlay that was changed by a merge, which %s', async (_, change) => {
    const world = await scaled();
    const path = overlayOf('one', 'a');
    const { home } = world;
    home.git('branch', 'topic', 'main^');
    home.commit({ 'docs/a.md': 'x\n' }, 'topic');
    home.git('branch', 'merged', 'main');
    home.commit({ [path]: change(home.read(path) ?? '') }, 'merged');
    const merge = mergeOf(home, ['main', 'topic'], 'merged');
    const { findings } = await verified(world);
    expect(findings).toMatchObject([{ reason: 'HandEdit', path, commit: merge, author: 'Eve' }]);
  });

  it('nothing where branches of others are merged, in either order', async () => {
    const world = await scaled();
    const { home } = world;
    for (const [index, order] of [['main', 'topic-0'] as const, ['topic-1', 'main'] as const].entries()) {
      const topic = `topic-${index}`;
      home.git('branch', topic, 'main^');
      home.git('branch', `${topic}-merged`, 'main');
      for (const branch of [topic, `${topic}-merged`]) home.commit({ [`docs/${index}.md`]: 'x\n' }, branch);
      mergeOf(home, order, `${topic}-merged`);
      world.metric('a', 120 + 20 * index);
      await world.tick();
      world.now += 120_000;
    }
    world.metric('a', 300);
    await world.tick();
    const { findings, recomputed, reverts } = await verified(world);
    expect([findings, recomputed, reverts]).toEqual([[], 5, []]);
  });

  it.each([
    ['put back without its record', (world: World, path: string) => world.home.read(path, 'main^')],
    ['removed', () => null],
    ['emptied', (world: World, path: string) => (world.home.read(path) ?? '').replace(/patches:.*/s, 'patches: []\n')],
    ['made to look like an index', (world: World, path: string) => `${world.home.read(path)}components: [../b]\n`],
  ])('an overlay that was %s', async (_, change) => {
    const world = await scaled();
    const path = overlayOf('one', 'a');
    const commit = world.home.commit({ [path]: change(world, path) });
    expect((await verified(world)).findings).toMatchObject([{ reason: 'HandEdit', path, commit }]);
  });
});

describe('verify --since', () => {
  it('counts only what came after a commit, and says how much did not', async () => {
    const world = await scaled();
    const path = overlayOf('one', 'a');
    const text = world.home.read(path) ?? '';
    world.home.commit({ [path]: text.replace('value: 10', 'value: 9') });
    const back = world.home.commit({ [path]: text });
    expect((await verified(world)).code).toBe(1);
    const known = await verified(world, '--since', back.slice(0, 10));
    expect([known.code, known.findings, known.accepted]).toEqual([0, [], 1]);
    expect((await world.run('verify', '--since', back)).out).toContain('0 findings, 1 until --since accepted');
    const edit = world.home.commit({ [path]: text.replace('value: 10', 'value: 8') });
    const later = await verified(world, '--since', back);
    expect([later.code, later.findings.map(({ commit }) => commit), later.accepted]).toEqual([1, [edit], 1]);
  });

  it('believes no date of a commit, and refuses one that the branch does not have any more', async () => {
    const world = await scaled();
    const path = overlayOf('one', 'a');
    const tip = world.home.tip() ?? '';
    // Commits of others are years older here than those of the product.
    const edit = world.home.commit({ [path]: (world.home.read(path) ?? '').replace('value: 10', 'value: 9') });
    expect((await verified(world, '--since', tip)).findings).toMatchObject([{ commit: edit }]);
    world.home.git('update-ref', 'refs/heads/main', tip);
    const gone = await world.run('verify', '--since', edit);
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining(`has ${edit} in its history`)]);
  });

  it.each(['main', 'v1.0', '2026-01-01', 'yesterday', '2323a8'])('says what it takes, and not %s', async (since) => {
    const world = new World();
    const { code, out, err } = await world.run('verify', '--since', since);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`'${since}' is invalid. expected the id of a commit, or 7 characters of it or more`);
    expect(err).toMatch(/git rev-parse <name>, or git rev-list -1 --before=<date> <branch>, tells the id/);
    expect((await world.run('verify', '--help')).out.replaceAll(/\s+/g, ' ')).toContain('at least 7 characters of it');
  });

  it('takes an id in capitals', async () => {
    const world = await scaled();
    const tip = world.home.tip() ?? '';
    expect((await verified(world, '--since', tip.slice(0, 12).toUpperCase())).code).toBe(0);
  });

  it('takes a commit of each repository', async () => {
    const { destinations } = TWO_REPOSITORIES;
    const world = new World({ destinations });
    const second = world.repository('second.git');
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    const edits = [
      [world.home, 'one'],
      [second, 'two'],
    ] as const;
    const [first = '', other = ''] = edits.map(([repository, member]) => {
      const path = overlayOf(member, 'a');
      return repository.commit({ [path]: (repository.read(path) ?? '').replace('value: 2', 'value: 3') });
    });
    expect((await verified(world)).findings).toHaveLength(2);
    expect((await verified(world, '--since', first)).findings).toMatchObject([{ commit: other }]);
    expect((await verified(world, '--since', first, '--since', other)).code).toBe(0);
  });
});

describe('verify of two repositories', () => {
  const { destinations } = TWO_REPOSITORIES;

  it('finds nothing where one was down, and came later', async () => {
    const world = await scaled({ members: ['one'], destinations: [{ repository: 'fleet.git' }] });
    world.dso({ name: 'a', members: { one: 1 } });
    await world.tick();
    const second = world.repository('second.git');
    world.configure({ destinations });
    world.dso({ name: 'a' });
    await world.tick();
    const away = `${second.directory}.away`;
    renameSync(second.directory, away);
    for (const value of [120, 140, 160]) {
      world.metric('a', value);
      await world.tick();
    }
    renameSync(away, second.directory);
    world.now += 120_000;
    await world.tick();
    expect(second.log().length).toBe(3);
    const { findings, recomputed } = await verified(world);
    expect(findings).toEqual([]);
    expect(recomputed).toBeGreaterThan(6);
  });

  it('names in each what was changed there, until it is resumed', async () => {
    const world = new World({ destinations });
    const second = world.repository('second.git');
    world.dso({ name: 'a' });
    world.metric('a', 20);
    await world.tick();
    const path = overlayOf('two', 'a');
    const commit = second.commit({ [path]: (second.read(path) ?? '').replace('value: 2', 'value: 3') });
    expect((await verified(world)).findings).toMatchObject([{ reason: 'HandEdit', path, commit }]);
    await world.run('resume', 'default/a');
    const { findings, resumed } = await verified(world);
    expect([findings, resumed]).toEqual([[], [{ path, commit, author: 'somebody', repository: second.directory }]]);
  });
});
