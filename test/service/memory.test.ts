import { expect, it } from 'vitest';
import { MemoryLog } from '../../src/service/memory.ts';

it('says once that little is left after a collection, and when that is over', () => {
  const log = new MemoryLog();
  const at = (usedMiB: number): readonly string[] =>
    log.of({ usedBytes: usedMiB * 1_048_576, limitBytes: 100 * 1_048_576 }).map(({ text }) => text);
  expect(at(85)).toEqual([]);
  expect(at(86)).toEqual([expect.stringContaining('86 of 100 MiB')]);
  expect(at(95)).toEqual([]);
  expect(at(80)).toEqual([]);
  expect(at(75)).toEqual([expect.stringMatching(/^over: .*86 of 100 MiB/)]);
  expect(at(90)).toHaveLength(1);
});
