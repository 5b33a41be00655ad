import { describe, expect, test } from 'vitest';
import { type SplitMember, split } from '../../src/split/split.ts';

const guide: readonly SplitMember[] = [
  { name: 'member-1', weight: 4 },
  { name: 'member-2', weight: 6 },
];

function replicas(total: number, members: readonly SplitMember[]): readonly number[] {
  return split(total, members, 'shop/web').shares.map((share) => share.replicas);
}

function reasons(total: number, members: readonly SplitMember[]): readonly string[] {
  return split(total, members, 'shop/web').shares.map((share) => `${share.replicas} ${share.reason}`);
}

test('the weights 4:6 of the guide, totals 0 to 10', () => {
  const pairs = Array.from({ length: 11 }, (_, total) => replicas(total, guide).join(':'));
  expect(pairs.join(' ')).toBe('0:0 0:1 1:1 1:2 2:2 2:3 2:4 3:4 3:5 4:5 4:6');
});

test('a result has the total, the shares by name, what is left and what is short', () => {
  const members = [
    { name: 'b', weight: 1, max: 2 },
    { name: 'a', weight: 3, min: 9, capacity: 6 },
  ];
  expect(split(10, members, 'shop/web')).toEqual({
    total: 10,
    shares: [
      { name: 'a', replicas: 6, exact: 7.5, reason: 'capacity' },
      { name: 'b', replicas: 2, exact: 2.5, reason: 'maximum' },
    ],
    unplaced: 2,
    minUnmet: { a: 3 },
  });
});

test('names sort by code unit, and a member may be called __proto__', () => {
  const members = ['b', '__proto__', 'B', 'é'].map((name) => ({ name, weight: 1, min: 5 }));
  const { shares, minUnmet } = split(0, members, '');
  expect(shares.map(({ name }) => name)).toEqual(['B', '__proto__', 'b', 'é']);
  expect(Object.entries(minUnmet)).toHaveLength(4);
});

test('the largest total and weights are exact', () => {
  const members = [
    { name: 'a', weight: 1_000_000 },
    { name: 'b', weight: 999_999 },
  ];
  expect(replicas(2 ** 31 - 1, members)).toEqual([1_073_742_360, 1_073_741_287]);
});

describe('reasons', () => {
  test('a bound that does not bind is not the reason', () => {
    const members = [
      { name: 'a', weight: 4, min: 4, max: 4 },
      { name: 'b', weight: 6, min: 6, capacity: 6 },
    ];
    expect(reasons(10, members)).toEqual(['4 weight', '6 weight']);
  });

  test('minimum, and the members it takes from', () => {
    expect(reasons(3, [{ name: 'a', weight: 1, min: 1 }, ...guide])).toEqual(['1 minimum', '1 weight', '1 weight']);
    expect(reasons(9, [{ name: 'a', weight: 0, min: 2 }, ...guide])).toEqual(['2 minimum', '3 weight', '4 weight']);
  });

  test('maximum and capacity, whichever is lower', () => {
    const members = [
      { name: 'a', weight: 1, max: 2, capacity: 3 },
      { name: 'b', weight: 1, max: 3, capacity: 2 },
      { name: 'c', weight: 1 },
    ];
    expect(reasons(12, members)).toEqual(['2 maximum', '2 capacity', '8 weight']);
  });

  test('drained and down', () => {
    const members = [
      { name: 'a', weight: 0 },
      { name: 'b', weight: 5, min: 2, down: true },
      { name: 'c', weight: 1 },
    ];
    expect(reasons(5, members)).toEqual(['0 drained', '0 down', '5 weight']);
    expect(split(5, members, '').minUnmet).toEqual({});
    expect(split(5, members, '').shares.map(({ exact }) => exact)).toEqual([0, 0, 5]);
  });

  test('tier, until the higher tier is full', () => {
    const members = [
      { name: 'a', weight: 1, max: 4, priority: 1 },
      { name: 'b', weight: 1 },
    ];
    expect(reasons(4, members)).toEqual(['4 weight', '0 tier']);
    expect(reasons(6, members)).toEqual(['4 maximum', '2 tier']);
    expect(reasons(9, members)).toEqual(['4 maximum', '5 weight']);
  });
});

test('minimums of every tier come before the rest of any', () => {
  const members = [
    { name: 'a', weight: 1, priority: 2 },
    { name: 'b', weight: 1, min: 2, priority: 1 },
    { name: 'c', weight: 1, min: 2 },
  ];
  expect(replicas(3, members).slice(0, 1)).toEqual([0]);
  expect(reasons(5, members)).toEqual(['1 weight', '2 minimum', '2 minimum']);
});

describe('invalid input is a RangeError', () => {
  const one = { name: 'a', weight: 1 };

  test.each([
    ['total: expected an integer from 0 to 2147483647, found -1', -1, [one]],
    ['total: expected an integer from 0 to 2147483647, found 1.5', 1.5, [one]],
    ['total: expected an integer from 0 to 2147483647, found NaN', Number.NaN, [one]],
    ['total: expected an integer from 0 to 2147483647, found 2147483648', 2 ** 31, [one]],
    ['weight of member "a": expected an integer from 0 to 1000000, found 1000001', 1, [{ ...one, weight: 1_000_001 }]],
    ['weight of member "a": expected an integer from 0 to 1000000, found -1', 1, [{ ...one, weight: -1 }]],
    ['min of member "a": expected an integer >= 0, found 0.5', 1, [{ ...one, min: 0.5 }]],
    ['max of member "a": expected an integer >= 0, found -2', 1, [{ ...one, max: -2 }]],
    ['capacity of member "a": expected an integer >= 0, found Infinity', 1, [{ ...one, capacity: Infinity }]],
    ['priority of member "a": expected an integer >= 0, found -1', 1, [{ ...one, priority: -1 }]],
    ['expected every member name once, found more than one "a"', 1, [one, { name: 'b', weight: 1 }, one]],
  ])('%s', (message, total, members) => {
    expect(() => split(total, members, '')).toThrow(RangeError);
    expect(() => split(total, members, '')).toThrow(message);
  });

  test('all wrong numbers are named together', () => {
    expect(() => split(-1, [{ name: 'a', weight: -1, min: -1 }], '')).toThrow(
      'Cannot split: total: expected an integer from 0 to 2147483647, found -1; ' +
        'weight of member "a": expected an integer from 0 to 1000000, found -1; ' +
        'min of member "a": expected an integer >= 0, found -1.',
    );
  });
});
