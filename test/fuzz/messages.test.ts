import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/config/load-templates.ts';
import { type CommitEntry, commitMessage } from '../../src/manifests/commit-message.ts';
import { RECORD } from '../config/record.ts';
import { CLOSES, REFERENCES, SKIPS } from './acted-on.ts';
import { fuzzCases } from './cases.ts';
import { dnsLabel, dnsName, hostileText } from './hostile-text.ts';

const templates = await loadTemplates(null);
const [member] = Object.values(RECORD.members);

/** An entry as a decision makes it, with texts of anybody in it. */
function entryOf(key: string, reason: string, names: readonly string[], word: CommitEntry['word']): CommitEntry {
  const members = Object.fromEntries(names.flatMap((name) => (member ? [[name, member]] : [])));
  const record = word ? null : { ...RECORD, id: 'f'.repeat(40), reason, members };
  return { key, record, members: names, word };
}

const key = fc.oneof(
  fc.tuple(dnsLabel, dnsName).map((parts) => parts.join('/')),
  hostileText(4).map((text) => `x${text}`),
);
const word = fc.option(
  fc.record({ verb: fc.constantFrom('hold' as const, 'resume' as const, 'release' as const), reason: hostileText() }),
);
const entry = fc
  .tuple(key, hostileText(), fc.array(fc.oneof(dnsName, hostileText(3)), { maxLength: 4 }), word)
  .map(([name, reason, members, word]) => entryOf(name, reason, members, word));

function linesOf(message: string): { readonly subject: string; readonly trailers: readonly string[] } {
  const [subject = '', empty, ...rest] = message.trimEnd().split('\n');
  expect(empty).toBe('');
  const last = rest.lastIndexOf('');
  expect(last).toBeGreaterThan(0);
  return { subject, trailers: rest.slice(last + 1) };
}

describe('a commit message', () => {
  it('has one subject, our trailers and nothing that a host, a CI service or a terminal acts on', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
        const message = commitMessage(templates, entries);
        const { subject, trailers } = linesOf(message);
        expect(subject.trim()).not.toBe('');
        expect(trailers).toHaveLength(entries.reduce((sum, { record }) => sum + (record ? 2 : 1), 0));
        for (const trailer of trailers) expect(trailer).toMatch(/^(Dso: .*|Dso-Decision: \d+ [0-9a-f]{40})$/);
        expect(message).not.toMatch(/[^\n\P{Cc}]|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}/u);
        expect(message).not.toContain('@');
        for (const skip of SKIPS) expect(message).not.toMatch(skip);
        expect(message).not.toMatch(REFERENCES);
        expect(message).not.toMatch(CLOSES);
      }),
      fuzzCases(),
    );
  });

  it('is read by git as having our trailers alone', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 3 }), (entries) => {
        const message = commitMessage(templates, entries);
        const options = {
          input: message,
          env: { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', HOME: '/nonexistent' },
        };
        const parsed = execFileSync('git', ['interpret-trailers', '--parse'], options).toString().trimEnd().split('\n');
        expect(parsed.map((line) => line.trimEnd())).toEqual(linesOf(message).trailers.map((line) => line.trimEnd()));
        expect(execFileSync('git', ['stripspace'], options).toString().split('\n')[1]).toBe('');
      }),
      fuzzCases(0.02),
    );
  });
});
