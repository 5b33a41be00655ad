import { expect, it } from 'vitest';
import { delayOf } from '../../src/kubernetes/delay.ts';
import { ApiFailure } from '../../src/kubernetes/failure.ts';

it('waits as long as it was told, else ever longer with jitter, and never longer than 10 s', () => {
  expect(delayOf(new ApiFailure(429, '', 'x', 3000), 0)).toBeGreaterThanOrEqual(3000);
  for (let failures = 0; failures < 40; failures += 1) {
    const delay = delayOf(null, failures);
    const full = Math.min(10_000, 200 * 2 ** failures);
    expect(delay).toBeGreaterThanOrEqual(full / 2);
    expect(delay).toBeLessThanOrEqual(full);
  }
});

it('does not wait until tomorrow because it was told so', () => {
  expect(delayOf(new ApiFailure(503, '', 'x', 86_400_000), 0)).toBeLessThanOrEqual(61_000);
  expect(delayOf(new ApiFailure(503, '', 'x', -5000), 0)).toBeGreaterThanOrEqual(0);
});
