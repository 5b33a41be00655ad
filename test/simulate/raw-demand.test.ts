import { expect, test } from 'vitest';
import type { Reading } from '../../src/demand/reading.ts';
import { askedFor, rawDemand } from '../../src/simulate/raw-demand.ts';
import { specOf } from '../demand/spec-of.ts';

const MISSING: Reading = { kind: 'missing', reason: 'ValueEmpty', message: 'empty' };
const spec = specOf({
  triggers: [
    { id: 'a', metricType: 'AverageValue', target: 5, activation: 0 },
    { id: 'b', metricType: 'AverageValue', target: 0.1, activation: 0 },
  ],
  maxReplicaCount: 10,
});

function value(number: number): Reading {
  return { kind: 'value', value: number };
}

test('the highest of what the triggers ask for, rounded up, without bounds or tolerance', () => {
  const asked = askedFor(
    new Map(),
    new Map([
      ['a', value(20.001)],
      ['b', value(0.3)],
    ]),
    spec,
  );
  expect([...asked]).toEqual([
    ['a', 5],
    ['b', 3],
  ]);
  expect(rawDemand(asked)).toBe(5);
  expect(rawDemand(askedFor(new Map(), new Map([['a', value(500)]]), spec))).toBe(100);
});

test('a missing reading goes on with what was asked for before', () => {
  const before = askedFor(
    new Map(),
    new Map([
      ['a', value(20)],
      ['b', MISSING],
    ]),
    spec,
  );
  expect(rawDemand(before)).toBe(4);
  expect(
    rawDemand(
      askedFor(
        before,
        new Map([
          ['a', MISSING],
          ['b', value(0.1)],
        ]),
        spec,
      ),
    ),
  ).toBe(4);
});

test('nothing is known before the first reading', () => {
  expect(
    rawDemand(
      askedFor(
        new Map(),
        new Map([
          ['a', MISSING],
          ['b', MISSING],
        ]),
        spec,
      ),
    ),
  ).toBeNull();
});
