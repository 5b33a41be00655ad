import { expect, it } from 'vitest';
import { locateValue } from '../../src/triggers/value-location.ts';

it('finds what is written, and nothing that a language adds', () => {
  expect(locateValue({ a: [1, 2] }, 'a.1')).toEqual({ value: 2 });
  expect(locateValue({ a: [1, 2] }, 'a.length')).toHaveProperty('problem');
  expect(locateValue({ a: 'text' }, 'a.length')).toHaveProperty('problem');
  expect(locateValue({ a: {} }, 'a.toString')).toHaveProperty('problem');
});
