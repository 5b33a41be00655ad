import { expect, test } from 'vitest';
import { addDistance, NO_DISTANCE } from '../../src/simulate/distance.ts';

test('adds replica-seconds on both sides and averages over time', () => {
  const above = addDistance(NO_DISTANCE, 2000, 5, 3);
  const below = addDistance(above, 1000, 1, 6);
  expect(addDistance(below, 1000, 4, 4)).toEqual({
    seconds: 4,
    above: { replicaSeconds: 4, highest: 2 },
    below: { replicaSeconds: 5, highest: 5 },
    meanDifference: 2.25,
  });
});

test('an instant and an unknown demand add nothing', () => {
  expect(addDistance(NO_DISTANCE, 0, 5, 3)).toBe(NO_DISTANCE);
  expect(addDistance(NO_DISTANCE, 1000, 5, null)).toBe(NO_DISTANCE);
});
