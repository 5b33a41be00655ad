import { expect, it } from 'vitest';
import { Packed } from '../../src/sources/packed.ts';

it('keeps every JSON value, small, and knows the same text', () => {
  const members = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [
      `member-${index}`,
      { state: 'Unknown', description: 'größer als ein Byte: 個' },
    ]),
  );
  for (const value of [undefined, null, 0, '', [], {}, { members }]) expect(new Packed(value).unpack()).toEqual(value);
  expect(new Packed({ members }).isSameText(new Packed({ members }))).toBe(true);
  expect(new Packed({ members }).isSameText(new Packed({}))).toBe(false);
  expect(new Packed(undefined).isSameText(new Packed(null))).toBe(false);
});
