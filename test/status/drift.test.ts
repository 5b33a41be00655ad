import { expect, it } from 'vitest';
import { Packed } from '../../src/sources/packed.ts';
import { Drift } from '../../src/status/drift.ts';

/** One that is whole. */
function status(totalCurrentReplicas: number): Packed {
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  const ready = { type: 'Ready', status: 'True', reason: 'Served', message: '', lastTransitionTime };
  return new Packed({ totalCurrentReplicas, selector: '', conditions: [ready], gitOps: {} });
}

it('another status of ours may stand for a while, also after the watch was behind once', () => {
  const drift = new Drift();
  drift.expect(status(1));
  drift.show(status(0));
  expect(drift.isLost(0)).toBe(false);
  drift.show(status(1));
  expect(drift.isLost(5000)).toBe(false);
  drift.show(status(2));
  expect(drift.isLost(3_600_000)).toBe(false);
  expect(drift.isLost(3_600_000 + 119_000)).toBe(false);
  expect(drift.isLost(3_600_000 + 121_000)).toBe(true);
});
