import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pages, ROOT, textOf } from './pages.ts';

const REASON =
  /(?:mustAct|missing)\(\s*'([A-Z]\w+)'|refusePath\(\s*path,\s*'([A-Z]\w+)'|kind: '(?:wait|held|stalled)',\s+reason: '([A-Z]\w+)'|found\(\s*(?:revision|\{[^}]*\}),\s*'([A-Z]\w+)'|'(?:act|retry|later)',\s*'([A-Z]\w+)'/g;

/** Reasons of conditions, in src/status, and of what is held back or waits. */
const CONDITION_REASON = /reason[^',\n]*'([A-Z]\w+)'(?:\s*:\s*'([A-Z]\w+)')?/g;

const WAITING = new Set([
  'reconcile/hold-back.ts',
  'reconcile/waiting.ts',
  'sources/scale.ts',
  'sources/scaled-objects.ts',
  'reconcile/known-pulls.ts',
  'reconcile/proposed-branch.ts',
  'reconcile/proposer.ts',
  'reconcile/proposal-queue.ts',
  'reconcile/reviews.ts',
  'proposal/next-step.ts',
]);

/** Every reason that the code can give. */
function reasonsOfCode(): ReadonlySet<string> {
  const src = join(ROOT, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const textOf = (names: readonly string[]): string =>
    names.map((name) => readFileSync(join(src, name), 'utf8')).join('\n');
  const conditions = textOf(files.filter((file) => file.startsWith('status/') || WAITING.has(file)));
  const matches = [...textOf(files).matchAll(REASON), ...conditions.matchAll(CONDITION_REASON)];
  return new Set(matches.flatMap((match) => match.slice(1).filter((name) => name !== undefined)));
}

it('every reason of the code is explained, and every explained one is of the code', () => {
  const explained = new Set(
    [...textOf('docs/troubleshooting.md').matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name]) => name ?? ''),
  );
  const used = reasonsOfCode();
  expect(used.size).toBeGreaterThan(40);
  expect([...used].filter((reason) => !explained.has(reason)).sort()).toEqual([]);
  expect([...explained].filter((reason) => !used.has(reason)).sort()).toEqual([]);
});

it('links lead to pages and headings that are there', () => {
  for (const page of pages()) {
    for (const [, target = ''] of textOf(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(page, '..', path);
      const text = textOf(file);
      if (!anchor || !file.endsWith('.md')) continue;
      const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      );
      expect(headings, `${page} links to ${target}`).toContain(anchor);
    }
  }
});

it('npm scripts that are named exist', () => {
  const { scripts }: { scripts: Readonly<Record<string, string>> } = JSON.parse(textOf('package.json'));
  for (const page of pages()) {
    for (const [, name = ''] of textOf(page).matchAll(/npm run (?:-s )?([\w:]+)/g))
      expect(scripts, page).toHaveProperty([name]);
  }
});
