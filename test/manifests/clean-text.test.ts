import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cleanText } from '../../src/manifests/clean-text.ts';

it.each(['close fix #1', 'fixes GH-12', 'resolves https://github.com/a/b/issues/3', 'closes a/b#4'])(
  '%s refers to nothing any more',
  (text) => {
    expect(cleanText(text)).not.toMatch(/#\d|GH-\d|\/(issues|pull)\/\d/i);
  },
);

it('never holds a line break, a mention, a reference or a mark that skips CI, whatever came in', () => {
  const parts = ['close ', 'fix', '#1', 'GH-1', '@a', '[skip ci]', '[ci skip]', '\n', '\u2028', 'x', ' ', '/issues/1'];
  const text = fc.array(fc.constantFrom(...parts)).map((found) => found.join(''));
  fc.assert(
    fc.property(text, (given) => {
      expect(cleanText(given)).not.toMatch(/[\n\r\u2028@]|#\d|GH-\d|\[(skip ci|ci skip)\]|\/issues\/\d/i);
    }),
  );
});
