import { describe, expect, it } from 'vitest';
import { ApiFailure, explainFailure, failureOf, failureOfEvent } from '../../src/kubernetes/failure.ts';
import { delayOf } from '../../src/kubernetes/reflector.ts';

describe('a failure of the API server', () => {
  it.each([
    [401, 'act', 'Unauthorized'],
    [403, 'act', 'Forbidden'],
    [404, 'act', 'NotFound'],
    [409, 'act', 'Refused'],
    [422, 'act', 'Refused'],
    [429, 'later', 'HubUnreachable'],
    [500, 'later', 'HubUnreachable'],
    [0, 'later', 'HubUnreachable'],
  ])('%i is %s %s', (status, kind, reason) => {
    expect(explainFailure(new ApiFailure(status, '', 'x'), 'do it')).toMatchObject({ kind, reason });
  });

  it('is read from a Status, and from anything else', () => {
    const body = JSON.stringify({ kind: 'Status', reason: 'Expired', message: 'too old', code: 410 });
    expect(failureOf(410, body, undefined)).toMatchObject({ status: 410, message: 'too old', isExpired: true });
    expect(failureOf(502, '<html>', '7')).toMatchObject({ message: 'HTTP 502', retryAfterMs: 7000 });
    expect(failureOfEvent({ code: 410, message: 'too old' }).isExpired).toBe(true);
    expect(failureOfEvent('x')).toMatchObject({ status: 0 });
  });

  it('lists again where etcd was restored and the version is ahead of it', () => {
    expect(new ApiFailure(504, 'Timeout', 'Too large resource version: 9, current: 3').isExpired).toBe(true);
  });
});

it('waits as long as it was told, else ever longer with jitter, and never longer than 10 s', () => {
  expect(delayOf(new ApiFailure(429, '', 'x', 3000), 0)).toBeGreaterThanOrEqual(3000);
  for (let failures = 0; failures < 40; failures += 1) {
    const delay = delayOf(null, failures);
    const full = Math.min(10_000, 200 * 2 ** failures);
    expect(delay).toBeGreaterThanOrEqual(full / 2);
    expect(delay).toBeLessThanOrEqual(full);
  }
});
