import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DifferenceCheck } from '../../src/repository/tree-difference.ts';

type Line = readonly [oldMode: string, newMode: string, path: string];

/** As `git diff-tree -r -z --raw` prints it. */
function raw(...lines: readonly Line[]): Buffer {
  const texts = lines.map(([before, after, path]) => {
    return `:${before} ${after} ${'a'.repeat(40)} ${'b'.repeat(40)} M\0${path}\0`;
  });
  return Buffer.from(texts.join(''));
}

/** @param size of the chunks that it comes in */
function checkDifference(difference: Buffer, allowed: ReadonlyMap<string, string | null>, size = Infinity): void {
  const check = new DifferenceCheck(allowed);
  for (let start = 0; start < difference.length; start += size) check.take(difference.subarray(start, start + size));
  check.end();
}

const OURS = new Map([
  ['scaling/a', 'a'],
  ['scaling/b', 'b'],
]);

describe('the last check before a push', () => {
  it('lets new and changed plain files of ours pass, and no difference at all', () => {
    checkDifference(raw(['000000', '100644', 'scaling/a'], ['100644', '100644', 'scaling/b']), OURS);
    checkDifference(raw(), OURS);
  });

  it.each([1, 7, 64, 119, 120, 4096])('reads it in chunks of %i bytes', (size) => {
    const good = raw(['000000', '100644', 'scaling/a'], ['100644', '100644', 'scaling/b']);
    checkDifference(good, OURS, size);
    const bad = raw(['000000', '100644', 'scaling/a'], ['100644', '100644', 'base/app.yaml']);
    expect(() => checkDifference(bad, OURS, size)).toThrow('base/app.yaml');
    expect(() => checkDifference(good.subarray(0, -1), OURS, size)).toThrow('in the midst');
  });

  it.each<Line>([
    ['100644', '100644', 'base/app.yaml'],
    ['000000', '100644', 'scaling/c'],
    ['100644', '000000', 'scaling/c'],
    ['100644', '000000', 'scaling/a'],
    ['120000', '100644', 'scaling/a'],
    ['120000', '000000', 'scaling'],
    ['160000', '100644', 'scaling/a'],
    ['160000', '000000', 'scaling'],
    ['100755', '100644', 'scaling/a'],
    ['000000', '100755', 'scaling/a'],
    ['000000', '120000', 'scaling/a'],
  ])('refuses %s -> %s of %s', (before, after, path) => {
    expect(() => checkDifference(raw(['000000', '100644', 'scaling/b'], [before, after, path]), OURS)).toThrow(path);
  });

  it.each([
    'scaling/../a',
    'scaling/.GIT/a',
    'scaling//a',
    'scaling/a b',
    'scaling/a\nb',
    'scaling/x\u001b[2J',
    `scaling/${'x'.repeat(256)}`,
  ])('refuses %j, whoever gave it', (path) => {
    const given = new Map([[path, 'x']]);
    expect(() => checkDifference(raw(['000000', '100644', path]), given)).toThrow(/checked out/);
  });

  it('refuses every path that is not given, wherever it stands', () => {
    const path = fc.stringMatching(/^[a-z\n"' ./-]{1,20}$/).filter((name) => !OURS.has(name));
    fc.assert(
      fc.property(path, fc.nat(2), (foreign, position) => {
        const lines: Line[] = [
          ['000000', '100644', 'scaling/a'],
          ['100644', '100644', 'scaling/b'],
        ];
        lines.splice(position, 0, ['000000', '100644', foreign]);
        expect(() => checkDifference(raw(...lines), OURS)).toThrow(/PathNotOurs|directory of ours/);
      }),
    );
  });
});
