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
};
const ARMED = { ...OPEN, isAutoMergeArmed: true };
const SAME: Situation = {
  entries: [entry()],
  unknown: new Set(),
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

/** The same workload at another total. */
function moved(after: number): ReturnType<typeof entry> {
  return entry({
    total: { before: 4, after },
    members: [member('member-1', { after: after - 5 }), member('member-2')],
  });
}

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
    ['of all that is left nothing can be said now', { entries: [], unknown: new Set(['shop/web']) }, 'none'],
    [
      'nothing is left of an unlisted one while something is unknown',
      { entries: [], open: { ...OPEN, body: '' }, unknown: new Set(['shop/x']) },
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
      { entries: [entry({ key: 'shop/cart', total: { before: 4, after: 50 } })], unknown: new Set(['shop/web']) },
      'wait',
    ],
    ['it was built a short time ago', { entries: [moved(50)], now: BUILT + 599_999 }, 'wait'],
    ['a person holds it', { entries: [], open: { ...OPEN, labels: ['dso/hold'] } }, 'wait'],
    ['an index that it changes was changed on the base', { ground: '0a1b2c3d' }, 'rebuild'],
    ['its text is that of another group', { group: 'other' }, 'rebuild'],
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
