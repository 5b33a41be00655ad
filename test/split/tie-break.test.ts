import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tieBreak } from '../../src/split/tie-break.ts';

/** The definition, in bigint arithmetic over the bytes. */
function definition(name: string, key: string): number {
  const mask = 0xffffffffn;
  let hash = 0x811c9dc5n;
  for (const byte of new TextEncoder().encode(`${name}\n${key}`)) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & mask;
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & mask;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & mask;
  return Number(hash ^ (hash >> 16n));
}

test('is fmix32 of FNV-1a-32 over the UTF-8 bytes of name, newline, key', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(text, text, (name, key) => {
      expect(tieBreak(name, key)).toBe(definition(name, key));
    }),
  );
});

test('a surrogate at the end of a name does not join one at the start of the key', () => {
  expect(tieBreak('\ud83d', '\ude00')).toBe(definition('\ud83d', '\ude00'));
});

test('prefers no member: over 6,000 workloads each of three wins about a third', () => {
  const wins = [0, 0, 0];
  for (let workload = 0; workload < 6000; workload++) {
    const hashes = wins.map((_, index) => tieBreak(`member-${index + 1}`, `shop/web-${workload}`));
    const winner = hashes.indexOf(Math.min(...hashes));
    wins[winner] = (wins[winner] ?? 0) + 1;
  }
  for (const count of wins) expect(Math.abs(count - 2000)).toBeLessThan(150);
});
