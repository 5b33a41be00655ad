import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { emitYaml } from '../../src/manifests/emit-yaml.ts';
import { readEmitted } from '../../src/manifests/read-emitted.ts';

const scalar = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(...'ab1.-/: #"\\\n{}[],é'.split('')) }),
  fc.constantFrom('null', 'true', 'no', '1', '-', '1e3', '0x10', '2026-01-01', '~', ''),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);

const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    scalar,
    fc.array(tie('data'), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie('data'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe('readEmitted', () => {
  it('reads back what was written, as a YAML parser does', () => {
    fc.assert(
      fc.property(data, (value) => {
        const text = emitYaml(value);
        const read = readEmitted(text);
        expect(parse(text)).toEqual(value);
        if (text.includes('__proto__')) return;
        expect(read).toEqual({ value });
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a comment', 'a: 1 # one\n'],
    ['another style', 'a:   1\n'],
    ['a key twice', 'a: 1\na: 2\n'],
    ['an alias', 'a: &x 1\nb: *x\n'],
    [
      'another indent',
      'a:\n    b: "a value that is too long for a line, so that it would be written below its key anyway, no?"\n',
    ],
    ['two documents', 'a: 1\n---\nb: 2\n'],
    ['another prototype', '__proto__: {a: 1}\n'],
    ['no end', 'a: 1'],
    ['nothing', ''],
    ['too deep', `${'- '.repeat(100_000)}1\n`],
  ])('leaves %s to a YAML parser', (_, text) => {
    expect(readEmitted(text)).toBeNull();
  });
});
