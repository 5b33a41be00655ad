import { describe, expect, it } from 'vitest';
import { readUntrustedYaml } from '../../src/manifests/untrusted-yaml.ts';

/** As often as it takes to be as long as a file may be. */
function filled(unit: (index: number) => string, length: number): string {
  const parts: string[] = [];
  for (let index = 0, size = 0; size < length; index += 1) {
    const part = unit(index);
    parts.push(part);
    size += part.length;
  }
  return parts.join('');
}

const LAUGHS = Array.from({ length: 9 }, (_, depth) =>
  depth === 0 ? 'a0: &a0 [lol]\n' : `a${depth}: &a${depth} [${`*a${depth - 1},`.repeat(9)}]\n`,
).join('');

describe('YAML of somebody else', () => {
  it('is plain data where it is plain', () => {
    expect(readUntrustedYaml('a: 1\nb: [x, {c: null}]\n')).toEqual({ a: 1, b: ['x', { c: null }] });
    expect(readUntrustedYaml('')).toBeNull();
  });

  it.each([
    ['an alias', 'a: &x 1\nb: *x\n'],
    ['a merge by alias', 'a: &x {b: 1}\nc:\n  <<: *x\n'],
    ['a billion laughs', LAUGHS],
    ['a key twice', 'a: 1\na: 2\n'],
    ['a key twice, deep in it', 'x: [{y: {a: 1, a: 2}}]\n'],
    ['a key twice in two spellings', 'a: 1\n"a": 2\n'],
    ['a list as a key', '? [a, b]\n: 1\n'],
    ['bytes as a key', '!!binary "aGk=": 1\n'],
    ['keys in keys', '? - '.repeat(300)],
    ['two documents', 'a: 1\n---\nb: 1\n'],
    ['a conflict', '<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n'],
    ['a directive', '%YAML 1.1\n---\na: yes\n'],
    ['too long a text', `a: ${'x'.repeat(100_000)}\n`],
    ['brackets without an end', '['.repeat(50_000)],
  ])('%s is refused', (_name, text) => {
    expect(readUntrustedYaml(text)).toBeUndefined();
  });

  it('reaches no prototype', () => {
    const value = readUntrustedYaml('__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}\n');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  // Each took minutes when the parser compared every key with every other, or drew a picture of every error.
  it.each([
    ['keys', (index: number) => `k${index}: 1\n`],
    ['closing braces', () => '}'],
    ['quotes', () => '"'],
    ['bad escapes', () => '\\x'],
    ['broken lines', () => 'a: b: c\n'],
    ['directives', () => '%a\n'],
    ['brackets', () => '['],
  ])('a file full of %s is read in seconds', (what, unit) => {
    const text = filled(unit, what === 'keys' ? 200_000 : 100_000);
    const start = performance.now();
    readUntrustedYaml(text, 1_000_000);
    expect(performance.now() - start).toBeLessThan(8000);
  });
});
