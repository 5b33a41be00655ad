import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyGitError } from '../../src/repository/classify.ts';
import { redact } from '../../src/repository/environment.ts';
import { fuzzCases } from './cases.ts';
import { hostileText } from './hostile-text.ts';

const call = { url: 'https://git.example.com/org/fleet.git', isLocal: false };

const SAID = [
  'remote: ',
  'error: ',
  'fatal: ',
  '[rejected]',
  '[remote rejected]',
  '(non-fast-forward)',
  'Permission to ',
  ' denied',
  'repository ',
  ' not found',
  'bad ',
  'missing ',
  'unable to read ',
  'object',
  'tree',
  'Receiving objects: 50% (1/2)',
  '100% (',
  '1/2)',
  '50% ',
  '1',
  'a ',
  '\r',
  '\n',
  '\u001b[2J',
  'GH006',
  'HTTP 403',
  'cannot lock ref',
  'timed out',
] as const;

describe('the failure of a Git command', () => {
  const output = fc
    .array(fc.oneof(fc.constantFrom(...SAID), hostileText(2)), { maxLength: 20 })
    .map((parts) => parts.join(''));

  it('is always one of three kinds with a reason, on one line that a terminal only shows', () => {
    fc.assert(
      fc.property(output, fc.boolean(), (text, isLocal) => {
        const { kind, reason, message } = classifyGitError(new Error(text), 'pushing', { ...call, isLocal });
        expect(['act', 'retry', 'later']).toContain(kind);
        expect(reason).toMatch(/^([A-Z][a-z]+)+$/);
        expect(message).toMatch(/^pushing failed: /);
        expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(message.length).toBeLessThan(1000);
      }),
      fuzzCases(),
    );
  });

  it('of any length is classified at once', () => {
    const piece = fc.array(fc.constantFrom(...SAID), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
    const long = fc.oneof(piece, fc.constantFrom(...SAID)).map((text) => text.repeat(1_000_000 / text.length));
    fc.assert(
      fc.property(long, (text) => {
        const start = performance.now();
        classifyGitError(new Error(text), 'pushing', call);
        expect(performance.now() - start).toBeLessThan(3000);
      }),
      fuzzCases(0.03),
    );
  });

  it('keeps what was said first and what was said last', () => {
    const noise = 'remote: .\n'.repeat(100_000);
    for (const text of [`GH006: protected\n${noise}`, `${noise}GH006: protected\n`])
      expect(classifyGitError(new Error(text), 'pushing', call).reason).toBe('ProtectedBranch');
  });
});

describe('redaction', () => {
  // No star, which is what stands in the place of a secret.
  const letters = fc.string({ unit: fc.constantFrom(...'abAB01=/+$&.^'.split('')), minLength: 1, maxLength: 8 });

  it('leaves no secret and no rest of one, however they overlap', () => {
    const given = fc.array(letters, { minLength: 1, maxLength: 4 }).chain((secrets) => {
      const part = fc.oneof(
        fc.constantFrom(...secrets),
        fc.tuple(fc.constantFrom(...secrets), fc.nat(8)).map(([one, at]) => one.slice(at)),
        letters,
      );
      return fc.tuple(
        fc.constant(secrets),
        fc.array(part, { maxLength: 10 }).map((parts) => parts.join('')),
      );
    });
    fc.assert(
      fc.property(given, ([secrets, text]) => {
        const redacted = redact(text, secrets);
        for (const secret of secrets) expect(redacted.includes(secret)).toBe(false);
        // Every character that belongs to a secret is gone, and no other.
        const isSecret = Array.from({ length: text.length }, () => false);
        for (const secret of secrets)
          for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1))
            isSecret.fill(true, at, at + secret.length);
        expect(redacted.replaceAll('*', '')).toBe(
          text
            .split('')
            .filter((_, index) => !isSecret[index])
            .join(''),
        );
      }),
      fuzzCases(),
    );
  });

  it('leaves no password of a URL, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-.0-~]{1,20}$/), fc.stringMatching(/^[!-.0-~]{1,20}$/), (user, password) => {
        const text = `fatal: unable to access 'https://${user}:${password}@host/x/': 403`;
        expect(redact(text, [])).toBe("fatal: unable to access 'https://***@host/x/': 403");
      }),
      fuzzCases(),
    );
  });
});
