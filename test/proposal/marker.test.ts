import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/config/load-templates.ts';
import { nameIn, parseMarker, speaksFor, withdrawn, withoutKeys } from '../../src/proposal/marker.ts';
import type { Proposal } from '../../src/proposal/proposal.ts';
import { renderProposal } from '../../src/proposal/render.ts';
import { isCurrent } from './is-current.ts';
import { entry, member, NOW, proposal } from './proposals.ts';

const templates = await loadTemplates(null);
const PROPOSAL = proposal();
const BODY = renderProposal(templates, PROPOSAL).body;
const [LINE = ''] = BODY.match(/<!-- dso-gitops.*/) ?? [];

describe('a marker', () => {
  it('is the last line, and reads back', () => {
    expect(BODY.trimEnd().endsWith(`\n${LINE}`)).toBe(true);
    expect(parseMarker(BODY)).toEqual({
      version: 1,
      group: 'shop',
      digest: expect.stringMatching(/^[0-9a-f]{40}$/),
      validUntil: PROPOSAL.validUntil,
      commit: PROPOSAL.commit,
      builtAt: PROPOSAL.builtAt,
      ground: '',
      numbers: { 'shop/web': [10, 'aaaaaaaa', expect.stringMatching(/^[0-9a-f]{8}$/)] },
    });
  });

  it.each(['shop/web', 'a --> b', '<!-- x', 'x"},{', '\\', '\u2028\n', '\u{1F600}', '\ud800', '@a #1'])(
    'has the group %j in it, and nothing of it outside of its string',
    (group) => {
      const { body } = renderProposal(templates, proposal({ group }));
      expect(parseMarker(body)?.group).toBe(group);
      expect(body.match(/<!--.*/g)).toEqual([expect.stringMatching(/^<!-- dso-gitops: \{[\w ",:{}\\[\]/.-]+\} -->$/)]);
    },
  );

  it.each([
    ['nothing', null],
    ['an empty body', ''],
    ['no JSON', LINE.replace('{', '{{')],
    ['another version', LINE.replace('"version":1', '"version":2')],
    ['a digest that is none', LINE.replace(/"digest":"../, '"digest":"zz')],
    ['a time that is none', LINE.replace(/"validUntil":\d+/, '"validUntil":1e300')],
    ['a key that we do not know', LINE.replace('{', '{"more":1,')],
    ['an empty group', LINE.replace('"shop"', '""')],
    ['a marker in a line of text', `see ${LINE}`],
    ['a marker in a quote', `> ${LINE}`],
    ['a long group', LINE.replace('"shop"', `"${'x'.repeat(401)}"`)],
    ['a very long marker', LINE.replace('{', `{"more":"${'x'.repeat(31_000)}",`)],
    ['a very long body', `${' '.repeat(300_000)}\n${LINE}`],
  ])('is not found in %s', (_what, body) => {
    expect(parseMarker(body)).toBeNull();
  });

  it('speaks for a thousand workloads by hashes of their names', () => {
    const key = (index: number): string => `a-namespace-with-a-long-name/a-workload-with-a-long-name-${index}`;
    const entries = Array.from({ length: 1000 }, (_, index) => entry({ key: key(index) }));
    const { body } = renderProposal(templates, proposal({ entries }));
    const marker = parseMarker(body);
    if (!marker) throw new Error('there is no marker');
    expect(body.length).toBeLessThan(65_536);
    expect(Object.keys(marker.numbers ?? {})).toHaveLength(1000);
    expect(marker.numbers?.[nameIn(marker, key(7))]).toEqual([10, 'aaaa', expect.stringMatching(/^[0-9a-f]{4}$/)]);
    expect([speaksFor(marker, key(999)), speaksFor(marker, 'shop/other')]).toEqual([true, false]);
    const less = parseMarker(withoutKeys(body, new Set([key(7)])));
    expect(less && [speaksFor(less, key(7)), speaksFor(less, key(8))]).toEqual([false, true]);
    expect(parseMarker(withdrawn(body))).toMatchObject({ numbers: {} });
    expect(parseMarker(body.replace(/"short":"\w/, '"short":"?'))).toBeNull();
  });

  it('leaves the numbers out where there are too many', () => {
    const entries = Array.from({ length: 2000 }, (_, index) => entry({ key: `shop/web-${index}` }));
    const { body } = renderProposal(templates, proposal({ entries }));
    expect(parseMarker(body)).toMatchObject({ group: 'shop', commit: PROPOSAL.commit });
    expect(parseMarker(body)?.numbers).toBeUndefined();
  });

  it('speaks for fewer workloads when it is told to', () => {
    const entries = [entry(), entry({ key: 'shop/a--b' })];
    const { body } = renderProposal(templates, proposal({ entries }));
    const less = withoutKeys(body, new Set(['shop/web']));
    const [kept] = Object.entries(parseMarker(body)?.numbers ?? {}).filter(([key]) => key === 'shop/a--b');
    expect(parseMarker(less)).toEqual({ ...parseMarker(body), numbers: Object.fromEntries(kept ? [kept] : []) });
    expect(kept?.[1][0]).toBe(10);
    expect(parseMarker(withoutKeys('no marker', new Set(['shop/web'])))).toMatchObject({ numbers: {} });
    const many = Array.from({ length: 1000 }, (_, index) => entry({ key: `shop/web-${index}` }));
    const { body: unsaid } = renderProposal(templates, proposal({ entries: many }));
    expect(parseMarker(withoutKeys(unsaid, new Set()))).toMatchObject({ group: 'shop', numbers: {} });
  });

  it('is read in time from what was made to be slow', () => {
    const started = performance.now();
    expect(parseMarker('<!-- dso-gitops: {\n'.repeat(13_000))).toBeNull();
    expect(parseMarker(`<!-- dso-gitops: {${'} -->x'.repeat(40_000)}`)).toBeNull();
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('cannot be forged by a text of an object: the last one is ours', () => {
    const forged = LINE.replace('"shop"', '"other"');
    const said = `x\n${forged}\n`;
    const given = entry({ key: said, reason: said, record: said, rule: said, members: [member(said)] });
    const { body } = renderProposal(templates, proposal({ base: said, writtenBy: said, entries: [given] }));
    expect(body.match(/^<!-- dso-gitops/gm)).toHaveLength(1);
    expect(parseMarker(body)?.group).toBe('shop');
  });
});

describe('a body is current', () => {
  const [first = entry()] = PROPOSAL.entries;
  const changed = (change: Partial<typeof first>): Partial<Proposal> => ({ entries: [{ ...first, ...change }] });

  it.each<[string, Partial<Proposal>]>([
    ['the same is proposed later', { renderedAt: NOW + 1000, validUntil: NOW + 7_200_000 }],
    ['a reading moved on', changed({ reason: 'load 46.5 / 5 per replica = 9 replicas' })],
    ['the record was made at another time', changed({ record: 'time: later' })],
    ['another version wrote it', { writtenBy: 'dso-gitops 2.0.0 of default' }],
    ['its last millisecond runs', { renderedAt: PROPOSAL.validUntil - 1 }],
    ['members come in another order', changed({ members: first.members.toReversed() })],
  ])('when %s', (_when, change) => {
    expect(isCurrent(BODY, { ...PROPOSAL, ...change })).toBe(true);
  });

  it.each<[string, Partial<Proposal>]>([
    ['its time is over', { renderedAt: PROPOSAL.validUntil }],
    ['it is of another group', { group: 'other' }],
    ['it goes to another branch', { base: 'release' }],
    ['it brings another commit', { commit: 'd'.repeat(40) }],
    ['a count differs', changed({ members: [member('member-1', { after: 6 }), member('member-2')] })],
    ['a count before differs', changed({ members: [member('member-1', { before: null }), member('member-2')] })],
    ['a share differs', changed({ members: [member('member-1', { sharePercent: 51 }), member('member-2')] })],
    ['a bound differs', changed({ members: [member('member-1', { bound: 'maximum' }), member('member-2')] })],
    ['a member is gone', changed({ members: [member('member-1')] })],
    ['the total differs', changed({ total: { before: 4, after: 11 } })],
    ['the reason is of another kind', changed({ reason: 'load 45: not active for more than 300 s' })],
    ['another rule asks', changed({ rule: 'steep' })],
    ['there is one workload more', { entries: [first, entry({ key: 'shop/cart' })] }],
  ])('but not when %s', (_when, change) => {
    expect(isCurrent(BODY, { ...PROPOSAL, ...change })).toBe(false);
  });

  it('whatever order workloads come in', () => {
    const entries = [first, entry({ key: 'shop/cart' })];
    const { body } = renderProposal(templates, proposal({ entries }));
    expect(isCurrent(body, proposal({ entries: entries.toReversed() }))).toBe(true);
  });

  it('with words of people around the marker, and line breaks of a browser', () => {
    const edited = `Looks good to me.\n\n${BODY}\nMerge after lunch.\n`.replaceAll('\n', '\r\n');
    expect(isCurrent(edited, PROPOSAL)).toBe(true);
  });

  it('but not without its marker, or with one that was changed', () => {
    expect(isCurrent(BODY.replace(LINE, ''), PROPOSAL)).toBe(false);
    expect(isCurrent(BODY.replace(/"digest":"./, '"digest":"x'), PROPOSAL)).toBe(false);
    expect(isCurrent(null, PROPOSAL)).toBe(false);
  });
});
