import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BareRepository } from '../repository/bare-repository.ts';
import { gitAfter } from '../repository/git-wrapper.ts';
import { countOf, errorsOf, overlayOf, recordOf, verdictsOf, World } from './world.ts';

const RECORD = 'scaling/decisions/default/a.yaml';

/** A repository for each member; `fleet.git` of member one is home. */
function setUp(configuration = {}): { readonly world: World; readonly second: BareRepository } {
  const world = new World({
    destinations: [
      { name: 'first', repository: 'fleet.git', match: { members: ['one'] } },
      { name: 'second', repository: 'second.git', match: { members: ['two'] } },
    ],
    ...configuration,
  });
  const second = world.repository('second.git');
  world.dso({ name: 'a' });
  world.metric('a', 20);
  return { world, second };
}

function down({ directory }: BareRepository): () => void {
  renameSync(directory, `${directory}.away`);
  return () => renameSync(`${directory}.away`, directory);
}

describe('a repository per member', () => {
  it('is held by what is at home, also while another one is gone', async () => {
    const { world, second } = setUp();
    await world.tick();
    const up = down(second);
    expect((await world.run('plan')).out).toContain('default/a  behind');
    expect((await world.run('explain', 'default/a')).out).toContain(
      'the repository of two does not hold these numbers yet',
    );
    const held = await world.run('hold', 'default/a', '--reason', 'sale');
    expect([held.code, held.err]).toEqual([0, expect.not.stringContaining('is not held')]);
    expect(world.home.read('scaling/holds/default/a.yaml')).toContain('sale');
    up();
    expect((await world.run('resume', 'default/a', '--reason', 'over')).code).toBe(0);
    await world.tick();
    expect(recordOf(second, 'a')?.seq).toBe(recordOf(world.home, 'a')?.seq);
  });

  it('each gets its overlay and the same record', async () => {
    const { world, second } = setUp();
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([2, 2]);
    expect(world.home.paths().filter((path) => path.includes('/two/'))).toEqual([]);
    expect(second.paths().filter((path) => path.includes('/one/'))).toEqual([]);
    expect(second.read(RECORD)).toBe(world.home.read(RECORD));
    expect([world.home.log().length, second.log().length]).toEqual([2, 2]);
    world.restart();
    await world.tick();
    expect([world.home.log().length, second.log().length]).toEqual([2, 2]);
  });

  it.each(['fatal: unable to read tree object', 'fatal: write error: No space left on device'])(
    'one whose mirror is made again while a tick decides gets what it missed: %s',
    async (failure) => {
      const { world, second } = setUp();
      await world.tick();
      const failing = join(world.directory, 'failing');
      mkdirSync(failing);
      // Of the mirrors both have the next one to write, home before the other.
      const fails = `[ "$(cat '${failing}/at' 2>/dev/null)" = "$PWD" ] || { [ -e '${failing}/at' ] && mkdir '${failing}/done'; }`;
      const script = `case " $* " in *" fast-import "*) if [ -e '${failing}/armed' ]; then if ${fails}; then echo '${failure}' >&2; exit 128; fi; echo "$PWD" > '${failing}/at'; fi;; esac`;
      world.environment['PATH'] = gitAfter(script, join(world.directory, 'bin'));
      await world.moment();
      writeFileSync(join(failing, 'armed'), '');
      world.metric('a', 100);
      await world.stay();
      for (let round = 0; round < 5; round += 1) {
        // The time until the mirror may be made again, and then a moment of its own for each answer.
        world.now += 60_000;
        await world.stay();
        await sleep(300);
        world.now -= 14_000;
        await world.stay();
      }
      expect([recordOf(world.home, 'a')?.seq, recordOf(second, 'a')?.seq, countOf(second, 'two', 'a')]).toEqual([
        2, 2, 10,
      ]);
    },
  );

  it('a hold in one that cannot be read is not forgotten', async () => {
    const { world, second } = setUp();
    await world.tick();
    const path = overlayOf('two', 'a');
    second.commit({ [path]: `${second.read(path)}`.replace(/value: \d+/, 'value: 7') });
    world.metric('a', 100);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held HandEdit' });
    await world.save();
    world.restart();
    rmSync(join(world.directory, 'cache'), { recursive: true });
    const up = down(second);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'wait DestinationUnavailable' });
    expect(countOf(world.home, 'one', 'a')).toBe(2);
    up();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held HandEdit' });
  });

  it('keeps the state at home alone', async () => {
    const { world, second } = setUp();
    await world.run('apply');
    const states = (repository: BareRepository) => [...repository.refs().keys()].filter((ref) => ref.includes('state'));
    expect([states(world.home).length, states(second).length]).toEqual([1, 0]);
  });

  it('one that is down is pending while the other is delivered, and follows when it is back', async () => {
    const { world, second } = setUp();
    await world.tick();
    const back = down(second);
    world.metric('a', 60);
    expect(errorsOf(await world.tick())).toEqual(['RepositoryNotFound']);
    expect(countOf(world.home, 'one', 'a')).toBe(6);
    world.metric('a', 80);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(8);
    back();
    expect([countOf(second, 'two', 'a'), recordOf(second, 'a')?.seq]).toEqual([2, 1]);
    world.restart();
    expect(errorsOf(await world.tick())).toEqual([]);
    expect([countOf(second, 'two', 'a'), recordOf(second, 'a')?.seq]).toEqual([8, 3]);
    expect(second.read(RECORD)).toBe(world.home.read(RECORD));
    expect(second.log()).toHaveLength(3);
    const subjects = [world.home, second].map((one) => one.git('log', '-1', '--format=%s').trim());
    expect(subjects).toEqual([
      'scale default/a 12 -> 16 (one 6 -> 8, two 6 -> 8)',
      'scale default/a at 16 (one 6 -> 8, two 2 -> 8)',
    ]);
  });

  it('how a member is wired is told with its first overlay, not with each decision that waits for it', async () => {
    const { world, second } = setUp();
    const back = down(second);
    const wired = async (): Promise<readonly string[]> => {
      return (await world.run('apply')).out.match(/(?<=^# )(one|two)(?=:)/gm) ?? [];
    };
    expect(await wired()).toEqual(['one']);
    world.metric('a', 60);
    expect(await wired()).toEqual([]);
    back();
    expect(await wired()).toEqual(['two']);
  });

  it('nothing is said of the wiring of what a rule holds', async () => {
    const rules = [{ name: 'ask', when: { namespaces: ['b'] }, then: 'hold' }];
    const world = new World({ destinations: [{ repository: 'fleet.git', delivery: { rules } }] });
    for (const [name, namespace] of [
      ['a', 'default'],
      ['x', 'b'],
    ] as const) {
      world.dso({ name, namespace });
      world.metric(name, 20, namespace);
    }
    const { out } = await world.run('apply');
    expect(out).toContain('Wire default/a once');
    expect(out).not.toContain('Wire b/x');
  });

  it('one that was down from the first decision on follows', async () => {
    const { world, second } = setUp();
    const back = down(second);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(2);
    back();
    await world.tick();
    expect(countOf(second, 'two', 'a')).toBe(2);
    expect(second.read(RECORD)).toBe(world.home.read(RECORD));
  });

  it.each([
    ['refuses every push', {}, true],
    ['waits for a person', { delivery: { rules: [{ name: 'ask', then: 'hold' }] } }, false],
  ])('one that %s from the first decision on is no reason to decide again', async (_, extra, isRefused) => {
    const { world, second } = setUp({
      destinations: [
        { name: 'first', repository: 'fleet.git', match: { members: ['one'] } },
        { name: 'second', repository: 'second.git', match: { members: ['two'] }, ...extra },
      ],
    });
    if (isRefused) second.hook('pre-receive', 'exit 1');
    for (let round = 0; round < 3; round += 1) await world.tick();
    expect([world.home.log().length, recordOf(world.home, 'a')?.seq]).toEqual([2, 1]);
    if (isRefused) rmSync(`${second.directory}/hooks`, { recursive: true });
    expect((await world.run('apply', ...(isRefused ? [] : ['--approve', 'default/a']))).code).toBe(0);
    expect([world.home.log().length, countOf(second, 'two', 'a'), second.read(RECORD)]).toEqual([
      2,
      2,
      world.home.read(RECORD),
    ]);
  });

  it('one that was down since its overlay was prepared follows: a placeholder is no hand edit', async () => {
    const { world, second } = setUp();
    world.metric('a', 0);
    await world.tick();
    expect(second.read(overlayOf('two', 'a'))).toContain('patches: []');
    const back = down(second);
    world.metric('a', 20);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(2);
    back();
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'change' });
    expect(countOf(second, 'two', 'a')).toBe(2);
  });

  it('home that is down: nothing is written anywhere, other DSOs go on', async () => {
    const { world, second } = setUp();
    world.dso({ name: 'b', members: { two: 1 } });
    world.metric('b', 20);
    await world.tick();
    const back = down(world.home);
    world.metric('a', 60);
    world.metric('b', 60);
    const result = await world.tick();
    expect(verdictsOf(result)).toEqual({ 'default/a': 'change', 'default/b': 'change' });
    expect(errorsOf(result)).toEqual(['RepositoryNotFound']);
    expect([countOf(second, 'two', 'a'), countOf(second, 'two', 'b')]).toEqual([2, 12]);
    back();
    await world.tick();
    expect([countOf(world.home, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([6, 6]);
  });

  it('a lost race in the second is tried again there alone', async () => {
    const { world, second } = setUp();
    await world.tick();
    world.race(second, { theirs: 'x\n' });
    world.metric('a', 60);
    expect(errorsOf(await world.tick())).toEqual([]);
    expect([countOf(world.home, 'one', 'a'), countOf(second, 'two', 'a')]).toEqual([6, 6]);
    expect([world.home.log().length, second.log().length]).toEqual([3, 4]);
    expect(second.read(RECORD)).toBe(world.home.read(RECORD));
  });

  it('a hand edit in the second holds also where its record was removed with it', async () => {
    const { world, second } = setUp();
    const path = overlayOf('two', 'a');
    for (const value of [20, 60]) {
      world.metric('a', value);
      await world.tick();
      const tip = second.tip() ?? '';
      second.commit({ [RECORD]: null, [path]: second.read(path)?.replace(/value: \d+/, 'value: 40') ?? '' });
      world.restart();
      expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held HandEdit' });
      expect(countOf(second, 'two', 'a')).toBe(40);
      // Removed alone, it is written again.
      second.git('update-ref', 'refs/heads/main', tip);
      second.commit({ [RECORD]: null });
      world.restart();
      await world.tick();
      expect(second.read(RECORD)).toBe(world.home.read(RECORD));
    }
  });

  it('a record at home that cannot be read and is removed, as is advised, is adopted from the counts of both', async () => {
    const { world } = setUp();
    await world.tick();
    world.home.commit({ [RECORD]: 'nothing\n' });
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'stalled RecordUnreadable' });
    world.home.commit({ [RECORD]: null });
    world.restart();
    expect(verdictsOf(await world.tick())).not.toEqual({ 'default/a': 'held Reverted' });
    world.metric('a', 60);
    await world.tick();
    expect(countOf(world.home, 'one', 'a')).toBe(6);
  });

  it('one commit moves no more than the limit also where the branch was behind', async () => {
    const second = { name: 'second', repository: 'second.git', match: { members: ['two'] } };
    const { world, second: branch } = setUp({
      destinations: [
        { name: 'first', repository: 'fleet.git', match: { members: ['one'] } },
        { ...second, delivery: { maxReplicasPerCommit: 3 } },
      ],
    });
    await world.tick();
    const back = down(branch);
    for (const value of [40, 60, 80]) {
      world.metric('a', value);
      await world.tick();
    }
    back();
    world.restart();
    const { outcomes } = await world.tick();
    expect(outcomes[0]?.verdict).toMatchObject({
      reason: 'ApprovalNeeded',
      message: expect.stringContaining('moves 6'),
    });
    expect(countOf(branch, 'two', 'a')).toBe(2);
  });

  it('a hand edit in the second holds both', async () => {
    const { world, second } = setUp();
    await world.tick();
    second.commit({ [overlayOf('two', 'a')]: 'kind: Component\n' });
    world.metric('a', 60);
    expect(verdictsOf(await world.tick())).toEqual({ 'default/a': 'held HandEdit' });
    expect(countOf(world.home, 'one', 'a')).toBe(2);
  });

  it('a record of another installation in the second is not overwritten', async () => {
    const { world, second } = setUp();
    world.configure({ owner: 'other', members: ['two'], destinations: [{ repository: 'second.git' }] });
    world.dso({ name: 'a', members: { two: 1 } });
    await world.tick();
    const theirs = second.read(RECORD);
    expect(recordOf(second, 'a')?.owner).toBe('other');
    const world2 = {
      destinations: [
        { repository: 'fleet.git', match: { members: ['one'] } },
        { repository: 'second.git', match: { members: ['two'] } },
      ],
    };
    world.configure({ owner: 'ours', ...world2 });
    world.dso({ name: 'a' });
    await world.tick();
    expect(second.read(RECORD)).toBe(theirs);
  });

  it('a tick makes one commit in each, also where one is home of some and second of others', async () => {
    const { world, second } = setUp();
    world.dso({ name: 'b', members: { two: 1 } });
    world.metric('b', 20);
    await world.tick();
    expect([countOf(second, 'two', 'a'), countOf(second, 'two', 'b')]).toEqual([2, 4]);
    expect(second.log()).toHaveLength(2);
  });

  it('a failure is reported where the same destination also took something', async () => {
    const { world, second } = setUp();
    world.dso({ name: 'b', members: { two: 1 } });
    world.metric('b', 20);
    second.commit({ [overlayOf('two', 'a')]: { link: 'elsewhere' } });
    const result = await world.tick();
    expect(countOf(second, 'two', 'b')).toBe(4);
    expect(errorsOf(result)).toEqual(['PathNotOurs']);
  });
});
