import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cleanText } from '../../src/manifests/clean-text.ts';

it.each(['close fix #1', 'fixes GH-12', 'resolves https://github.com/a/b/issues/3', 'closes a/b#4'])(
  '%s refers to nothing any more',
  (text) => {
    expect(cleanText(text)).not.toMatch(/#\d|GH-\d|\/(issues|pull)\/\d/i);
  },
);

const MARKS = [
  '[skip ci]',
  '[ci skip]',
  '[no ci]',
  '[skip actions]',
  '[actions skip]',
  'skip-checks: true',
  'skip-checks:true',
  '[skip azurepipelines]',
  '[azurepipelines skip]',
  '[skip azpipelines]',
  '[azpipelines skip]',
  '[skip azp]',
  '[azp skip]',
  '***NO_CI***',
  '***no_ci***',
  '[skip appveyor]',
  '[skip travis]',
  '[travis skip]',
  '[skip travis ci]',
  '[travis-ci skip]',
  '[skip travisci]',
  '[CI-Skip]',
  '[Skip-CI]',
  '[CF-Pages-Skip]',
  '[skipci]',
  '[ciskip]',
  '[skip netlify]',
  '[skip tkn]',
  '[skipRun]',
  '--skip-ci',
  '--ci-skip',
  '[skip  ci]',
  '[skip\u00a0ci]',
  '[skip\u200bci]',
];

it.each(MARKS)('%s skips nothing any more', (mark) => {
  expect(cleanText(`before ${mark} after`)).toBe(
    `before (mark removed)${mark.startsWith('skip-checks') ? mark.slice('skip-checks:'.length) : ''} after`,
  );
});

it.each(['closes OPS-12', 'Fixes: OPS-12', 'resolving issue OPS-1', 'implements OPS_2-3'])(
  '%s closes nothing in a tracker',
  (text) => {
    expect(cleanText(text)).not.toMatch(/[A-Z]-\d/);
  },
);

it('leaves the key of a ticket that is only named', () => {
  expect(cleanText('migration of OPS-12 in UTF-8 until 17:00, [a, b]')).toBe(
    'migration of OPS-12 in UTF-8 until 17:00, [a, b]',
  );
});

it('shows no half of a character, no order and no colour of its own', () => {
  expect(cleanText('a\ud83d b\u202Ec \u001b[31md\u009b31m \u{E0041}')).toBe('a b c [31md 31m');
  expect(cleanText(`${'x'.repeat(196)}\u{1F600}yyyy`)).toBe(`${'x'.repeat(196)}...`);
});

it('never holds a line break, a mention, a reference or a mark that skips CI, whatever came in', () => {
  const parts = ['close ', 'fix', '#1', 'GH-1', '@a', '[skip ci]', '[ci skip]', '\n', '\u2028', 'x', ' ', '/issues/1'];
  const text = fc.array(fc.constantFrom(...parts)).map((found) => found.join(''));
  fc.assert(
    fc.property(text, (given) => {
      expect(cleanText(given)).not.toMatch(/[\n\r\u2028@]|#\d|GH-\d|\[(skip ci|ci skip)\]|\/issues\/\d/i);
    }),
  );
});
