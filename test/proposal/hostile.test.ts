import { expect, it } from 'vitest';
import { loadTemplates } from '../../src/config/load-templates.ts';
import { renderProposal } from '../../src/proposal/render.ts';
import { htmlOf } from './html.ts';
import { entry, member, proposal } from './proposals.ts';

const templates = await loadTemplates(null);

it('has no elements but ours, and no link, picture or attribute', () => {
  const allowed =
    /^<\/?(?:table|thead|tbody|tr|th|td|p|ul|li|h3|code|pre|details|summary)>$|^<code class="language-(?:yaml|mermaid)">$/;
  const { body } = renderProposal(templates, proposal({ entries: [entry({ rule: 'a' }), entry({ key: 'b/c' })] }));
  const elements = htmlOf(body.replace(/<!-- dso-gitops: .* -->/, '')).match(/<[^>]*>/g) ?? [];
  expect(elements.length).toBeGreaterThan(50);
  for (const element of elements) expect(element).toMatch(allowed);
});

it.each([
  ['a mention', '@octocat and @org/team'],
  ['an entity', '&#64;octocat'],
  ['references', '#1 GH-1 owner/repo#1 https://github.com/a/b/issues/3'],
  ['a link', '[a](https://example.com) https://example.com www.example.com <https://example.com> mailto:a.b'],
  ['a picture', '![a](https://example.com/x.png) <img src=x>'],
  ['an end of the cell', 'a | b \\| c \\'],
  ['an end of the code', 'a ` <b>b</b> `` c'],
  ['a commit', 'deadbeef 0123456789abcdef0123456789abcdef01234567'],
])('%s in a name, a reason and a rule stays text in code', (_what, said) => {
  const given = { key: said, reason: said, rule: said, members: [member(said)] };
  const html = htmlOf(renderProposal(templates, proposal({ entries: [entry(given)] })).body);
  const outside = html.replaceAll(/<code[^>]*>[^<]*<\/code>/g, '').replace(/<!-- dso-gitops: .* -->/, '');
  expect(html).not.toMatch(/<a |<img|<b>/);
  expect(outside).not.toMatch(/octocat|team|#|GH|repo|example|https?:|www|deadbeef|0123456/);
  expect(html).toContain('<td>2 -&gt; 5</td>');
});
