import { describe, expect, it } from 'vitest';
import { ApiFailure, explainFailure, failureOf, failureOfEvent } from '../../src/kubernetes/failure.ts';

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
});
