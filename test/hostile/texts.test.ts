import { describe, expect, it } from 'vitest';
import { renderRecord } from '../../src/manifests/record.ts';
import { countOf, overlayOf, recordOf, verdictsOf, World } from '../scenarios/world.ts';
import { expectUntouched, snapshotOf } from './untouched.ts';

const MEGABYTES = 5_000_000;
const LAUGHS = Array.from({ length: 12 }, (_, depth) =>
  depth === 0 ? 'a0: &a0 [lol]\n' : `a${depth}: &a${depth} [${`*a${depth - 1},`.repeat(9)}]\n`,
).join('');

/** Texts that are no record of ours, by name of the DSO. */
const RECORDS: Readonly<Record<string, string>> = {
  big: `apiVersion: dso-gitops.dev/v1alpha1\nkind: Decision\nreason: ${'x'.repeat(MEGABYTES)}\n`,
  laughs: LAUGHS,
  proto: '__proto__: {seq: 1}\nconstructor: {prototype: {polluted: true}}\n',
  keys: Array.from({ length: 60_000 }, (_, index) => `k${index}: 1\n`).join(''),
  nested: '? - '.repeat(2000),
  deep: '['.repeat(90_000),
  binary: '\0\u0001\ufffe',
};

/** What a terminal acts on, or shows otherwise than it is. */
const ACTS = /[^\n\P{Cc}]|\p{Cf}|\p{Zl}|\p{Zp}/u;
const EVIL = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egnp.exe\u2066';

describe('files of somebody else that are hostile to whoever reads them', () => {
  it('are left as they are and named, and the others go on at once', async () => {
    const files = Object.entries(RECORDS).map(([name, text]) => [`scaling/decisions/default/${name}.yaml`, text]);
    const world = new World(
      {},
      {
        'base/app.yaml': 'x\n',
        ...Object.fromEntries(files),
        [overlayOf('one', 'heavy')]: `patches: []\n# ${'x'.repeat(MEGABYTES)}\n`,
        [overlayOf('one', 'twisted')]: `patches: [{patch: "${'? - '.repeat(2000)}"}]\n`,
        'scaling/holds/default/marked.yaml': `kind: Hold\nisHeld: false\nby: &a [*a]\n${EVIL}`,
        'scaling/members/one/crowd/kustomization.yaml': `components:\n${Array.from({ length: 100_000 }, (_, index) => `  - name-${index}\n`).join('')}`,
      },
    );
    for (const name of [...Object.keys(RECORDS), 'heavy', 'twisted', 'marked', 'good']) {
      world.dso({ name });
      world.metric(name, 20);
    }
    world.dso({ name: 'late', namespace: 'crowd' });
    world.metric('late', 20, 'crowd');
    const before = snapshotOf(world.home);
    const start = performance.now();
    const result = await world.tick();
    expect(performance.now() - start).toBeLessThan(20_000);
    const unreadable = Object.keys(RECORDS).map((name) => [`default/${name}`, 'stalled RecordUnreadable']);
    expect(verdictsOf(result)).toEqual({
      ...Object.fromEntries(unreadable),
      'crowd/late': 'change',
      'default/good': 'change',
      'default/heavy': 'stalled OverlayUnreadable',
      'default/twisted': 'stalled OverlayUnreadable',
      'default/marked': 'held Held',
    });
    expect(result.destinations.map(({ error }) => error?.path)).toEqual([
      'scaling/members/one/crowd/kustomization.yaml',
    ]);
    expectUntouched(world.home, before, ['scaling/members/one/default/kustomization.yaml']);
    expect(countOf(world.home, 'one', 'good')).toBe(2);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('words of somebody else', () => {
  /** Every command that shows something, and what it printed. */
  async function shown(world: World): Promise<ReadonlyMap<string, string>> {
    const printed = new Map<string, string>();
    const commands = ['plan', 'apply', 'status', 'status default/a', 'explain default/a', 'history', 'verify'];
    for (const command of [...commands, ...commands.map((one) => `${one} -o markdown`)]) {
      const { out, err } = await world.run(...command.split(' '));
      printed.set(command, out + err);
    }
    return printed;
  }

  it('in a commit, a hold and a record are shown as text and act on no terminal and no status', async () => {
    const world = new World();
    for (const name of ['a', 'b', 'c', 'd']) {
      world.dso({ name });
      world.metric(name, 20);
    }
    await world.tick();
    const edited = world.home.read(overlayOf('one', 'a'))?.replace('value: 2', 'value: 9') ?? '';
    world.home.commit({ [overlayOf('one', 'a')]: edited }, 'main', `subject${EVIL}`, `author${EVIL}`);
    const record = recordOf(world.home, 'b');
    if (!record) throw new Error('expected a record');
    const forged = { ...record, reason: `reason${EVIL}`, target: { ...record.target, name: 'other' } };
    world.home.commit({ 'scaling/decisions/default/b.yaml': renderRecord(forged) }, 'main', 's', `author${EVIL}`);
    const forgedTarget = { ...record, target: { ...record.target, name: `d${EVIL}` } };
    world.home.commit({ 'scaling/decisions/default/d.yaml': renderRecord(forgedTarget) });
    const hold = { apiVersion: 'dso-gitops.dev/v1alpha1', kind: 'Hold', metadata: { namespace: 'default', name: 'c' } };
    const words = { isHeld: true, by: `by${EVIL}`, time: '2026-01-01T00:00:00Z', reason: `why${EVIL}` };
    world.home.commit({ 'scaling/holds/default/c.yaml': JSON.stringify({ ...hold, ...words }) });
    const result = await world.tick();
    expect(verdictsOf(result)).toEqual({
      'default/a': 'held HandEdit',
      'default/b': 'stalled TargetChanged',
      'default/c': 'held Held',
      'default/d': 'stalled RecordUnreadable',
    });
    for (const { key, verdict } of result.outcomes)
      expect('message' in verdict ? verdict.message : '', key).not.toMatch(ACTS);
    for (const [command, text] of await shown(world)) expect(text, command).not.toMatch(ACTS);
  });
});
