import { expect, it } from 'vitest';
import { Presence } from '../../src/reconcile/presence.ts';

it('tells once what is gone, also where as many came', () => {
  const presence = new Presence();
  const dsos = (...keys: readonly string[]): readonly { readonly key: string }[] => keys.map((key) => ({ key }));
  expect(presence.takeGone(dsos('a', 'b'))).toEqual([]);
  expect(presence.takeGone(dsos('b', 'c'))).toEqual(['a']);
  expect(presence.takeGone(dsos('b', 'c'))).toEqual([]);
  expect(presence.takeGone([])).toEqual(['b', 'c']);
});
