/** Rows as a Markdown table; the first row is the head. */
export function renderMarkdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows.map((row) => row.map((cell) => cell.replaceAll(/[\\|`*_<>]/g, '\\$&')));
  return [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |\n`).join('');
}
