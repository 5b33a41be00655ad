import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/config/load-templates.ts';
import { withoutKeys } from '../../src/proposal/marker.ts';
import { nextStep, type Situation } from '../../src/proposal/next-step.ts';
import { renderProposal } from '../../src/proposal/render.ts';
import { entry, member, NOW, proposal } from './proposals.ts';

const templates = await loadTemplates(null);
const BUILT = NOW - 3_600_000;
const OPEN = {
  body: renderProposal(templates, proposal({ builtAt: BUILT })).body,
  labels: [],
  isAutoMergeArmed: false,
  mayBeQueued: false,
};
const ARMED = { ...OPEN, isAutoMergeArmed: true };
const SAME: Situation = {
  entries: [entry()],
  unknown: unknown(),
  held: new Set(),
  group: 'shop',
  ground: '',
  base: 'main',
  open: OPEN,
  tip: 'c'.repeat(40),
  now: NOW,
  rebuild: { thresholdPercent: 10, minIntervalMs: 600_000 },
};

const FUTURE = { ...OPEN, body: renderProposal(templates, proposal({ builtAt: 8.64e15 })).body };

/** Of these nothing can be said. */
function unknown(...keys: readonly string[]): Situation['unknown'] {
  return { silent: new Set(keys), present: null };
}

/** The same workload at another total. */
function moved(after: number): ReturnType<typeof entry> {
  return entry({
    total: { before: 4, after },
    members: [member('member-1', { after: after - 5 }), member('member-2')],
  });
}

describe('of a thousand workloads', () => {
  const entries = Array.from({ length: 1000 }, (_, index) => entry({ key: `team-${index % 20}/workload-${index}` }));
  const { body } = renderProposal(templates, proposal({ builtAt: BUILT, entries }));
  const situation = { ...SAME, open: { ...OPEN, body } };
  const [first = entry()] = entries;

  it.each<[string, Partial<Situation>, string]>([
    ['none moved', { entries }, 'none'],
    ['one moved a little', { entries: entries.with(7, { ...moved(11), key: 'team-7/workload-7' }) }, 'none'],
    [
      'one moved by more than the threshold',
      { entries: entries.with(7, { ...moved(12), key: 'team-7/workload-7' }) },
      'rebuild',
    ],
    ['the record of one was replaced', { entries: entries.with(0, { ...first, previous: 'b'.repeat(40) }) }, 'rebuild'],
    ['one goes', { entries: entries.slice(1) }, 'rebuild'],
    ['one goes of which nothing is known', { entries: entries.slice(1), unknown: unknown(first.key) }, 'none'],
    ['one comes', { entries: [...entries, entry({ key: 'team-0/more' })] }, 'rebuild'],
    ['a person holds another one', { entries, held: new Set(['team-0/more']), open: { ...ARMED, body } }, 'none'],
    ['a person holds one of them', { entries, held: new Set([first.key]), open: { ...ARMED, body } }, 'disarm'],
    ['one is unknown', { entries: [], unknown: unknown(first.key) }, 'none'],
  ])('%s', (_what, given, step) => {
    expect(nextStep({ ...situation, ...given }).kind).toBe(step);
  });
});

describe('what is done next about a pull request', () => {
  it.each<[string, Partial<Situation>, string]>([
    ['nothing is wanted and nothing open', { entries: [], open: null }, 'none'],
    ['something is wanted', { open: null }, 'create'],
    ['it is as it has to be', {}, 'none'],
    ['a total moved a little', { entries: [moved(11)] }, 'none'],
    ['a total moved by more than the threshold', { entries: [moved(12)] }, 'rebuild'],
    ['a total goes to nothing', { entries: [moved(0)] }, 'rebuild'],
    [
      'the same total is split otherwise',
      { entries: [entry({ members: [member('member-1', { after: 4 }), member('member-2', { after: 6 })] })] },
      'rebuild',
    ],
    ['its record was replaced on the base', { entries: [entry({ previous: 'b'.repeat(40) })] }, 'rebuild'],
    ['a workload comes', { entries: [entry(), entry({ key: 'shop/cart' })] }, 'rebuild'],
    ['a workload goes', { entries: [entry({ key: 'shop/cart' })] }, 'rebuild'],
    ['it is past its time, and the numbers are the same', { now: NOW + 3_600_000 }, 'refresh'],
    ['it is past its time, and the numbers moved a little', { entries: [moved(11)], now: NOW + 3_600_000 }, 'rebuild'],
    ['its text was thrown away', { open: { ...OPEN, body: '' } }, 'rebuild'],
    ['nothing is left', { entries: [] }, 'close'],
    ['of all that is left nothing can be said now', { entries: [], unknown: unknown('shop/web') }, 'none'],
    [
      'nothing is left of an unlisted one while something is unknown',
      { entries: [], open: { ...OPEN, body: '' }, unknown: unknown('shop/x') },
      'none',
    ],
    ['its branch is elsewhere', { tip: 'd'.repeat(40) }, 'rebuild'],
    [
      'its last line speaks for less',
      { open: { ...OPEN, body: withoutKeys(OPEN.body, new Set(['shop/web'])) } },
      'rebuild',
    ],
    ['its last line is of the far future', { entries: [moved(50)], open: FUTURE }, 'wait'],
    [
      'a workload in it is unknown, and another one moved',
      { entries: [entry({ key: 'shop/cart', total: { before: 4, after: 50 } })], unknown: unknown('shop/web') },
      'wait',
    ],
    [
      'nothing is left of what can be read, and not all can',
      { entries: [], unknown: { silent: new Set(), present: new Set(['shop/other']) } },
      'none',
    ],
    ['it was built a short time ago', { entries: [moved(50)], now: BUILT + 599_999 }, 'wait'],
    ['a person holds it', { entries: [], open: { ...OPEN, labels: ['dso/hold'] } }, 'wait'],
    ['an index that it changes was changed on the base', { ground: '0a1b2c3d' }, 'rebuild'],
    ['its text is that of another group', { group: 'other' }, 'rebuild'],
    [
      'a person holds it, and it may be queued',
      { open: { ...OPEN, mayBeQueued: true }, held: new Set(['shop/web']) },
      'disarm',
    ],
    ['it may be queued and nobody says no', { open: { ...OPEN, mayBeQueued: true } }, 'none'],
    ['a person holds it and it is armed', { open: { ...ARMED, labels: ['dso/hold'] } }, 'disarm'],
    ['a workload in it is held and it is armed', { entries: [], open: ARMED, held: new Set(['shop/web']) }, 'disarm'],
    ['a workload beside it is held and it is armed', { open: ARMED, held: new Set(['shop/cart']) }, 'none'],
  ])('when %s', (_when, change, step) => {
    expect(nextStep({ ...SAME, ...change }).kind).toBe(step);
  });

  it('says when it looks again', () => {
    const step = nextStep({ ...SAME, entries: [moved(50)], now: BUILT + 1000 });
    expect(step).toMatchObject({ kind: 'wait', reason: 'RebuiltLately', until: BUILT + 600_000 });
  });
});
