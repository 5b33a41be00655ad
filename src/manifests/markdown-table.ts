/** Cells as a Markdown table; the first row is the head. A cell is Markdown of one line without a bare `|`. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => '---'), ...body].map(markdownRow).join('');
}

/** One row, with its line break. */
export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}
