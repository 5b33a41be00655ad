import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/config/load-templates.ts';
import { parseRecord } from '../../src/manifests/record.ts';
import { proposalEntry } from '../../src/proposal/proposal.ts';
import { renderProposal } from '../../src/proposal/render.ts';
import { RECORD } from '../config/record.ts';
import { cellsOf, codeOf, htmlOf } from './html.ts';
import { readChart } from './mermaid.ts';
import { entry, member, proposal } from './proposals.ts';

const templates = await loadTemplates(null);

function htmlFor(change: Parameters<typeof proposal>[0]): string {
  return htmlOf(renderProposal(templates, proposal(change)).body);
}

describe('a body', () => {
  it('has every change in a table, as GitHub reads it', () => {
    const members = [
      member('member-1', { before: null, sharePercent: 33.333 }),
      member('member-2', { after: 0, bound: 'maximum' }),
      member('member-3', { after: 2 }),
    ];
    const html = htmlFor({ entries: [entry({ members }), entry({ key: 'shop/cart', members: [member('member-1')] })] });
    expect(cellsOf(html)).toEqual([
      ['DSO', 'member', 'replicas', 'share by weight'],
      ['shop/web', 'member-1', 'none -> 5', '33.3 %'],
      ['shop/web', 'member-2', '2 -> 0', '50 %, at its maximum'],
      ['shop/cart', 'member-1', '2 -> 5', '50 %'],
    ]);
    expect(html).toContain('<p>1 other count of these workloads does not change.</p>');
  });

  it('says why in one sentence each, and which rule asks for a review', () => {
    const html = htmlFor({
      entries: [entry({ rule: 'steep' }), entry({ key: 'a/b', total: { before: null, after: 3 } })],
    });
    expect(html).toContain(
      '<li><code>shop/web</code> 4 -&gt; 10: <code>load 45 / 5 per replica = 9 replicas</code>; the rule <code>steep</code> asks for this review</li>',
    );
    expect(html).toContain('<li><code>a/b</code> at 3: <code>load 45 / 5 per replica = 9 replicas</code></li>');
  });

  it('says what happens without a merge, until when it is valid, and how to hold and resume', () => {
    const html = htmlFor({});
    expect(html).toContain('<h3>Without a merge</h3>\n<p><code>main</code> keeps the counts that it has.');
    expect(html).toContain('the label <code>dso/hold</code>');
    expect(html).toContain('<code>dso-gitops hold shop/web</code>');
    expect(html).toContain('<code>dso-gitops resume shop/web</code>');
    expect(html).toContain('at 2026-01-31T08:00:00Z, valid until 2026-01-31T09:00:00Z.');
    expect(htmlFor({ entries: [entry(), entry({ key: 'shop/cart' })] })).toContain(
      '<code>dso-gitops hold NAMESPACE/NAME</code>',
    );
  });

  it('gives the command whole for the longest name that there is', () => {
    const key = `${'n'.repeat(63)}/${'w'.repeat(250)}`;
    expect(htmlFor({ entries: [entry({ key })] })).toContain(`<code>dso-gitops hold ${key}</code>`);
  });

  it('folds the record away, whole and readable', () => {
    const html = htmlFor({ entries: [proposalEntry(RECORD, ['member-1'], null)] });
    expect(html).toContain('<details>\n<summary>Decision record of <code>default/dso-demo</code></summary>\n<pre>');
    expect(parseRecord(codeOf(html, 'yaml')[0] ?? '')).toEqual(RECORD);
  });

  it('keeps a record in its fence, whatever fences it has', () => {
    const record = 'a: |\n  ```\n  ````\n</details>\n```\n';
    const html = htmlFor({ entries: [entry({ record })] });
    expect(codeOf(html, 'yaml')).toEqual([record]);
    expect(html.match(/<\/details>/g)).toHaveLength(1);
  });

  it('has no table and no chart where no count changes', () => {
    const html = htmlFor({ entries: [entry({ members: [member('member-1', { after: 2 })] })] });
    expect(cellsOf(html)).toEqual([]);
    expect(codeOf(html, 'mermaid')).toEqual([]);
    expect(html).toContain('<h3>Why</h3>');
  });
});

