import { describe, expect, it } from 'vitest';
import { type Change, type Condition, type Policy, type Route, route } from '../../src/delivery/policy.ts';
import { singleWindow } from '../../src/delivery/window.ts';

const ANY: Condition = {
  direction: null,
  replicas: null,
  percent: null,
  zero: null,
  members: null,
  namespaces: null,
  labels: {},
  annotations: {},
  window: null,
};

function change(before: number, after: number, given: Partial<Change> = {}): Change {
  return {
    namespace: 'shop',
    labels: { tier: 'web' },
    annotations: { 'shop.example/risk': 'low' },
    members: ['eu'],
    before,
    after,
    lowest: before,
    highest: before,
    ...given,
  };
}

/** A policy that holds what matches. */
function holding(when: Partial<Condition>): Policy {
  return {
    maxReplicasPerCommit: null,
    freezes: [],
    rules: [{ name: 'it', when: { ...ANY, ...when }, action: 'hold', window: null }],
  };
}

describe('a rule matches by', () => {
  it.each<[string, Partial<Condition>, Change, boolean]>([
    ['nothing at all', {}, change(4, 9), true],
    ['direction', { direction: 'up' }, change(4, 9), true],
    ['direction, not the other one', { direction: 'down' }, change(4, 9), false],
    ['direction of a split that moves', { direction: 'same' }, change(4, 4), true],
    ['replicas, the bound included', { replicas: { min: null, max: 5 } }, change(4, 9), true],
    ['replicas, not beyond', { replicas: { min: null, max: 5 } }, change(4, 10), false],
    ['replicas, at least', { replicas: { min: 6, max: null } }, change(10, 4), true],
    ['percent, the bound included', { percent: { min: null, max: 50 } }, change(4, 6), true],
    ['percent, not beyond', { percent: { min: null, max: 50 } }, change(4, 7), false],
    ['percent from 0, which is beyond all', { percent: { min: null, max: 1e9 } }, change(0, 1), false],
    ['small steps up that add up', { percent: { min: null, max: 50 } }, change(6, 8, { lowest: 4 }), false],
    ['small steps down that add up', { percent: { min: null, max: 50 } }, change(6, 4, { highest: 9 }), false],
    ['reaching zero', { zero: 'reached' }, change(4, 0), true],
    ['reaching zero, not staying there', { zero: 'reached' }, change(0, 0), false],
    ['leaving zero', { zero: 'left' }, change(0, 4), true],
    ['one of the members', { members: ['us', 'eu'] }, change(4, 9), true],
    ['members, none of them', { members: ['us'] }, change(4, 9), false],
    ['namespace', { namespaces: ['shop'] }, change(4, 9), true],
    ['namespace, not another', { namespaces: ['pay'] }, change(4, 9), false],
    ['labels', { labels: { tier: 'web' } }, change(4, 9), true],
    ['labels, not another value', { labels: { tier: 'db' } }, change(4, 9), false],
    ['annotations', { annotations: { 'shop.example/risk': 'low' } }, change(4, 9), true],
    ['annotations, not an absent one', { annotations: { x: '' } }, change(4, 9), false],
    ['a window that is open', { window: singleWindow(0, 100) }, change(4, 9), true],
    ['a window, not before it', { window: singleWindow(60, 100) }, change(4, 9), false],
    ['all of them together', { direction: 'up', zero: 'left' }, change(4, 9), false],
  ])('%s', (_name, when, given, isMatch) => {
    expect(route(holding(when), given, 50).action).toBe(isMatch ? 'hold' : 'push');
  });
});

describe('a policy', () => {
  const PUSHED: Route = { action: 'push', by: null, until: null };

  it('without rules pushes', () => {
    expect(route({ rules: [], freezes: [], maxReplicasPerCommit: null }, change(4, 9), 0)).toEqual(PUSHED);
  });

  it('takes the first rule that matches', () => {
    const rules: Policy['rules'] = [
      { name: 'growth', when: { ...ANY, direction: 'up' }, action: 'push', window: null },
      { name: 'all else', when: ANY, action: 'hold', window: null },
    ];
    expect(route({ rules, freezes: [], maxReplicasPerCommit: null }, change(4, 9), 0)).toEqual({
      ...PUSHED,
      by: 'growth',
    });
    expect(route({ rules, freezes: [], maxReplicasPerCommit: null }, change(9, 4), 0)).toMatchObject({
      action: 'hold',
      by: 'all else',
    });
  });

  it('waits for a window, and pushes in it', () => {
    const window = singleWindow(100, 200);
    const rules: Policy['rules'] = [{ name: 'office', when: ANY, action: 'wait', window }];
    expect(route({ rules, freezes: [], maxReplicasPerCommit: null }, change(9, 4), 50)).toEqual({
      action: 'wait',
      by: 'office',
      until: 100,
    });
    expect(route({ rules, freezes: [], maxReplicasPerCommit: null }, change(9, 4), 150)).toEqual({
      action: 'push',
      by: 'office',
      until: null,
    });
    expect(route({ rules, freezes: [], maxReplicasPerCommit: null }, change(9, 4), 200)).toEqual({
      action: 'wait',
      by: 'office',
      until: null,
    });
  });

  it('writes nothing in a freeze, whatever the rules say, but for what the freeze does not match', () => {
    const rules: Policy['rules'] = [{ name: 'all', when: ANY, action: 'push', window: null }];
    const freezes = [{ name: 'sale', when: { ...ANY, direction: 'down' as const }, window: singleWindow(100, 200) }];
    expect(route({ rules, freezes, maxReplicasPerCommit: null }, change(9, 4), 150)).toEqual({
      action: 'wait',
      by: 'sale',
      until: 200,
    });
    expect(route({ rules, freezes, maxReplicasPerCommit: null }, change(4, 9), 150).action).toBe('push');
    expect(route({ rules, freezes, maxReplicasPerCommit: null }, change(9, 4), 200).action).toBe('push');
  });
});
