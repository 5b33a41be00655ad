import { expect, it } from 'vitest';
import { ProductError } from '../../src/errors.ts';
import { WriteLog } from '../../src/service/write-log.ts';

const FORBIDDEN = new ProductError('act', 'Forbidden', 'the API server forbids it');
const GONE = new ProductError('later', 'HubUnreachable', 'no answer for 30 s');

it('says a failure once as long as it lasts, and again when it comes back', () => {
  const log = new WriteLog();
  const said = (what: string, error: ProductError | null, key = 'shop/web'): readonly string[] =>
    log.of(key, what, error).map(({ text }) => text);
  expect(said('status', FORBIDDEN)).toEqual(['shop/web Forbidden: the API server forbids it']);
  expect(said('status', FORBIDDEN)).toEqual([]);
  expect(said('status', FORBIDDEN, 'shop/other')).toHaveLength(1);
  expect(said('status', GONE)).toHaveLength(1);
  expect(said('status', null)).toEqual([]);
  expect(said('status', GONE)).toHaveLength(1);
});

it('tells events and status apart: an event that is refused for ever is said once', () => {
  const log = new WriteLog();
  expect(log.of('shop/web', 'event', FORBIDDEN)).toHaveLength(1);
  log.of('shop/web', 'status', null);
  expect(log.of('shop/web', 'event', FORBIDDEN)).toEqual([]);
});
