import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadTemplates } from '../../src/config/load-templates.ts';
import { columnsOf } from '../../src/manifests/columns.ts';
import { parseMarker } from '../../src/proposal/marker.ts';
import type { Proposal } from '../../src/proposal/proposal.ts';
import { renderProposal } from '../../src/proposal/render.ts';
import { skeletonOf } from '../proposal/html.ts';
import { isCurrent } from '../proposal/is-current.ts';
import { readChart } from '../proposal/mermaid.ts';
import { entry, member, proposal } from '../proposal/proposals.ts';
import { CLOSES, REFERENCES, SKIPS } from './acted-on.ts';
import { fuzzCases } from './cases.ts';
import { dnsName, hostileText } from './hostile-text.ts';

const templates = await loadTemplates(null);

const text = fc.oneof(hostileText(), hostileText(3));
const names = fc.uniqueArray(fc.oneof(dnsName, hostileText(4)), { minLength: 1, maxLength: 4 });
const entries = fc.array(fc.record({ key: text, reason: text, record: text, names, rule: fc.option(text) }), {
  minLength: 1,
  maxLength: 3,
});
const hostile = fc
  .record({ base: text, group: text.map((group) => `x${group}`.slice(0, 400)), writtenBy: text, entries })
  .map((given) => ({
    ...given,
    entries: given.entries.map(({ names, ...rest }) => ({ ...rest, members: names.map((name) => member(name)) })),
  }));

type Hostile = typeof hostile extends fc.Arbitrary<infer Value> ? Value : never;

function made({ entries, ...rest }: Hostile): Proposal {
  return proposal({ ...rest, entries: entries.map(entry) });
}

/** The same proposal with names and texts that mean nothing to anybody. */
function harmless({ entries }: Hostile): Proposal {
  const known = [...new Set(entries.flatMap(({ members }) => members.map(({ name }) => name)))];
  return proposal({
    group: 'x',
    entries: entries.map(({ rule, members }, index) =>
      entry({
        key: `shop/web-${index}`,
        record: 'a: 1\n',
        rule: rule === null ? null : 'rule',
        members: members.map(({ name }) => member(`member-${known.indexOf(name)}`)),
      }),
    ),
  });
}

/** The number of workloads of a command, and the marker, are no texts of objects. */
function withoutMarker(body: string): string {
  return body.replace(/<!-- dso-gitops: .* -->\n$/, '');
}

it('has the same elements and words, whatever objects say: their texts are code and nothing else', () => {
  fc.assert(
    fc.property(hostile, (given) => {
      const { body } = renderProposal(templates, made(given));
      const expected = renderProposal(templates, harmless(given)).body;
      expect(skeletonOf(withoutMarker(body))).toBe(skeletonOf(withoutMarker(expected)));
    }),
    fuzzCases(0.05),
  );
});

it('holds nothing that a host acts on where it is taken as plain text, in the body and in the title', () => {
  fc.assert(
    fc.property(hostile, (given) => {
      const { title, body } = renderProposal(templates, made(given));
      expect(title).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      expect(title.trim()).not.toBe('');
      expect(columnsOf(title)).toBeLessThanOrEqual(72);
      for (const said of [title, body]) {
        expect(said).not.toContain('@');
        expect(said).not.toMatch(REFERENCES);
        expect(said).not.toMatch(CLOSES);
        for (const skip of SKIPS) expect(said).not.toMatch(skip);
      }
      expect(body).not.toMatch(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    }),
    fuzzCases(0.3),
  );
});

it('has one comment, which is its marker and reads back', () => {
  fc.assert(
    fc.property(hostile, (given) => {
      const proposed = made(given);
      const { body } = renderProposal(templates, proposed);
      expect(body.match(/<!--/g)).toHaveLength(1);
      expect(body.match(/--!?>(?! \d+\n {2}bar)/g)).toHaveLength(1);
      expect(parseMarker(body)).toMatchObject({ group: proposed.group, validUntil: proposed.validUntil });
      expect(isCurrent(body, proposed)).toBe(true);
    }),
    fuzzCases(0.3),
  );
});

it('draws a chart that mermaid takes, whatever members are called', () => {
  fc.assert(
    fc.property(names, (found) => {
      const members = ['one', ...found.filter((name) => name !== 'one')].map((name) => member(name));
      const { body } = renderProposal(templates, proposal({ entries: [entry({ members })] }));
      const [, chart = ''] = /^```mermaid\n([^`]*)```$/m.exec(body) ?? [];
      expect(readChart(chart).bar).toEqual(members.map(({ after }) => after));
    }),
    fuzzCases(0.3),
  );
});
