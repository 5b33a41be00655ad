import Table from 'cli-table3';
import { markdownTable } from '../manifests/markdown-table.ts';
import { shownText } from './shown-text.ts';

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/**
 * Rows in columns without borders; the first row is the head. Numbers are aligned to the right.
 *
 * @param columns lines are cut there; null: nothing is cut, for a file or a pipe
 */
export function renderTable(rows: readonly (readonly string[])[], columns: number | null, indent = ''): string {
  const width = rows[0]?.length ?? 0;
  const body = rows.slice(1);
  const aligns = Array.from({ length: width }, (_, index) => {
    return body.length > 0 && body.every((row) => /^-?[\d.]*$/.test(row[index] ?? ''))
      ? ('right' as const)
      : ('left' as const);
  });
  const table = new Table({
    chars: PLAIN,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: aligns,
  });
  table.push(...rows.map((row) => row.map(shownText)));
  return table
    .toString()
    .split('\n')
    .map((line) => `${indent}${line}`.trimEnd())
    .map((line) => (columns === null ? line : line.slice(0, Math.max(columns, 40))))
    .join('\n');
}

/** The same in Markdown; nothing in a cell ends it. */
export function renderMarkdownTable(rows: readonly (readonly string[])[]): string {
  return markdownTable(rows.map((row) => row.map((cell) => shownText(cell).replaceAll('|', '\\|'))));
}