describe('an entry', () => {
  it('is what its record has of the members of one repository', () => {
    const one = { ...RECORD.members['member-1'], weight: 4 };
    const members = { 'member-1': one, 'member-2': { ...one, weight: 12, before: 3, reason: 'maximum' } };
    const made = proposalEntry({ ...RECORD, members: members as typeof RECORD.members }, ['member-2'], 'steep');
    expect(made).toMatchObject({
      key: 'default/dso-demo',
      reason: RECORD.reason,
      total: { before: 0, after: 4 },
      members: [{ name: 'member-2', before: 3, after: 2, sharePercent: 75, bound: 'maximum' }],
      rule: 'steep',
    });
  });
});

describe('a chart', () => {
  function chartFor(entries: Parameters<typeof entry>[0][]): ReturnType<typeof readChart> | null {
    const [text] = codeOf(htmlFor({ entries: entries.map(entry) }), 'mermaid');
    return text === undefined ? null : readChart(text);
  }

  it('has each member after as a bar and before as a line', () => {
    expect(chartFor([{ members: [member('a', { before: 7 }), member('b')] }])).toEqual({
      labels: ['a', 'b'],
      max: 7,
      bar: [5, 5],
      line: [7, 2],
    });
  });

  it('sums over workloads, and has no line where something before is not known', () => {
    const chart = chartFor([{}, { key: 'a/b', members: [member('member-2', { before: null, after: 1 })] }]);
    expect(chart).toEqual({ labels: ['member-1', 'member-2'], max: 6, bar: [5, 6], line: null });
  });

  it('is left out for one member, which the table says in one row', () => {
    expect(chartFor([{ members: [member('a')] }])).toBeNull();
  });

  it('shows the twenty members that change most, in their order', () => {
    const members = Array.from({ length: 30 }, (_, index) => member(`m${index}`, { after: 2 + index }));
    const chart = chartFor([{ members }]);
    expect(chart?.labels).toEqual(members.slice(10).map(({ name }) => name));
  });

  it('has a scale when everything goes to zero', () => {
    const zero = { before: 0, after: 0 };
    expect(chartFor([{ members: [member('a', zero), member('b', zero)] }])).toMatchObject({ max: 1, bar: [0, 0] });
  });

  it.each([
    ['quotes', ['a"]', 'b\n%%{init: {}}%%', '`c`'], ['a__', 'b____init_______', '_c_']],
    ['names of other kinds', ['C4Container', 'C4Deployment-1'], ['C4 Container', 'C4 Deployment-1']],
    ['names that look the same', ['a$', 'a#', 'a_ 2', 'a!'], ['a_', 'a_ 2', 'a__2', 'a_ 3']],
    ['references', ['GH-1', '@a'], ['GH-_1', '_at_a']],
    [
      'long names',
      [`x${'y'.repeat(62)}z`, `x${'y'.repeat(61)}z`],
      ['xyyyyyyyyyy..yyyyyyyyyyz', 'xyyyyyyyyyy..yyyyyyyyyyz 2'],
    ],
  ])('takes %s', (_what, names, labels) => {
    expect(chartFor([{ members: names.map((name) => member(name)) }])?.labels).toEqual(labels);
  });
});

describe('a title', () => {
  function titleFor(change: Parameters<typeof proposal>[0], template = '{{subject}}\n'): string {
    return renderProposal({ ...templates, proposalTitle: template }, proposal(change)).title;
  }

  it('is the subject of the commit', () => {
    expect(titleFor({})).toBe('scale shop/web 4 -> 10 (member-1 2 -> 5, member-2 2 -> 5)');
    expect(titleFor({ entries: [entry(), entry({ key: 'a/b' })] })).toBe('scale 2 workloads on 2 clusters');
  });

  it('gives up members before it is longer than 72 columns, and of the name what must be', () => {
    const members = ['europe-west-1', 'europe-west-2', 'europe-west-3'].map((name) => member(name));
    expect(titleFor({ entries: [entry({ members })] })).toBe('scale shop/web 4 -> 10 (europe-west-1 2 -> 5, 2 more)');
    const key = `shop/${'long-'.repeat(9)}name`;
    expect(titleFor({ entries: [entry({ key, members })] })).toBe(`scale ${key} 4 -> 10`);
    const longest = titleFor({ entries: [entry({ key: `shop/${'x'.repeat(250)}`, members })] });
    expect(longest).toMatch(/^scale shop\/x+\.\.\. 4 -> 10$/);
    expect(longest).toHaveLength(72);
  });

  it('leaves room for what a template has beside the subject', () => {
    const title = titleFor({ base: 'main' }, 'chore(scaling): {{subject}} into {{base}}');
    expect(title).toBe('chore(scaling): scale shop/web 4 -> 10 (2 members) into main');
  });
});
