import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/config/load-templates.ts';
import { renderRecord } from '../../src/manifests/record.ts';
import type { Proposal } from '../../src/proposal/proposal.ts';
import { MAX_BODY_LENGTH, renderProposal } from '../../src/proposal/render.ts';
import { RECORD } from '../config/record.ts';
import { cellsOf, codeOf, htmlOf } from './html.ts';
import { isCurrent } from './is-current.ts';
import { readChart } from './mermaid.ts';
import { entry, member, proposal } from './proposals.ts';

const templates = await loadTemplates(null);
const RECORD_TEXT = renderRecord(RECORD);

function fleet(
  workloads: number,
  members: number,
  record = RECORD_TEXT,
  reason = 'load 45 / 5 per replica = 9',
): Proposal {
  const entries = Array.from({ length: workloads }, (_, number) =>
    entry({
      key: `shop/web-${number}`,
      record,
      reason,
      members: Array.from({ length: members }, (_, index) => member(`member-${index}`)),
    }),
  );
  return proposal({ entries });
}

/** What a body shows, after a check that it is whole line by line: a parser takes seconds for a long one. */
function shownBy(proposed: Proposal) {
  const { body } = renderProposal(templates, proposed);
  expect(body.length).toBeLessThanOrEqual(MAX_BODY_LENGTH);
  expect(isCurrent(body, proposed)).toBe(true);
  const rest = body.replaceAll(
    /\n<details>\n<summary>.*<\/summary>\n\n(`{3,})yaml\n[\s\S]*?\n\1\n\n<\/details>\n/g,
    '\nRECORD\n',
  );
  const charts = [...rest.matchAll(/\n```mermaid\n([^`]*)```\n/g)].map(([, chart = '']) => readChart(chart));
  expect(rest.match(/```|<details>|<\/details>/g) ?? []).toHaveLength(charts.length * 2);
  const rows = rest.match(/^\|.*$/gm) ?? [];
  for (const row of rows.slice(2)) expect(row).toMatch(/^\| `[^`|]+` \| `[^`|]+` \| 2 -> 5 \| 50 % \|$/);
  const count = (expression: RegExp): number => Number(expression.exec(rest)?.[1] ?? 0);
  return {
    body,
    length: body.length,
    records: rest.match(/^RECORD$/gm)?.length ?? 0,
    charts: charts.length,
    rows: Math.max(0, rows.length - 2),
    reasons: rest.match(/^- `[^`]+` 4 -> 10: `[^`]+`$/gm)?.length ?? 0,
    moreRows: count(/\n\n\.\.\. and (\d+) more, in the files of this pull request\.\n\n/),
    moreReasons: count(/\n- and (\d+) more, each with its record\n\n/),
    moreRecords: rest.includes('decision record does not fit') ? 1 : count(/(\d+) decision records do not fit in here/),
  };
}

/** The same as a parser of GitHub's Markdown sees it. */
function checkHtml(shown: ReturnType<typeof shownBy>): void {
  const html = htmlOf(shown.body);
  expect(codeOf(html, 'yaml')).toHaveLength(shown.records);
  expect(html.match(/<\/?details>/g) ?? []).toHaveLength(shown.records * 2);
  expect(codeOf(html, 'mermaid')).toHaveLength(shown.charts);
  const rows = cellsOf(html).slice(1);
  expect(rows).toHaveLength(shown.rows);
  for (const row of rows) expect(row).toHaveLength(4);
  expect(html.match(/<li><code>/g) ?? []).toHaveLength(shown.reasons);
}

describe('a body that would be too long', () => {
  it('shows all of a few workloads', () => {
    const shown = shownBy(fleet(3, 4));
    expect(shown).toMatchObject({ records: 3, charts: 1, rows: 12, reasons: 3, moreRows: 0, moreRecords: 0 });
  });

  it('gives up records first, one by one, and says so', () => {
    const shown = shownBy(fleet(40, 4));
    expect(shown).toMatchObject({ charts: 1, rows: 160, reasons: 40 });
    expect(shown.records).toBeGreaterThan(5);
    expect(shown.records + shown.moreRecords).toBe(40);
    expect(MAX_BODY_LENGTH - shown.length).toBeLessThan(RECORD_TEXT.length + 500);
    checkHtml(shown);
  });

  it('says it of a single record that is too long', () => {
    const shown = shownBy(fleet(1, 2, `a: ${'x'.repeat(70_000)}\n`));
    expect(shown.records).toBe(0);
    expect(shown.body).toContain(
      '\n\nThe decision record does not fit in here: look at the files of this pull request.\n\n',
    );
  });

  it('cuts rows and reasons of a thousand workloads on twenty members, which fill it', () => {
    const shown = shownBy(fleet(1000, 20));
    expect(shown).toMatchObject({ records: 0, moreRecords: 1000, charts: 0 });
    expect(shown.rows).toBeGreaterThan(500);
    expect(shown.rows + shown.moreRows).toBe(20_000);
    expect(shown.reasons).toBeGreaterThan(200);
    expect(shown.reasons + shown.moreReasons).toBe(1000);
    expect(shown.length).toBeGreaterThan(MAX_BODY_LENGTH - 1000);
    checkHtml(shown);
  });

  it('gives up the chart before any row', () => {
    const sizes = Array.from({ length: 20 }, (_, index) => shownBy(fleet(150 + index * 30, 5, 'a: 1\n')));
    const kinds = sizes.map(({ charts, moreRows }) => `${charts} ${moreRows > 0 ? 'cut' : 'whole'}`);
    expect(kinds[0]).toBe('1 whole');
    expect(kinds.at(-1)).toBe('0 cut');
    expect(kinds).not.toContain('1 cut');
  });

  it('leaves the table whole where reasons are what is long', () => {
    const shown = shownBy(fleet(400, 1, 'a: 1\n', 'because '.repeat(30)));
    expect(shown).toMatchObject({ rows: 400, moreRows: 0 });
    expect(shown.reasons + shown.moreReasons).toBe(400);
    expect(shown.moreReasons).toBeGreaterThan(0);
  });

  it('is whole at any size, also with texts of more than one unit a character', () => {
    const size = fc.record({
      workloads: fc.integer({ min: 1, max: 700 }),
      members: fc.integer({ min: 0, max: 12 }),
      length: fc.integer({ min: 0, max: 4000 }),
      reason: fc.constantFrom('load 1', '\u{1F600}'.repeat(90), 'ü`|'.repeat(60)),
    });
    fc.assert(
      fc.property(size, ({ workloads, members, length, reason }) => {
        const shown = shownBy(fleet(workloads, members, `a: ${'y'.repeat(length)}\n`, reason));
        expect(shown.rows + shown.moreRows).toBe(workloads * members);
        expect(shown.reasons + shown.moreReasons).toBe(workloads);
        expect(shown.records + shown.moreRecords).toBe(workloads);
      }),
      { numRuns: 25 },
    );
  });
});
