import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, cutToColumns } from '../../src/manifests/columns.ts';
import { type SubjectEntry, subjectOf } from '../../src/manifests/subject.ts';

function scaled(key: string, before: number | null, after: number, names: readonly string[]): SubjectEntry {
  const members = Object.fromEntries(names.map((name, index) => [name, { before: index, after: index + 1 }]));
  return { key, record: { total: { before, after }, members }, members: names, word: null };
}

const FIVE = ['member-1', 'member-2', 'member-3', 'member-4', 'member-5'];

describe('a subject', () => {
  it('gives up members one by one', () => {
    const shorter = [
      'scale shop/web 4 -> 9 (member-1 0 -> 1, member-2 1 -> 2, member-3 2 -> 3, 2 more)',
      'scale shop/web 4 -> 9 (member-1 0 -> 1, member-2 1 -> 2, 3 more)',
      'scale shop/web 4 -> 9 (member-1 0 -> 1, 4 more)',
    ];
    const subject = (columns: number): string => subjectOf([scaled('shop/web', 4, 9, FIVE)], columns);
    for (const [index, expected] of shorter.entries()) {
      expect(subject(expected.length)).toBe(expected);
      expect(subject(expected.length - 1)).toBe(shorter[index + 1] ?? 'scale shop/web 4 -> 9 (5 members)');
    }
  });

  it('has three members when nobody bounds it', () => {
    expect(subjectOf([scaled('shop/web', null, 9, FIVE)])).toBe(
      'scale shop/web at 9 (member-1 0 -> 1, member-2 1 -> 2, member-3 2 -> 3, 2 more)',
    );
  });

  it('cuts a name, never a number', () => {
    const key = `shop/${'x'.repeat(80)}`;
    expect(subjectOf([scaled(key, 4, 9, ['a'])], 40)).toBe(`scale shop/${'x'.repeat(19)}... 4 -> 9`);
    const prepared = { ...scaled(key, 4, 9, ['a']), record: null };
    expect(subjectOf([prepared], 40)).toBe(`prepare shop/${'x'.repeat(24)}...`);
    expect(subjectOf([{ ...prepared, word: { verb: 'hold' } }], 40)).toBe(`hold shop/${'x'.repeat(27)}...`);
  });

  it('never takes more columns than it may', () => {
    const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(key, fc.array(key, { maxLength: 5 }), fc.integer({ min: 40, max: 90 }), (name, members, columns) => {
        const subject = subjectOf([scaled(name, 1_000_000_000, 2_000_000_000, members)], columns);
        expect(columnsOf(subject)).toBeLessThanOrEqual(columns);
        expect(subject).toContain('1000000000 -> 2000000000');
      }),
    );
  });
});

it('a text is cut between characters', () => {
  expect(cutToColumns('a\u{1F600}\u{1F600}\u{1F600}', 7)).toBe('a\u{1F600}\u{1F600}\u{1F600}');
  expect(cutToColumns('a\u{1F600}\u{1F600}\u{1F600}', 6)).toBe('a\u{1F600}...');
  expect(cutToColumns('abc def ghi', 7)).toBe('abc...');
});
